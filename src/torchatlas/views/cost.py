"""Where do the time and the floating-point operations go?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from torchatlas.measure.flop_coverage import Counting, countings, flop_coverage
from torchatlas.run import ROOT, Axis, Bars, Panel, Role, Run, View
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.nodes import shown_nodes

MOST_NODES = 40
"""Of more nodes than this, the costliest are shown."""

_ROLES: dict[str, Role] = {"forward": "neutral", "backward": "gradients"}

WITHOUT_FLOPS: dict[Counting | None, str] = {
    "no formula": "not counted, no formula",
    "nothing to count": "nothing to count",
}
"""Why a node has no FLOPs, by how its operations were counted."""

Costs = dict[tuple[str, str], float]
"""Value by node and phase; what was not measured is not in it."""


def cost(run: Run) -> View:
    """Time and FLOPs by node in execution order; both panels show the same nodes."""
    times, flops = _costs(run, "time_s"), _costs(run, "flops")
    nodes = shown_nodes(run.graph, dict.fromkeys(node for node, _ in (*times, *flops)))
    totals = _totals(times or flops)
    shown = _costliest(nodes, totals)
    note = _note(shown, nodes, totals, "time" if times else "FLOPs")
    panels = [
        _panel("Time", Axis("time", "s"), times, shown, note),
        _flops_panel(run, flops, shown, note),
    ]
    return View(
        name="cost",
        title="Where time goes",
        subtitle="per call of each node; a multiply-add counts as two FLOP",
        description="Time and floating-point operations of each node, in execution order.",
        panels=tuple(panel for panel in panels if panel),
        gaps=_gaps(run, times, flops),
    )


def _costs(run: Run, column: str) -> Costs:
    table = run.tables.get("cost")
    return {
        (row["node"] or "", row["phase"] or "forward"): row[column]
        for row in (table.rows() if table else ())
        if row[column] is not None
    }


def _totals(costs: Costs) -> dict[str, float]:
    """Cost by node, its phases together."""
    totals: dict[str, float] = defaultdict(float)
    for (node, _), value in costs.items():
        totals[node] += value
    return totals


def _costliest(nodes: list[str], totals: dict[str, float]) -> list[str]:
    if len(nodes) <= MOST_NODES:
        return nodes
    keep = set(sorted(nodes, key=lambda node: -totals[node])[:MOST_NODES])
    return [node for node in nodes if node in keep]


def _note(shown: list[str], nodes: list[str], totals: dict[str, float], what: str) -> str:
    if len(shown) == len(nodes):
        return ""
    whole = sum(totals[node] for node in nodes)
    share = sum(totals[node] for node in shown) / whole if whole else 0.0
    return f"The {len(shown)} costliest of {len(nodes):,} nodes: {share:.0%} of the {what}."


def _panel(title: str, axis: Axis, costs: Costs, shown: list[str], note: str) -> Panel | None:
    phases = list(dict.fromkeys(phase for _, phase in costs))
    if not shown or not phases:
        return None
    return Panel(
        title=title,
        x=Axis("", scale="category", categories=tuple(shown)),
        y=axis,
        marks=tuple(
            Bars(
                heights=tuple(costs.get((node, phase)) for node in shown),
                label=phase,
                role=_ROLES.get(phase, "neutral"),
                nodes=tuple(shown),
            )
            for phase in phases
        ),
        note=note,
    )


def _flops_panel(run: Run, flops: Costs, shown: list[str], note: str) -> Panel | None:
    """FLOPs by node: why a node has none, and how much of the model the numbers stand for."""
    axis = Axis("operations", "FLOP")
    panel = _panel("Floating-point operations", axis, flops, shown, note)
    if panel is None or run.graph is None:
        return panel
    counting = countings(run.graph)
    missing = tuple(WITHOUT_FLOPS.get(counting.get(node), "not measured") for node in shown)
    marks = [replace(mark, missing=missing) for mark in panel.marks if isinstance(mark, Bars)]
    coverage = flop_coverage(run.graph, run.tables.get("cost")).get(ROOT)
    said = coverage.statement if coverage else ""
    return replace(panel, marks=tuple(marks), note=" ".join(filter(None, (said, note))))


def _gaps(run: Run, times: Costs, flops: Costs) -> tuple[str, ...]:
    if times and flops:
        return gap_lines(run, ("cost",))
    missing = " and ".join(["time"] * (not times) + ["FLOPs"] * (not flops))
    return gap_lines_or(run, ("cost",), f"{missing} by node not measured")
