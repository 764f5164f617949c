"""Renderers: each draws any view with one library and gives back that library's own figure.

A renderer's module may import its library at the top: it is itself imported only when asked for.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.run import View

_LIBRARIES: dict[str, tuple[str, ...]] = {
    "matplotlib": ("matplotlib",),
    "seaborn": ("matplotlib", "seaborn"),
    "plotly": ("plotly.graph_objects",),
    "text": (),
}
"""What each backend needs to be installed."""

BACKENDS = tuple(_LIBRARIES)


def render(view: View, backend: str, **options: Any) -> Any:
    """Draw a view.

    Args:
        backend: "matplotlib" and "seaborn" give a `matplotlib.figure.Figure`, "plotly" a
            `plotly.graph_objects.Figure`, "text" a string for a terminal.
        options: of the backend: `theme` ("light" or "dark") and `figsize` (inches) for the first
            two, `theme`, `width` and `height` (pixels) for plotly, `width` (characters) for text.

    Raises:
        RunError: there is no such backend, or it has no such option.
        MissingDependency: the backend's library is not installed.
    """
    if backend not in _LIBRARIES:
        raise RunError(f"there is no backend {backend!r}; the backends are {', '.join(BACKENDS)}")
    for library in _LIBRARIES[backend]:
        require(library, f"to draw with {backend}", "plots")
    draw = import_module(f"torchatlas.views.render.{backend}").render
    known = renderer_options(backend)
    unknown = [name for name in options if name not in known]
    if unknown:
        raise RunError(
            f"the {backend} backend has no option {', '.join(unknown)}; "
            f"its options are {', '.join(known)}"
        )
    return draw(view, **options)


def renderer_options(backend: str) -> tuple[str, ...]:
    """What can be asked of a backend by option.

    Raises:
        MissingDependency: the backend's library is not installed.
    """
    for library in _LIBRARIES[backend]:
        require(library, f"to draw with {backend}", "plots")
    draw = import_module(f"torchatlas.views.render.{backend}").render
    return tuple(inspect.signature(draw).parameters)[1:]
