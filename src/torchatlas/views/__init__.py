"""Charts of a run as plain data, by name, and `render`, which draws them with other libraries."""

import inspect
from collections.abc import Callable
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import Run, View
from torchatlas.views.activations import activations
from torchatlas.views.changes import changes
from torchatlas.views.compared import Others, compared
from torchatlas.views.confusion import confusion
from torchatlas.views.cost import cost
from torchatlas.views.curves import curves
from torchatlas.views.depth import depth
from torchatlas.views.gradients import gradients
from torchatlas.views.history import history
from torchatlas.views.parameters import parameters
from torchatlas.views.render import BACKENDS, render, renderer_options
from torchatlas.views.render.paper import (
    ARCHITECTURE_BACKENDS,
    FILE_ENDINGS,
    Drawing,
    draw_architecture,
    drawing_file,
    drawing_options,
    render_drawing,
)
from torchatlas.views.rescale import rescaled
from torchatlas.views.ridges import ridges
from torchatlas.views.strips import strips
from torchatlas.views.updates import updates
from torchatlas.views.work import work

VIEWS: dict[str, Callable[..., View]] = {
    "parameters": parameters,
    "activations": activations,
    "gradients": gradients,
    "updates": updates,
    "history": history,
    "depth": depth,
    "curves": curves,
    "confusion": confusion,
    "cost": cost,
    "ridges": ridges,
    "strips": strips,
    "work": work,
    "compared": compared,
    "changes": changes,
}
"""Every view by name. Each is built from a run, and from an empty one gives its gaps alone."""


def build_view(name: str, run: Run, others: Others = (), **options: Any) -> View:
    """The chart of that name; where data are missing, its `gaps` say why.

    Args:
        others: name and run of each that is compared, where several are.
        options: those of the view (`view_options`), such as `node` or `step`, and for every view
            `scale`: "linear", "symlog" or "log" axes for its values.

    Raises:
        RunError: there is no view of that name, or an option is not possible; it says what is.
    """
    if name not in VIEWS:
        raise RunError(f"there is no view {name!r}; the views are {', '.join(VIEWS)}")
    known = view_options(name)
    unknown = [option for option in options if option not in known]
    if unknown:
        raise RunError(
            f"the view {name!r} has no option {', '.join(unknown)}; "
            f"its options are {', '.join(known)}"
        )
    scale = options.pop("scale", None)
    if "others" in inspect.signature(VIEWS[name]).parameters:
        options["others"] = others
    view = VIEWS[name](run, **options)
    return view if scale is None else rescaled(view, scale)


def view_options(name: str) -> tuple[str, ...]:
    """What can be asked of a view by option."""
    own = list(inspect.signature(VIEWS[name]).parameters)[1:]
    return (*(option for option in own if option != "others"), "scale")


def chart_options(
    name: str, backend: str, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of a view, and those of the renderer that draws it.

    Raises:
        RunError: one belongs to neither; the message names those that are possible.
    """
    if name not in VIEWS or backend not in BACKENDS:
        return {}, options  # the view or the backend is refused with its own words
    of_view, of_renderer = view_options(name), renderer_options(backend)
    unknown = [option for option in options if option not in (*of_view, *of_renderer)]
    if unknown:
        raise RunError(
            f"plot({name!r}) has no option {', '.join(unknown)}; the options of the view are "
            f"{', '.join(of_view)}, those of {backend} are {', '.join(of_renderer)}"
        )
    return (
        {option: value for option, value in options.items() if option in of_view},
        {option: value for option, value in options.items() if option in of_renderer},
    )


def available_views(run: Run, others: Others = ()) -> tuple[str, ...]:
    """Names of the views that the run, and those it is compared with, have data for."""
    return tuple(name for name in VIEWS if build_view(name, run, others).panels)


__all__ = [
    "ARCHITECTURE_BACKENDS",
    "BACKENDS",
    "FILE_ENDINGS",
    "VIEWS",
    "Drawing",
    "available_views",
    "build_view",
    "chart_options",
    "draw_architecture",
    "drawing_file",
    "drawing_options",
    "render",
    "render_drawing",
    "view_options",
]
