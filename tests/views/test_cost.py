from __future__ import annotations

from typing import Any

from tests.views.runs import run_of, small_graph, whole_run

from torchatlas.run import Bars, Gap, Graph, Node
from torchatlas.views.cost import MOST_NODES, cost
from torchatlas.views.render import render


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


def counted_graph() -> Graph:
    nodes = [
        Node(".", "module", "Net", "Net", None, flops=8.0),
        Node("/linear:0", "op", "linear", "linear", ".", flops=8.0, aten=("aten.mm.default",)),
        Node("/relu:0", "op", "relu", "relu", ".", aten=("aten.relu.default",)),
        Node("/view:0", "op", "view", "view", ".", aten=("aten.view.default",)),
    ]
    return Graph({node.id: node for node in nodes})


def test_flops_say_how_much_they_stand_for_and_why_a_node_has_none() -> None:
    rows = [row("/linear:0", 0.6, 8.0), row("/relu:0", 0.3), row("/view:0", 0.1)]
    view = cost(run_of(graph=counted_graph(), cost=rows))
    time, flops = view.panels
    assert flops.note == (
        "Counted: 60 % of the time measured in ops; nothing to count: 10 %; no formula: relu 30 %."
    )
    assert time.note == ""
    (bars,) = (mark for mark in flops.marks if isinstance(mark, Bars))
    assert bars.missing == ("not measured", "not counted, no formula", "nothing to count")
    assert all(mark.missing == () for mark in time.marks if isinstance(mark, Bars))


def test_every_renderer_says_why_a_node_has_no_flops() -> None:
    rows = [row("/linear:0", 0.6, 8.0), row("/relu:0", 0.3), row("/view:0", 0.1)]
    view = cost(run_of(graph=counted_graph(), cost=rows))
    said = render(view, "text", width=100)
    assert "not counted, no formula" in said
    assert "nothing to count" in said
    assert "not measured" not in said
    axes = render(view, "matplotlib").axes
    words = [note.get_text() for axis in axes for note in axis.texts]
    assert "not counted, no formula" in words
    plotly = render(view, "plotly").to_json()
    assert "not counted, no formula" in plotly
