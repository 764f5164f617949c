"""The coverage statement: literal times, and shares counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from torchatlas.measure.flop_coverage import (
    FlopCoverage,
    countings,
    flop_counting,
    flop_coverage,
    flop_coverage_rows,
)
from torchatlas.run import ROOT, Graph, Node, Table, build_table

VIEW, CONV = "aten.view.default", "aten.convolution.default"
NORM, RELU = "aten.native_batch_norm.default", "aten.relu.default"


def op(node_id: str, *aten: str, flops: float | None = None) -> Node:
    parent, _, name = node_id.rpartition("/")
    kind = name.partition(":")[0]
    return Node(node_id, "op", kind, kind, parent or ROOT, flops=flops, aten=aten)


def module(node_id: str, flops: float | None = None) -> Node:
    parent = None if node_id == ROOT else ROOT
    return Node(node_id, "module", node_id, "Module", parent, flops=flops)


def graph_of(*nodes: Node) -> Graph:
    return Graph({node.id: node for node in nodes})


GRAPH = graph_of(
    module(ROOT, 100.0),
    module("block", 100.0),
    op("block/conv2d:0", CONV, flops=100.0),
    op("block/batch_norm:0", NORM),
    op("block/relu:0", RELU),
    op("/flatten:0", VIEW),
)


def timed(**times_s: float | None) -> Table:
    names = {node.type: node.id for node in GRAPH.nodes.values() if node.kind == "op"}
    rows: list[dict[str, Any]] = [
        {"node": names[name], "phase": "forward", "time_s": time_s}
        for name, time_s in times_s.items()
    ]
    return build_table("cost", [*rows, {"node": ROOT, "phase": "forward", "time_s": 99.0}])


def test_shares_of_the_time_measured_in_ops() -> None:
    cost = timed(conv2d=0.6, batch_norm=0.2, relu=0.1, flatten=0.1)
    whole = flop_coverage(GRAPH, cost)[ROOT]
    assert whole.basis == "time"
    assert (whole.counted, whole.nothing, whole.uncounted) == pytest.approx((0.6, 0.1, 0.3))
    assert [name for name, _ in whole.names] == ["batch_norm", "relu"]
    assert [share for _, share in whole.names] == pytest.approx([0.2, 0.1])
    assert whole.statement == (
        "Counted: 60 % of the time measured in ops; nothing to count: 10 %; "
        "no formula: batch_norm 20 %, relu 10 %."
    )
    assert whole.short == "counts 60 % of op time"


def test_each_module_has_its_own() -> None:
    cost = timed(conv2d=0.6, batch_norm=0.2, relu=0.2, flatten=1.0)
    block = flop_coverage(GRAPH, cost)["block"]
    assert (block.counted, block.nothing, block.uncounted) == pytest.approx((0.6, 0.0, 0.4))
    assert block.ops == 3


def test_where_nothing_was_timed_ops_count_alike_and_that_is_said() -> None:
    for cost in (None, build_table("cost", []), timed(conv2d=None)):
        whole = flop_coverage(GRAPH, cost)[ROOT]
        assert (whole.basis, whole.counted, whole.uncounted) == ("ops", 0.25, 0.5)
        assert whole.statement == (
            "Counted: 25 % of the ops; nothing to count: 25 %; no formula: batch_norm 25 %, "
            "relu 25 %. Ops were not timed; each counts alike."
        )
        assert whole.short == "counts 25 % of ops"


def test_the_backward_phase_is_not_mixed_in() -> None:
    rows = [
        {"node": "block/conv2d:0", "phase": "forward", "time_s": 1.0},
        {"node": "block/conv2d:0", "phase": "backward", "time_s": 9.0},
        {"node": "block/relu:0", "phase": "forward", "time_s": 1.0},
    ]
    assert flop_coverage(GRAPH, build_table("cost", rows))[ROOT].counted == 0.5


def test_ops_with_arithmetic_and_no_time_are_counted_out_loud() -> None:
    whole = flop_coverage(GRAPH, timed(conv2d=1.0, batch_norm=1.0))[ROOT]
    assert whole.untimed == 1  # relu; a view without a time is no loss
    assert whole.statement.endswith("no formula: batch_norm 50 %, relu 0 %. Not timed: 1 op.")


def test_of_many_names_the_largest_stand_and_the_others_are_summed_up() -> None:
    names = tuple((f"op{i}", share) for i, share in enumerate((0.2, 0.15, 0.1, 0.05, 0.03, 0.02)))
    found = FlopCoverage("time", 0.45, 0.0, 0.55, names, 7)
    expected = "no formula: op0 20 %, op1 15 %, op2 10 %, op3 5 %, 2 others 5 %."
    assert found.statement.endswith(expected)


def test_a_trace_is_no_zero_and_nearly_all_is_not_all() -> None:
    found = FlopCoverage("time", 0.999, 0.0, 0.001, (("relu", 0.001),), 9)
    assert found.statement == (
        "Counted: over 99 % of the time measured in ops; no formula: relu under 1 %."
    )
    whole = FlopCoverage("time", 1.0, 0.0, 0.0, (), 9)
    assert whole.statement == "Counted: 100 % of the time measured in ops."


def test_a_graph_without_ops_says_that_nothing_is_known() -> None:
    empty = flop_coverage(graph_of(module(ROOT)))[ROOT]
    assert empty.ops == 0
    assert "not known" in empty.statement
    assert empty.short == "coverage not known"


@pytest.mark.parametrize(
    ("aten", "expected"),
    [
        ((), "nothing to count"),
        (("aten.t.default", "aten.view.default"), "nothing to count"),
        (("aten.embedding.default",), "nothing to count"),
        (("aten.scatter.src",), "nothing to count"),
        (("aten.scatter.reduce",), "no formula"),
        (("prim.device.default",), "nothing to count"),
        (("aten.view.default", "aten.add.Tensor"), "no formula"),
        (("aten.max_pool2d_with_indices.default",), "no formula"),
        (("aten.embedding_bag.padding_idx",), "no formula"),
        (("somebody.view.default",), "no formula"),
    ],
)
def test_what_only_moves_data_has_nothing_to_count(aten: tuple[str, ...], expected: str) -> None:
    assert flop_counting(op("/any:0", *aten)) == expected
    assert flop_counting(op("/any:0", *aten, flops=0.0)) == "counted"


def test_a_module_is_counted_when_one_of_its_ops_is() -> None:
    graph = graph_of(
        module(ROOT, 1.0),
        module("a", 1.0),
        op("a/mm:0", "aten.mm.default", flops=1.0),
        op("a/relu:0", RELU),
        module("b"),
        op("b/relu:0", RELU),
        op("b/view:0", VIEW),
        module("c"),
        op("c/view:0", VIEW),
    )
    found = countings(graph)
    assert [found[name] for name in (ROOT, "a", "b", "c")] == [
        "counted",
        "counted",
        "no formula",
        "nothing to count",
    ]


def test_rows_fit_their_table() -> None:
    rows = flop_coverage_rows(GRAPH)
    build_table("flop_coverage", rows)
    assert [row["node"] for row in rows] == [ROOT, "block"]
