"""How did training go: loss and other metrics over the optimizer steps, train beside test."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Literal

from torchatlas.run import Axis, Line, Panel, Role, Rule, Run, View
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.thinning import thinned

Points = list[tuple[int, float | None]]
"""Step and value, by step; a value that was not measured is None."""
Series = dict[tuple[str, int], Points]
"""Points by split and rank."""

_LOG_SPAN = 10.0
"""A loss that falls by more than this factor is drawn on a logarithmic axis."""


def curves(run: Run) -> View:
    """One panel a metric: train dashed, test solid; the step of the lowest test loss is marked."""
    metrics = _metrics(run)
    steps = [
        step for series in metrics.values() for points in series.values() for step, _ in points
    ]
    whats = ("curves", "scalars")
    steady = _steady(metrics)
    if len(steady) < len(metrics):  # what never changed needs no curve
        metrics = {metric: series for metric, series in metrics.items() if metric not in steady}
    told = "".join(f", {metric} {value:g} throughout" for metric, value in steady.items())
    return View(
        name="curves",
        title="How training went",
        subtitle=f"values as logged, up to step {max(steps):,}{told}" if steps else "not recorded",
        description="Each metric that was logged over the optimizer steps, by split of the data.",
        panels=tuple(_panel(metric, series) for metric, series in metrics.items()),
        gaps=gap_lines(run, whats)
        if steps
        else gap_lines_or(run, whats, "no training was recorded: record one with ta.record(...)"),
    )


_OF_THE_RECORDER = ("learning rate", "skipped steps")
"""Beginnings of the series that are written beside what is logged; they stand last."""

_COST = "recording cost"
"""A series about the recording itself: in the table `scalars`, and no curve of the training."""


def _metrics(run: Run) -> dict[str, Series]:
    """The scalars by metric, losses first, then in the order in which they were logged."""
    metrics: dict[str, Series] = defaultdict(lambda: defaultdict(list))
    table = run.tables.get("scalars")
    for row in table.rows() if table else ():
        if row["step"] is not None and row["name"] != _COST:
            series = metrics[row["name"] or ""]
            series[row["split"] or "", row["rank"] or 0].append((row["step"], row["value"]))
    for series in metrics.values():
        for points in series.values():
            points.sort(key=lambda point: point[0])
    return dict(sorted(metrics.items(), key=lambda item: _place(item[0])))


def _steady(metrics: dict[str, Series]) -> dict[str, float]:
    """The recorder's own series that had one value all the time."""
    found = {}
    for metric, series in metrics.items():
        values = {value for points in series.values() for _, value in points}
        if metric.startswith(_OF_THE_RECORDER) and len(values) == 1:
            (value,) = values
            if value is not None:
                found[metric] = value
    return found


def _place(metric: str) -> int:
    if metric.startswith(_OF_THE_RECORDER):
        return 2
    return int("loss" not in metric.lower())


def _panel(metric: str, series: Series) -> Panel:
    ranks = {rank for _, rank in series}
    lines = []
    notes = []
    for (split, rank), points in series.items():
        label = split or metric
        if len(ranks) > 1:
            label += f", rank {rank}"
        shown = thinned(points)
        if len(shown) < len(points):
            notes.append(f"{label}: lowest and highest of every few of {len(points):,} points.")
        lines.append(_line(shown, label, _role(split, series)))
    values = [y for line in lines for y in line.y if y is not None]
    return Panel(
        title=metric,
        x=Axis("optimizer steps"),
        y=Axis(metric, _unit(metric, values), _scale(metric, values)),
        marks=(*lines, *_best(metric, series)),
        note=" ".join([*notes, *_non_finite_notes(series)]),
    )


def _line(points: Points, label: str, role: Role) -> Line:
    return Line(
        x=tuple(float(step) for step, _ in points),
        y=tuple(value for _, value in points),
        label=label,
        role=role,
        dashed=role == "train",
        markers=len(points) <= 30,
    )


def _role(split: str, series: Series) -> Role:
    """Train and test have colours of their own; without `test`, the first other split is it."""
    if split.startswith("train"):
        return "train"
    held_out = [name for name, _ in series if name and not name.startswith("train")]
    shown_as_test = "test" if "test" in held_out else next(iter(held_out), None)
    return "test" if split == shown_as_test else "neutral"


def _unit(metric: str, values: list[float]) -> str:
    is_share = "accuracy" in metric.lower() and all(0 <= value <= 1 for value in values)
    return "share" if is_share else ""


def _scale(metric: str, values: list[float]) -> Literal["linear", "log"]:
    finite = [value for value in values if math.isfinite(value)]
    if "loss" not in metric.lower() or not finite or min(finite) <= 0:
        return "linear"
    return "log" if max(finite) > _LOG_SPAN * min(finite) else "linear"


def _best(metric: str, series: Series) -> list[Rule]:
    """Where the test loss was lowest, unless that is its last point."""
    if "loss" not in metric.lower():
        return []
    for (split, _), points in series.items():
        known = [(y, x) for x, y in points if y is not None and math.isfinite(y)]
        if _role(split, series) == "test" and len(known) > 1:
            lowest, step = min(known)
            if step != points[-1][0]:
                return [Rule("x", float(step), f"lowest {split} {metric}, {lowest:.3g}")]
    return []


def _non_finite_notes(series: Series) -> list[str]:
    notes = []
    for (split, _), points in series.items():
        steps = [step for step, value in points if value is not None and not math.isfinite(value)]
        if steps:
            what = f"{split} is" if split else "is"
            count = f"{len(steps):,} of {len(points):,} points"
            notes.append(f"{what} not finite at {count}, first at step {steps[0]:,}.")
    return notes
