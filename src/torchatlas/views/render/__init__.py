"""Renderers: each draws any view with one library and returns that library's own figure."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import View

BACKENDS = ("matplotlib", "seaborn", "plotly", "text")


def render(view: View, backend: str, **options: Any) -> Any:
    """Draw a view.

    Args:
        backend: "matplotlib" and "seaborn" give a `matplotlib.figure.Figure`, "plotly" a
            `plotly.graph_objects.Figure`, "text" a string for a terminal.
        options: of the backend's `render`.

    Raises:
        RunError: there is no such backend.
        MissingDependency: its library is not installed.
    """
    if backend not in BACKENDS:
        raise RunError(f"there is no backend {backend!r}; the backends are {', '.join(BACKENDS)}")
    module = import_module(f"torchatlas.views.render.{backend}")
    return module.render(view, **options)
