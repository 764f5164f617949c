"""The recorder in the training loops of other libraries, one file a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torchatlas._optional import require


def lightning_recorder(make_recorder: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """A callback for Lightning's Trainer.

    Raises:
        MissingDependency: Lightning is not installed.
    """
    require("lightning.pytorch", why="to record what it trains", extra="lightning")
    from torchatlas.capture.callbacks.lightning import LightningRecorder

    return LightningRecorder(make_recorder, options)


def transformers_recorder(make_recorder: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """A callback for the Trainer of transformers.

    Raises:
        MissingDependency: transformers is not installed.
    """
    require("transformers", why="to record what its Trainer trains", extra="transformers")
    from torchatlas.capture.callbacks.transformers import TransformersRecorder

    return TransformersRecorder(make_recorder, options)
