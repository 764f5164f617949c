"""How one tensor, or one number of some layers, moved through a training."""

from __future__ import annotations

import math

import numpy as np

from torchatlas.run import Axis, Envelope, Line, Mark, Panel, Role, Run, TensorSummary, Zone
from torchatlas.run.view import Number
from torchatlas.views.distributions import Distribution
from torchatlas.views.happenings import happening_note, happening_rules, hole_zones, holes
from torchatlas.views.layer_series import LayerSeries
from torchatlas.views.ridges import ridge_panel
from torchatlas.views.thinning import evenly, thinned

MOST_BANDS = 200
MOST_RIDGES = 24
MOST_LINES = 6
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_STRENGTHS = (0.12, 0.16, 0.24)

History = list[tuple[int, TensorSummary]]
"""A distribution at each step at which it was measured, by step."""


def quantile_panel(
    run: Run, title: str, axis: Axis, history: History, role: Role, basis: str
) -> Panel | None:
    """Median, the middle half, 5 to 95 % and the extremes over the steps; None without any."""
    if not history:
        return None
    shown = [history[at] for at in evenly(len(history), MOST_BANDS)]
    steps = [step for step, _ in shown]
    breaks = {after for _, after in holes(steps)}
    x: list[Number] = []
    rows: list[tuple[Number, ...]] = []
    for step, summary in shown:
        if step in breaks:
            x.append((x[-1] or 0) + 0.5)  # the lines break where nothing was measured
            rows.append((None,) * 7)
        x.append(float(step))
        rows.append(_quantiles(summary))
    columns = list(zip(*rows, strict=True))
    xs = tuple(x)
    pairs = ((0, 6, "smallest to largest"), (1, 5, "5 to 95 %"), (2, 4, "25 to 75 %"))
    marks: list[Mark] = [
        Envelope(xs, columns[low], columns[high], label, role, strength)
        for (low, high, label), strength in zip(pairs, _STRENGTHS, strict=True)
    ]
    marks.append(Line(xs, columns[3], "median", role, markers=len(shown) <= 30))
    notes = [basis, _odd_note(shown), happening_note(run, steps[0], steps[-1])]
    if len(shown) < len(history):
        notes.insert(1, f"{len(shown)} of {len(history):,} measured steps, evenly chosen.")
    return Panel(
        title=title,
        x=Axis("optimizer steps"),
        y=axis,
        marks=(*hole_zones(steps), *marks, *happening_rules(run, steps[0], steps[-1])),
        note=" ".join(filter(None, notes)),
    )


def _quantiles(summary: TensorSummary) -> tuple[Number, ...]:
    """Smallest, the quantiles, largest; NaN where nothing is finite, None where nothing is."""
    if not summary.finite:
        return (math.nan if summary.count else None,) * 7
    found = [summary.minimum, *(summary.quantile(q) for q in QUANTILES), summary.maximum]
    return tuple(None if value is None else float(f"{value:.5g}") for value in found)


def _odd_note(history: History) -> str:
    odd = [step for step, summary in history if summary.nonfinite]
    if not odd:
        return ""
    return (
        f"Values that are not finite at {len(odd):,} of the steps, first at {odd[0]:,}; the bands "
        "leave them out."
    )


def ridges_over_steps(
    title: str, axis: Axis, history: History, role: Role, basis: str
) -> Panel | None:
    """One ridge a step, the last one in front and filled; None without any."""
    shown = [history[at] for at in evenly(len(history), MOST_RIDGES)]
    rows = [
        (f"step {step:,}", Distribution("", "", "", step, summary.count, summary))
        for step, summary in shown
    ]
    more = (
        f"{len(shown)} of {len(history):,} measured steps, evenly chosen."
        if len(shown) < len(history)
        else ""
    )
    return ridge_panel(title, axis, rows, role, filled="last", note=f"{basis} {more}".strip())


def lines_panel(
    run: Run, title: str, axis: Axis, series: list[LayerSeries], role: Role, basis: str
) -> Panel | None:
    """The number of some layers over the steps; of many, their spread, the first and the last."""
    series = [one for one in series if one.values]
    if not series:
        return None
    steps = sorted({step for one in series for step in one.values})
    if len(series) <= MOST_LINES:
        marks: list[Mark] = [
            _line(one, one.name, role, dashed=at > 0) for at, one in enumerate(series)
        ]
        said = ""
    else:
        marks = _over_layers(series, steps, role)
        said = f"Shaded: all {len(series):,} layers, and the middle half of them."
    return Panel(
        title=title,
        x=Axis("optimizer steps"),
        y=axis,
        marks=(*hole_zones(steps), *marks, *happening_rules(run, steps[0], steps[-1])),
        note=" ".join(filter(None, (said, basis, happening_note(run, steps[0], steps[-1])))),
    )


def _line(one: LayerSeries, label: str, role: Role, *, dashed: bool = False) -> Line:
    points: list[tuple[int, float | None]] = sorted(one.values.items())
    shown = thinned(points)
    breaks = {after for _, after in holes([step for step, _ in shown])}
    x: list[Number] = []
    y: list[Number] = []
    for step, value in shown:
        if step in breaks:
            x.append((x[-1] or 0) + 0.5)
            y.append(None)
        x.append(float(step))
        y.append(value)
    return Line(tuple(x), tuple(y), label, role, dashed, markers=len(shown) <= 30)


def _over_layers(series: list[LayerSeries], steps: list[int], role: Role) -> list[Mark]:
    """What all layers do together: extremes, the middle half, median, and the two outermost."""
    shown = [steps[at] for at in evenly(len(steps), MOST_BANDS)]
    breaks = {after for _, after in holes(shown)}
    places: list[float] = []
    rows: list[list[Number]] = []
    for step in shown:
        if step in breaks:
            places.append(places[-1] + 0.5)
            rows.append([None] * 5)
        places.append(float(step))
        values = [one.values.get(step) for one in series]
        finite = [v for v in values if v is not None and math.isfinite(v)]
        known = np.quantile(finite, (0, 0.25, 0.5, 0.75, 1)).tolist() if finite else [None] * 5
        rows.append(known)
    low, quarter, middle, three, high = zip(*rows, strict=True)
    x = tuple(places)
    return [
        Envelope(x, low, high, "all layers", role, 0.12),
        Envelope(x, quarter, three, "middle half of the layers", role, 0.22),
        Line(x, middle, "median layer", role, markers=len(shown) <= 30),
        _line(series[0], f"first, {series[0].name}", "neutral", dashed=True),
        _line(series[-1], f"last, {series[-1].name}", "neutral"),
    ]


def guide(axis_low: float, axis_high: float, label: str) -> Zone:
    """A stretch of the vertical axis that some take for right."""
    return Zone("y", axis_low, axis_high, label)
