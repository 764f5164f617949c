"""What is different between two graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.drawn_graph import DrawnGraph, block_chain, spec
from torch import nn

import torchatlas as ta
from torchatlas.measure.diff import difference_rows
from torchatlas.run import Graph, Node, build_table


def told(before: Graph, after: Graph) -> list[tuple[Any, ...]]:
    """Rows in short: what was added, removed and moved, and what changed; edges left out."""
    short: list[tuple[Any, ...]] = []
    for row in difference_rows(before, after):
        if row["what"] == "edge":
            continue
        ends = [row[name] for name in ("before_node", "node") if row[name]]
        if row["kind"] == "changed":
            short.append(("changed", row["node"], row["what"], row["before"], row["after"]))
        else:
            short.append((row["kind"], *ends, row["count"]))
    return short


def edges(before: Graph, after: Graph) -> list[tuple[str, str]]:
    rows = difference_rows(before, after)
    return [(row["kind"], row["before"] or row["after"]) for row in rows if row["what"] == "edge"]


def with_node(graph: Graph, node_id: str, **fields: Any) -> Graph:
    return Graph(graph.nodes | {node_id: replace(graph.nodes[node_id], **fields)}, graph.edges)


def sequential(*types: str) -> Graph:
    """A chain of atomic modules `0`, `1`, ...; `Linear8` is a Linear of width 8."""
    drawn = DrawnGraph("Sequential")
    last = drawn.input()
    for at, text in enumerate(types):
        type_ = text.rstrip("0123456789")
        settings = {"width": int(text[len(type_) :] or 0)}
        last = drawn.layer(str(at), type_, ".", last, attributes=settings)
    drawn.output(last)
    return drawn.graph()


GRAPH = block_chain(["Block"] * 3)


def test_rows_fit_the_table_and_name_the_run() -> None:
    rows = difference_rows(GRAPH, block_chain(["Block"] * 4), "later")
    assert rows[0] == {
        "run": "later",
        "kind": "added",
        "node": "layers.3",
        "before_node": "",
        "what": "node",
        "before": "",
        "after": "Block",
        "count": 5,
    }
    assert len(build_table("differences", rows)) == 2
    assert rows[1]["before"] == "layers.2.act/relu:0 → output:0"


@pytest.mark.parametrize("graph", [Graph({}), GRAPH, sequential("Linear8"), DrawnGraph().graph()])
def test_a_graph_is_not_different_from_itself(graph: Graph) -> None:
    assert difference_rows(graph, graph) == []


def test_everything_is_added_to_nothing() -> None:
    assert told(Graph({}), GRAPH) == [("added", ".", 18)]
    assert told(GRAPH, Graph({})) == [("removed", ".", 18)]


def test_a_layer_put_into_a_sequence_is_one_added_and_the_rest_moved() -> None:
    before = sequential("Linear8", "ReLU", "Linear16", "ReLU", "Linear4")
    after = sequential("Linear8", "Dropout", "ReLU", "Linear16", "ReLU", "Linear4")
    assert told(before, after) == [
        ("added", "1", 2),
        ("moved", "1", "2", 2),
        ("moved", "2", "3", 2),
        ("moved", "3", "4", 2),
        ("moved", "4", "5", 2),
    ]
    assert edges(before, after) == [("removed", "0/linear:0 → 1/relu:0")]
    assert told(after, before)[0] == ("removed", "1", 2)


def test_of_equal_layers_those_stay_that_can() -> None:
    before, after = sequential(*["Linear8"] * 5, "ReLU"), sequential(*["Linear8"] * 6, "ReLU")
    assert told(before, after) == [("added", "5", 2), ("moved", "5", "6", 2)]


def test_two_layers_at_the_beginning_move_equal_pairs_in_order() -> None:
    pairs = ["Linear8", "ReLU"] * 2
    after = sequential("Norm", "Norm", *pairs)
    assert told(sequential(*pairs), after) == [
        ("added", "0", 2),
        ("added", "1", 2),
        *(("moved", str(at), str(at + 2), 2) for at in range(4)),
    ]


@pytest.mark.parametrize(
    ("node_id", "fields", "change"),
    [
        ("layers.1", {"type": "Other"}, ("type", "Block", "Other")),
        (
            "layers.1.fc/linear:0",
            {"outputs": (spec(2, 5),)},
            ("shape", "2×4", "2×5"),
        ),
        (
            "layers.1.fc/linear:0",
            {"outputs": (spec(2, 4, dtype="float16"),)},
            ("dtype", "float32", "float16"),
        ),
        ("layers.1.fc", {"attributes": {"width": 5}}, ("width", "4", "5")),
        ("layers.1.fc", {"attributes": {"width": "4"}}, ("width", "4", "'4'")),
        ("layers.1.fc", {"attributes": {}}, ("width", "4", "not set")),
        ("layers.1", {"attributes": {"padding_idx": 3}}, ("padding_idx", "not set", "3")),
        ("layers.1", {"attributes": {"layer_idx": 3}}, ("layer_idx", "not set", "3")),
        (
            "layers.1.fc",
            {"parameters": ("layers.1.fc.weight", "layers.1.fc.bias")},
            ("parameters", "weight", "weight, bias"),
        ),
        (
            "layers.1.fc",
            {"parameters": ("layers.0.fc.weight",)},
            ("parameters", "weight", "../../0.fc.weight"),
        ),
    ],
)
def test_a_planted_change_is_one_row(
    node_id: str, fields: dict[str, Any], change: tuple[str, str, str]
) -> None:
    assert told(GRAPH, with_node(GRAPH, node_id, **fields)) == [("changed", node_id, *change)]


def test_inputs_are_told_where_the_outputs_are_the_same() -> None:
    graph = with_node(GRAPH, "layers.1", inputs=(spec(2, 4),))
    other = with_node(GRAPH, "layers.1", inputs=(spec(2, 5),))
    assert told(graph, other) == [("changed", "layers.1", "input shape", "2×4", "2×5")]
    both = with_node(other, "layers.1", outputs=(spec(7),))
    assert [row[2] for row in told(graph, both)] == ["shape", "dtype"]


@pytest.mark.parametrize(
    "fields",
    [
        {"flops": 7.0},
        {"order": 99},
        {"aten": ("addmm",)},
        {"outputs": (spec(2, 4, device="cuda:0"),)},
    ],
)
def test_what_is_not_compared(fields: dict[str, Any]) -> None:
    assert difference_rows(GRAPH, with_node(GRAPH, "layers.1.fc/linear:0", **fields)) == []


def test_nan_is_no_change() -> None:
    graph = with_node(GRAPH, "layers.1", attributes={"rate": float("nan")})
    other = with_node(GRAPH, "layers.1", attributes={"rate": float("nan")})
    assert difference_rows(graph, other) == []


def test_a_replaced_atomic_module_is_one_change_of_type_and_keeps_its_edges() -> None:
    before, after = (
        sequential("Linear8", "ReLU", "Linear4"),
        sequential("Linear8", "GELU", "Linear4"),
    )
    assert told(before, after) == [("changed", "1", "type", "ReLU", "GELU")]
    assert edges(before, after) == []


def test_a_change_of_a_module_is_not_told_again_of_its_op() -> None:
    graph = GRAPH
    for node_id in ("layers.1.fc", "layers.1.fc/linear:0"):
        graph = with_node(graph, node_id, attributes={"width": 9})
    before = with_node(GRAPH, "layers.1.fc/linear:0", attributes={"width": 4})
    assert told(before, graph) == [("changed", "layers.1.fc", "width", "4", "9")]


def test_the_order_of_operands_is_compared() -> None:
    def graph(*operands: str) -> Graph:
        drawn = DrawnGraph()
        for name in ("a", "b"):
            drawn.input(name)
        drawn.op("/sub:0", of=tuple(f"input:{name}" for name in operands))
        return drawn.graph()

    (row,) = difference_rows(graph("a", "b"), graph("b", "a"))
    assert (row["kind"], row["node"], row["what"]) == ("changed", "/sub:0", "operands")
    assert (row["before"], row["after"]) == ("input:a, input:b", "input:b, input:a")
    assert edges(graph("a", "a"), graph("a")) == [("removed", "input:a → /sub:0")]


def test_a_skip_edge_is_told() -> None:
    skip = replace(GRAPH.edges[1], source="input:x", target="layers.2.act/relu:0")
    other = Graph(GRAPH.nodes, (*GRAPH.edges, skip))
    rows = [("added", "input:x → layers.2.act/relu:0")]
    assert edges(GRAPH, other) == rows
    assert told(GRAPH, other) == []
    assert edges(other, GRAPH) == [("removed", rows[0][1])]


def test_a_renamed_module_moved() -> None:
    def graph(name: str) -> Graph:
        drawn = DrawnGraph()
        drawn.output(drawn.layer(name, "Linear", ".", drawn.input()))
        return drawn.graph()

    assert told(graph("fc"), graph("head")) == [("moved", "fc", "head", 2)]


def test_named_modules_that_run_in_another_order_are_still_themselves() -> None:
    def graph(*names: str) -> Graph:
        drawn = DrawnGraph()
        start = drawn.input()
        drawn.op("/mul:0", of=tuple(drawn.layer(name, "Linear", ".", start) for name in names))
        return drawn.graph()

    rows = difference_rows(graph("q", "k"), graph("k", "q"))
    assert [row["what"] for row in rows] == ["operands"]


def wrapped(inside: bool) -> Graph:
    drawn = DrawnGraph()
    start = drawn.input()
    group = drawn.module("wrap", "Wrap") if inside else "."
    path = "wrap.fc" if inside else "fc"
    drawn.output(drawn.layer(path, "Linear", group, start))
    return drawn.graph()


def test_a_layer_that_was_wrapped_moved_into_the_new_group() -> None:
    assert told(wrapped(False), wrapped(True)) == [
        ("added", "wrap", 1),
        ("moved", "fc", "wrap.fc", 2),
    ]
    assert told(wrapped(True), wrapped(False)) == [
        ("removed", "wrap", 1),
        ("moved", "wrap.fc", "fc", 2),
    ]


def test_an_op_without_parameters_is_not_found_again_in_another_group() -> None:
    def graph(place: int) -> Graph:
        drawn = DrawnGraph()
        last = drawn.input()
        for at in range(2):
            group = drawn.module("ab"[at], "Group")
            last = drawn.op(f"{group}/mul:0", group, of=(last,))
            if at == place:
                last = drawn.op(f"{group}/relu:0", group, of=(last,))
        return drawn.graph()

    assert told(graph(0), graph(1)) == [("removed", "a/relu:0", 1), ("added", "b/relu:0", 1)]


def test_second_calls_are_compared_by_call() -> None:
    def graph(calls: int) -> Graph:
        drawn = DrawnGraph()
        last = drawn.input()
        for call in range(calls):
            group = drawn.module("layer" + f"#{call}" * bool(call), "Layer")
            suffix = f"#{call}" * bool(call)
            last = drawn.layer(f"layer.fc{suffix}", "Linear", group, last, attributes={})
        drawn.output(last)
        return drawn.graph()

    assert told(graph(1), graph(3)) == [("added", "layer#1", 3), ("added", "layer#2", 3)]
    assert told(graph(3), graph(2)) == [("removed", "layer#2", 3)]


def modules_of(graph: Graph) -> Graph:
    """The graph of a model that was not run: modules without tensors."""
    nodes = {
        node.id: replace(node, inputs=(), outputs=(), atomic=False)
        for node in graph.nodes.values()
        if node.kind == "module"
    }
    nodes["layers"] = Node("layers", "module", "layers", "ModuleList", ".")
    return Graph(
        {
            node.id: replace(node, parent="layers") if node.type == "Block" else node
            for node in nodes.values()
        }
    )


def test_what_was_never_run_is_compared_by_its_modules_alone() -> None:
    assert difference_rows(modules_of(GRAPH), GRAPH) == []
    assert difference_rows(GRAPH, modules_of(GRAPH)) == []
    assert told(modules_of(GRAPH), block_chain(["Block"] * 4)) == [("added", "layers.3", 3)]
    other = with_node(GRAPH, "layers.1.fc", attributes={"width": 9})
    assert told(other, modules_of(GRAPH)) == [("changed", "layers.1.fc", "width", "9", "4")]


TYPES = st.lists(st.sampled_from(["Linear8", "Linear4", "ReLU", "Norm"]), max_size=8)


@given(TYPES)
def test_nothing_differs_from_itself(types: list[str]) -> None:
    assert difference_rows(sequential(*types), sequential(*types)) == []


@given(TYPES, TYPES)
def test_no_rows_mean_the_same_graph_and_counts_add_up(one: list[str], other: list[str]) -> None:
    before, after = sequential(*one), sequential(*other)
    rows = difference_rows(before, after)
    assert (rows == []) == (one == other)
    counts = {
        kind: sum(row["count"] for row in rows if row["kind"] == kind and row["what"] == "node")
        for kind in ("added", "removed")
    }
    replaced = any(row["what"] == "type" for row in rows)
    if not replaced:
        assert len(before.nodes) + counts["added"] - counts["removed"] == len(after.nodes)
    assert {row["node"] for row in rows} <= {"", *after.nodes}
    assert {row["before_node"] for row in rows} <= {"", *before.nodes}


def any_graph(random: Random) -> Graph:
    """A graph of a few groups and ops, with edges from anywhere."""
    drawn = DrawnGraph()
    groups, sources = ["."], [drawn.input()]
    for _ in range(random.randrange(14)):
        group = random.choice(groups)
        path = "" if group == "." else group
        if random.random() < 0.3:
            node_id = f"{path}.{random.choice(['0', '1', 'fc', 'act'])}".lstrip(".")
            if node_id not in drawn.nodes:
                type_, atomic = random.choice("AB"), random.random() < 0.2
                groups.append(drawn.module(node_id, type_, group, atomic=atomic))
            continue
        type_ = random.choice(["add", "mul"])
        count = sum(node.parent == group and node.type == type_ for node in drawn.nodes.values())
        fed_by = tuple(random.choice(sources) for _ in range(random.randrange(3)))
        sources.append(drawn.op(f"{path}/{type_}:{count}", group, of=fed_by))
    return drawn.graph()


def what_is_compared(graph: Graph) -> tuple[Any, ...]:
    feeds: dict[str, list[str]] = {}
    for edge in graph.edges:
        feeds.setdefault(edge.target, []).append(edge.source)
    nodes = {node.id: (node.kind, node.type, node.parent) for node in graph.nodes.values()}
    return nodes, feeds


@given(st.randoms(), st.booleans())
def test_any_graph_differs_exactly_from_another(random: Random, rewired: bool) -> None:
    before = any_graph(random)
    if rewired and before.edges:
        at = random.randrange(len(before.edges))
        source = random.choice([node.id for node in before.nodes.values() if node.kind == "op"])
        wires = list(before.edges)
        wires[at] = replace(wires[at], source=source)
        after = Graph(before.nodes, tuple(wires))
    else:
        after = any_graph(random)
    assert difference_rows(before, before) == []
    same = what_is_compared(before) == what_is_compared(after)
    assert (difference_rows(before, after) == []) == same


@given(st.data())
def test_a_node_that_was_taken_out_is_reported(data: st.DataObject) -> None:
    leaves = [node.id for node in GRAPH.nodes.values() if node.id not in GRAPH.children]
    gone = data.draw(st.sampled_from(leaves))
    nodes = {node_id: node for node_id, node in GRAPH.nodes.items() if node_id != gone}
    kept = tuple(edge for edge in GRAPH.edges if gone not in (edge.source, edge.target))
    removed = [row for row in told(GRAPH, Graph(nodes, kept)) if row[0] == "removed"]
    assert removed == [("removed", gone, 1)]


def resnet(name: str, **settings: Any) -> Graph:
    torchvision = pytest.importorskip("torchvision")
    model = getattr(torchvision.models, name)(**settings)
    return ta.trace(model.eval(), torch.zeros(1, 3, 64, 64)).graph


def test_resnet18_and_resnet34() -> None:
    found = told(resnet("resnet18"), resnet("resnet34"))
    assert {row[0] for row in found} == {"added"}
    assert [row[1] for row in found] == [
        "layer1.2",
        *("layer2.2", "layer2.3"),
        *("layer3.2", "layer3.3", "layer3.4", "layer3.5"),
        "layer4.2",
    ]


def test_another_head_on_resnet18() -> None:
    assert told(resnet("resnet18"), resnet("resnet18", num_classes=7)) == [
        ("changed", ".", "shape", "1×1000", "1×7"),
        ("changed", "fc", "shape", "1×1000", "1×7"),
        ("changed", "fc", "out_features", "1000", "7"),
        ("changed", "output:0", "shape", "1×1000", "1×7"),
    ]


def test_the_same_model_in_half_precision_keeps_its_nodes() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    before = ta.trace(model, torch.zeros(1, 4)).graph
    after = ta.trace(model.bfloat16(), torch.zeros(1, 4, dtype=torch.bfloat16)).graph
    found = told(before, after)
    assert {row[0] for row in found} == {"changed"}
    assert {row[2] for row in found} == {"dtype"}


@pytest.mark.parametrize(
    "large",
    [
        lambda extra: block_chain(["Block"] * 4000 + ["Other"] * extra + ["Block"]),
        lambda extra: sequential(*["Linear8"] * (1500 + extra), "ReLU"),
    ],
)
def test_large_graphs(large: Callable[[int], Graph]) -> None:
    rows = told(large(0), large(1))
    assert [row[0] for row in rows] == ["added", "moved"]


def test_deep_nesting_needs_no_recursion() -> None:
    def nested(width: int) -> Graph:
        drawn = DrawnGraph()
        parent, path = ".", "inner"
        for _ in range(1500):
            parent = drawn.module(path, "Inner", parent)
            path += ".inner"
        drawn.module(path, "Linear", parent, attributes={"width": width})
        return drawn.graph()

    (row,) = told(nested(4), nested(5))
    assert row[2:] == ("width", "4", "5")
    assert told(nested(4), nested(4)) == []
