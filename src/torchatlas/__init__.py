"""See a PyTorch model: structure, parameters, training, generalisation and cost on one graph.

import torchatlas as ta
ta.visualize_model(model, data).save("report.html")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from torchatlas.errors import (
    CaptureError,
    DataError,
    MissingDependency,
    RunError,
    TorchAtlasError,
)

if TYPE_CHECKING:
    from torchatlas.api import (
        compare,
        evaluate,
        lightning_callback,
        load,
        record,
        trace,
        transformers_callback,
        visualize_model,
        weights,
    )
    from torchatlas.atlas import Atlas

__version__ = "0.1.0"

_HOMES = {
    "Atlas": "torchatlas.atlas",
    **dict.fromkeys(
        (
            *("compare", "evaluate", "lightning_callback", "load", "record", "trace"),
            *("transformers_callback", "visualize_model", "weights"),
        ),
        "torchatlas.api",
    ),
}
"""Where each public name lives; loaded when first asked for, so that plain data need no torch."""

__all__ = [
    "Atlas",
    "CaptureError",
    "DataError",
    "MissingDependency",
    "RunError",
    "TorchAtlasError",
    "__version__",
    "compare",
    "evaluate",
    "lightning_callback",
    "load",
    "record",
    "trace",
    "transformers_callback",
    "visualize_model",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"torchatlas has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
