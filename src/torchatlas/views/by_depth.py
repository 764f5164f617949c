"""One number along the depth of the model, at one step or at several."""

from __future__ import annotations

import math

from torchatlas.run import Axis, Envelope, Line, Mark, Panel, Role
from torchatlas.run.view import Number
from torchatlas.views.layer_series import LayerSeries
from torchatlas.views.thinning import evenly

MOST_MULTIPLES = 6


def depth_panel(
    title: str,
    axis: Axis,
    series: list[LayerSeries],
    step: int,
    role: Role,
    *,
    note: str = "",
    around: Envelope | None = None,
    zones: tuple[Mark, ...] = (),
) -> Panel | None:
    """The number of each layer from first (left) to last (right), as of one step."""
    if not series:
        return None
    values = tuple(one.at(step) for one in series)
    line = Line(tuple(map(float, range(len(series)))), values, f"step {step:,}", role, markers=True)
    return Panel(
        title=title,
        x=Axis(
            "layer, first to last", scale="category", categories=tuple(one.name for one in series)
        ),
        y=axis,
        marks=(*zones, *((around,) if around else ()), line),
        note=note,
    )


def depth_multiples(
    title: str, axis: Axis, series: list[LayerSeries], role: Role, *, basis: str = ""
) -> list[Panel]:
    """The same chart at some steps, evenly chosen, each over the range of all of them."""
    steps = sorted({step for one in series for step in one.values})
    shown = [steps[at] for at in evenly(len(steps), MOST_MULTIPLES)]
    around = _range(series, shown) if len(shown) > 1 else None
    panels = [
        depth_panel(f"{title} at step {step:,}", axis, series, step, role, around=around)
        for step in shown
    ]
    found = [panel for panel in panels if panel]
    if not found:
        return []
    more = (
        f"{len(shown)} of {len(steps):,} steps, evenly chosen." if len(shown) < len(steps) else ""
    )
    said = "Shaded: the range over the steps shown." if around else ""
    last = found[-1]
    note = " ".join(filter(None, (said, more, basis)))
    return [*found[:-1], Panel(last.title, last.x, last.y, last.marks, note)]


def _range(series: list[LayerSeries], steps: list[int]) -> Envelope:
    lows: list[Number] = []
    highs: list[Number] = []
    for one in series:
        values = [one.at(step) for step in steps]
        finite = [v for v in values if v is not None and math.isfinite(v)]
        lows.append(min(finite, default=None))
        highs.append(max(finite, default=None))
    x = tuple(map(float, range(len(series))))
    return Envelope(x, tuple(lows), tuple(highs), "over the steps shown", "neutral", 0.12)
