from __future__ import annotations

from typing import Any

from tests.views.runs import run_of, small_graph, whole_run

from torchatlas.run import Bars, Gap
from torchatlas.views.cost import MOST_NODES, cost


def row(node: str, time_s: float | None, flops: float | None = None, phase: str = "forward") -> Any:
    return {"node": node, "phase": phase, "time_s": time_s, "flops": flops}


def test_time_and_flops_by_node() -> None:
    time, flops = cost(whole_run()).panels
    assert (time.y.label, time.y.unit) == ("time", "s")
    assert (flops.y.label, flops.y.unit) == ("operations", "FLOP")
    assert time.x.categories == flops.x.categories == ("a", "b")
    assert [mark.heights for mark in time.marks if isinstance(mark, Bars)] == [(0.002, 0.001)]
    assert [mark.heights for mark in flops.marks if isinstance(mark, Bars)] == [(4e6, None)]


def test_forward_and_backward_stand_side_by_side() -> None:
    run = run_of(cost=[row("a", 1.0), row("a", 2.0, phase="backward")])
    labels = [mark.label for mark in cost(run).panels[0].marks]
    assert labels == ["forward", "backward"]


def test_a_module_and_its_ops_are_not_both_shown() -> None:
    graph = small_graph()
    run = run_of(graph=graph, cost=[row(node, 1.0) for node in graph.nodes if node != "input:x"])
    assert cost(run).panels[0].x.categories == ("block.fc", "block/add:0")


def test_of_many_nodes_the_costliest_are_shown_in_order_with_their_share() -> None:
    run = run_of(cost=[row(f"n{i}", 3.0 if i % 2 else 1.0) for i in range(80)])
    (panel,) = cost(run).panels
    assert panel.x.categories == tuple(f"n{i}" for i in range(1, 80, 2))
    assert len(panel.x.categories) == MOST_NODES
    assert panel.note == "The 40 costliest of 80 nodes: 75% of the time."


def test_what_was_not_measured_is_said() -> None:
    assert cost(run_of(cost=[row("a", 1.0)])).gaps == ("FLOPs by node not measured",)
    gap = Gap("cost", "the model raised ValueError: no")
    assert cost(run_of(cost=[row("a", None, 1.0)], gaps=(gap,))).gaps == (gap.reason,)
