"""Charts of a run as plain data, by name, and `render`, which draws them with other libraries."""

from collections.abc import Callable

from torchatlas.errors import RunError
from torchatlas.run import Run, View
from torchatlas.views.activations import activations
from torchatlas.views.changes import changes
from torchatlas.views.confusion import confusion
from torchatlas.views.cost import cost
from torchatlas.views.curves import curves
from torchatlas.views.gradients import gradients
from torchatlas.views.parameters import parameters
from torchatlas.views.render import BACKENDS, render
from torchatlas.views.render.paper import (
    ARCHITECTURE_BACKENDS,
    FILE_ENDINGS,
    Drawing,
    draw_architecture,
    drawing_file,
    drawing_options,
    render_drawing,
)
from torchatlas.views.ridges import ridges
from torchatlas.views.strips import strips
from torchatlas.views.work import work

VIEWS: dict[str, Callable[[Run], View]] = {
    "parameters": parameters,
    "activations": activations,
    "gradients": gradients,
    "curves": curves,
    "confusion": confusion,
    "cost": cost,
    "ridges": ridges,
    "strips": strips,
    "work": work,
    "changes": changes,
}
"""Every view by name. Each is built from a run, and from an empty one gives its gaps alone."""


def build_view(name: str, run: Run) -> View:
    """The chart of that name; where data are missing, its `gaps` say why.

    Raises:
        RunError: there is no view of that name.
    """
    if name not in VIEWS:
        raise RunError(f"there is no view {name!r}; the views are {', '.join(VIEWS)}")
    return VIEWS[name](run)


def available_views(run: Run) -> tuple[str, ...]:
    """Names of the views that the run has data for."""
    return tuple(name for name, view in VIEWS.items() if view(run).panels)


__all__ = [
    "ARCHITECTURE_BACKENDS",
    "BACKENDS",
    "FILE_ENDINGS",
    "VIEWS",
    "Drawing",
    "available_views",
    "build_view",
    "draw_architecture",
    "drawing_file",
    "drawing_options",
    "render",
    "render_drawing",
]
