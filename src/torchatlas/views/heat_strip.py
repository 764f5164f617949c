"""The network as a strip of colour: a row a layer, a column a step of the training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from torchatlas.run import Axis, Heatmap, Panel, Rule, Run
from torchatlas.run.view import Number
from torchatlas.views.happenings import happening_note, happenings
from torchatlas.views.layer_series import LayerSeries
from torchatlas.views.layer_statistics import Statistic
from torchatlas.views.thinning import evenly

MOST_LAYERS = 64
MOST_COLUMNS = 60
_MOST_MARKS = 6
_DIGITS = 4


def heat_strip(
    run: Run, title: str, series: list[LayerSeries], statistic: Statistic, basis: str = ""
) -> Panel | None:
    """One statistic of every layer at every step; None where there is none.

    Of more steps than there are columns, each column shows the most extreme value of its stretch,
    so that a spike is not lost; of more layers than rows, some evenly chosen.

    Args:
        basis: cadence and sample in words, for the note.
    """
    if not series:
        return None
    shown = [series[at] for at in evenly(len(series), MOST_LAYERS)]
    steps = sorted({step for one in series for step in one.values})
    stretches = _stretches(steps)
    values = tuple(
        tuple(_extreme([one.values.get(step) for step in stretch]) for stretch in stretches)
        for one in shown
    )
    return Panel(
        title=title,
        x=Axis(
            "optimizer steps",
            scale="category",
            categories=tuple(f"{stretch[-1]:,}" for stretch in stretches),
        ),
        y=Axis("layer", scale="category", categories=tuple(one.name for one in shown)),
        marks=(
            Heatmap(
                values=values,
                label=statistic.label,
                unit=statistic.unit,
                scale=_colours(statistic, values),
                row_nodes=tuple(one.node for one in shown),
                steps=tuple(stretch[-1] for stretch in stretches),
            ),
            *_marks(run, stretches),
        ),
        note=" ".join(filter(None, (basis, _thinned_note(series, shown, steps, stretches, run)))),
    )


def _stretches(steps: list[int]) -> list[list[int]]:
    """The steps of each column, as many in each as may be."""
    if len(steps) <= MOST_COLUMNS:
        return [[step] for step in steps]
    ends = [math.floor((at + 1) * len(steps) / MOST_COLUMNS) for at in range(MOST_COLUMNS)]
    return [steps[low:high] for low, high in zip([0, *ends], ends, strict=False)]


def _extreme(values: list[Number]) -> Number:
    """The one farthest from 0, one that is not finite before all others."""
    known = [value for value in values if value is not None]
    odd = [value for value in known if not math.isfinite(value)]
    if odd:
        return odd[0]
    value = max(known, key=abs, default=None)
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _colours(
    statistic: Statistic, values: Sequence[Sequence[Number]]
) -> Literal["linear", "log", "symlog"]:
    known = [v for row in values for v in row if v is not None and math.isfinite(v)]
    if statistic.scale == "symlog":
        return "symlog" if any(value < 0 for value in known) else "log"
    return statistic.scale if any(value > 0 for value in known) else "linear"


def _marks(run: Run, stretches: list[list[int]]) -> list[Rule]:
    rules = []
    for one in happenings(run)[:_MOST_MARKS]:
        at = next((i for i, stretch in enumerate(stretches) if stretch[-1] >= one.step), None)
        if at is not None and one.step >= stretches[0][0]:
            rules.append(Rule("x", at - 0.5, ""))  # in words in the note: cells have no room
    return rules


def _thinned_note(
    series: list[LayerSeries],
    shown: list[LayerSeries],
    steps: list[int],
    stretches: list[list[int]],
    run: Run,
) -> str:
    notes = []
    if len(shown) < len(series):
        notes.append(f"{len(shown)} of {len(series):,} rows, evenly chosen.")
    if len(stretches) < len(steps):
        most = max(map(len, stretches))
        notes.append(
            f"{len(steps):,} steps in {len(stretches)} columns: each shows the value farthest from "
            f"0 of up to {most} steps."
        )
    if steps:
        marked = [one for one in happenings(run) if steps[0] <= one.step <= steps[-1]][:_MOST_MARKS]
        said = "; ".join(f"step {one.step:,}, {one.label}" for one in marked)
        notes.append(f"Lines: {said}." if said else "")
        notes.append(happening_note(run, steps[0], steps[-1]))
    return " ".join(filter(None, notes))
