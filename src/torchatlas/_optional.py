"""The one way to ask for a package that not every user needs."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from torchatlas.errors import MissingDependency


def require(name: str, why: str, extra: str) -> ModuleType:
    """Return the module `name`, or say why it is needed and how to install it.

    Args:
        name: importable module name, for example `"plotly.graph_objects"`.
        why: completes "TorchAtlas needs NAME ...", for example `"to draw with Plotly"`.
        extra: the TorchAtlas extra that installs it.

    Raises:
        MissingDependency: the module is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise MissingDependency(
            f"TorchAtlas needs {package} {why}, and it could not be imported ({error}). "
            f"Install it with: pip install 'torchatlas[{extra}]'"
        ) from error
