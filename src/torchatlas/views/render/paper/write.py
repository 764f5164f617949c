"""Which writer makes what of a drawing: files by their ending, figures by their library."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Drawing
from torchatlas.views.render.paper.engine import draw_architecture

FILE_ENDINGS = (".svg", ".png", ".pdf")
"""Endings of files that a drawing is saved as."""

_BACKENDS: dict[str, tuple[str, str, str]] = {
    "matplotlib": ("figure", "matplotlib", "plots"),
    "seaborn": ("figure", "matplotlib", "plots"),
    "plotly": ("interactive", "plotly.graph_objects", "plots"),
    "text": ("outline", "", ""),
    "svg": ("svg", "", ""),
}
"""Of each backend: its module and function, the library that it needs, and the extra with that."""

ARCHITECTURE_BACKENDS = tuple(_BACKENDS)


def drawing_file(drawing: Drawing, ending: str, **options: Any) -> bytes:
    """The content of a file with one of `FILE_ENDINGS`.

    Raises:
        RunError: the writer has no such option, or a value that cannot be drawn.
        MissingDependency: a library that the writer needs is not installed.
    """
    name = ending.removeprefix(".")
    written = _call(_writer(name, name), f"a .{name} file", drawing, options)
    return written.encode() if isinstance(written, str) else bytes(written)


def render_drawing(drawing: Drawing, backend: str, **options: Any) -> Any:
    """The drawing in another library's own form.

    Args:
        backend: "matplotlib" (or "seaborn") gives a `matplotlib.figure.Figure`, "plotly" a
            `plotly.graph_objects.Figure`, "text" a tree for a terminal, "svg" a string.
        options: of the backend: `width` in pixels, letters for text; `figsize` in inches for
            matplotlib; `fonts` ("embed" or "name") for svg.

    Raises:
        RunError: there is no such backend, or it has no such option.
        MissingDependency: the backend's library is not installed.
    """
    if backend not in _BACKENDS:
        known = ", ".join(ARCHITECTURE_BACKENDS)
        raise RunError(f"there is no backend {backend!r}; the backends are {known}")
    module, library, extra = _BACKENDS[backend]
    if library:
        require(library, f"to draw with {backend}", extra)
    return _call(_writer(module, module), f"the {backend} backend", drawing, options)


def drawing_options(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options for `draw_architecture`, and the others, which are its writer's."""
    known = list(inspect.signature(draw_architecture).parameters)[1:]
    of_drawing = {name: value for name, value in options.items() if name in known}
    return of_drawing, {name: options[name] for name in options if name not in known}


def _writer(module: str, function: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(
        import_module(f"torchatlas.views.render.paper.{module}"), function
    )
    return found


def _call(writer: Callable[..., Any], what: str, drawing: Drawing, options: dict[str, Any]) -> Any:
    known = list(inspect.signature(writer).parameters)[1:]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise RunError(
            f"{what} has no option {', '.join(unknown)}; its options are {', '.join(known)}"
        )
    return writer(drawing, **options)
