"""Which nodes take longer than their operations, or their parameters, explain?"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from torchatlas.measure.flop_coverage import countings
from torchatlas.run import Axis, Line, Mark, Panel, Run, Scatter, View
from torchatlas.views.classes import CLASS_ROLES, class_name, class_of
from torchatlas.views.cost import WITHOUT_FLOPS
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.nodes import shown_nodes

MOST_LABELS = 6
"""Points whose names are written."""

_FEWEST_RATES = 3
"""Of fewer nodes than this a median says nothing."""


@dataclass(frozen=True, slots=True)
class _Point:
    node: str
    amount: float | None
    time_s: float | None
    missing: str


def work(run: Run) -> View:
    """Time against operations and against parameters, a point a node, on logarithmic axes."""
    table = run.tables.get("cost")
    counting = countings(run.graph) if run.graph else {}
    rows = {
        row["node"] or "": row
        for row in (table.rows() if table else ())
        if row["phase"] in (None, "forward")
    }
    shown = shown_nodes(run.graph, rows)
    operations = [
        _Point(
            node,
            rows[node]["flops"] or None,
            rows[node]["time_s"],
            WITHOUT_FLOPS.get(counting.get(node), "not counted"),
        )
        for node in shown
    ]
    parameters = [
        _Point(node, rows[node]["parameter_count"] or None, rows[node]["time_s"], "no parameters")
        for node in shown
    ]
    panels = [
        _panel(run, operations, Axis("operations", "FLOP", "log")),
        _panel(run, parameters, Axis("parameters", "", "log")),
    ]
    found = tuple(panel for panel in panels if panel)
    return View(
        name="work",
        title="Time against work",
        subtitle="a point is a node, one forward call; a multiply-add counts as two FLOP",
        description=(
            "Each node's time against its floating-point operations and against its parameters, "
            "on logarithmic axes; nodes far above the others take longer than their work explains."
        ),
        panels=found,
        gaps=gap_lines(run, ("cost",))
        if found
        else gap_lines_or(run, ("cost",), "time by node not measured"),
    )


def _panel(run: Run, points: list[_Point], axis: Axis) -> Panel | None:
    points = [point for point in points if point.time_s is not None]
    placed = [point for point in points if point.amount]
    if not placed:
        return None
    labelled = _extremes(placed)
    marks: list[Mark] = []
    for role in (*CLASS_ROLES, "neutral"):
        group = [point for point in points if class_of(run.graph, point.node) == role]
        if group:
            marks.append(
                Scatter(
                    x=tuple(point.amount for point in group),
                    y=tuple(point.time_s for point in group),
                    label=class_name(role),
                    role=role,
                    names=tuple(point.node for point in group),
                    nodes=tuple(point.node for point in group),
                    labelled=tuple(i for i, point in enumerate(group) if point.node in labelled),
                    missing=tuple("" if point.amount else point.missing for point in group),
                )
            )
    if axis.unit == "FLOP":
        marks += _median_rate(placed)
    return Panel(
        title=f"Time against {axis.label}",
        x=axis,
        y=Axis("time", "s", "log"),
        marks=tuple(marks),
    )


def _extremes(placed: list[_Point]) -> set[str]:
    """The slowest nodes, those slow for their work, and the largest, in turn."""

    def slowness(point: _Point) -> float:
        return (point.time_s or 0.0) / (point.amount or 1.0)

    orders = [
        sorted(placed, key=lambda point: -(point.time_s or 0.0)),
        sorted(placed, key=slowness, reverse=True),
        sorted(placed, key=lambda point: -(point.amount or 0.0)),
    ]
    ranked = dict.fromkeys(point.node for rank in zip(*orders, strict=True) for point in rank)
    return set(list(ranked)[:MOST_LABELS])


def _median_rate(placed: list[_Point]) -> list[Mark]:
    """The line on which every node would lie at the median rate."""
    rates = [point.amount / point.time_s for point in placed if point.amount and point.time_s]
    if len(rates) < _FEWEST_RATES:
        return []
    rate = statistics.median(rates)
    amounts = [point.amount for point in placed if point.amount]
    reach = [point.time_s * rate for point in placed if point.time_s]
    ends = (max(min(amounts), min(reach)), min(max(amounts), max(reach)))
    if ends[0] >= ends[1]:
        return []
    times = tuple(amount / rate for amount in ends)
    return [Line(ends, times, f"median {_rate_text(rate)}", "neutral", dashed=True)]


def _rate_text(rate: float) -> str:
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:.3g} {prefix}FLOP/s"
    return f"{rate:.3g} FLOP/s"
