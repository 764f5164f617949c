"""What a part of a graph is, apart from its name and place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.measure.drawn_graph import DrawnGraph, block_chain, spec

from torchatlas.measure.structure import (
    Numbers,
    Structure,
    module_path,
    relative_path,
    says_position,
)
from torchatlas.run import Graph, Node


def body_of(graph: Graph, node_id: str, numbers: Numbers, *, portable: bool = False) -> int:
    structure = Structure(graph, numbers, portable=portable)
    return structure.bodies[structure.place[node_id]]


def with_node(graph: Graph, node_id: str, **fields: object) -> Graph:
    return Graph(graph.nodes | {node_id: replace(graph.nodes[node_id], **fields)}, graph.edges)


def test_groups_are_followed_by_what_is_in_them() -> None:
    structure = Structure(block_chain(["Block", "Block"]), Numbers())
    assert structure.ids[:3] == [".", "input:x", "layers.0"]
    first = structure.place["layers.0"]
    assert structure.sizes[first] == 5
    children = [structure.ids[place] for place in structure.children(first)]
    assert children == ["layers.0.fc", "layers.0.act"]
    assert structure.holds(first, structure.place["layers.0.act/relu:0"])
    assert not structure.holds(first, structure.place["layers.1"])


def test_an_edge_is_noted_with_every_part_that_it_crosses() -> None:
    structure = Structure(block_chain(["Block", "Block"]), Numbers())
    entering = structure.entries[structure.place["layers.1"]]
    assert [structure.ids[entry.source] for entry in entering] == ["layers.0.act/relu:0"]
    assert structure.entries[structure.place["."]] == []
    leaving = structure.exits[structure.place["layers.0"]]
    assert [structure.ids[target] for _, target in leaving] == ["layers.1.fc/linear:0"]


def test_equal_blocks_have_equal_bodies_wherever_they_stand() -> None:
    structure = Structure(block_chain(["Block", "Block", "Other"]), Numbers())
    first, second, third = (structure.bodies[structure.place[f"layers.{k}"]] for k in range(3))
    assert first == second != third


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "Other"},
        {"outputs": (spec(2, 5),)},
        {"outputs": (spec(2, 4, dtype="float16"),)},
        {"attributes": {"width": 5}},
        {"attributes": {"width": 4.0}},
        {"attributes": {"width": 4, "bias": None}},
        {"parameters": ("layers.0.fc.bias",)},
        {"atomic": False},
        {"kind": "backward"},
    ],
)
def test_whatever_differs_inside_makes_another_body(fields: dict[str, object]) -> None:
    graph, numbers = block_chain(["Block"]), Numbers()
    other = with_node(graph, "layers.0.fc", **fields)
    assert body_of(graph, "layers.0", numbers) != body_of(other, "layers.0", numbers)


def test_the_operands_of_an_op_are_in_order() -> None:
    def graph(*operands: str) -> Graph:
        drawn = DrawnGraph()
        drawn.input("x")
        drawn.module("block", "Block")
        for name in ("a", "b"):
            drawn.op(f"block/{name}:0", "block", of=("input:x",))
        drawn.op("block/sub:0", "block", of=tuple(f"block/{name}:0" for name in operands))
        return drawn.graph()

    numbers = Numbers()
    bodies = [body_of(graph(*order), "block", numbers) for order in ("ab", "ba", "ab")]
    assert bodies[0] == bodies[2] != bodies[1]


@pytest.mark.parametrize(
    ("node_id", "fields"),
    [
        ("layers.0.fc/linear:0", {"aten": ("addmm",)}),
        ("layers.0.fc", {"outputs": (spec(2, 4, device="cuda:0"),)}),
    ],
)
def test_a_portable_body_is_the_same_on_another_device(
    node_id: str, fields: dict[str, object]
) -> None:
    graph = with_node(block_chain(["Block"]), "layers.0.fc", outputs=(spec(2, 4),))
    other, numbers = with_node(graph, node_id, **fields), Numbers()
    assert body_of(graph, "layers.0", numbers) != body_of(other, "layers.0", numbers)
    portable = [body_of(one, "layers.0", numbers, portable=True) for one in (graph, other)]
    assert portable[0] == portable[1]


def test_settings_of_a_module_that_took_no_part_do_not_matter() -> None:
    def graph(rate: float, op: str) -> Graph:
        drawn = DrawnGraph()
        drawn.module("drop", "DropPath", attributes={"rate": rate})
        drawn.op(f"drop/{op}:0", "drop")
        return drawn.graph()

    numbers = Numbers()
    assert body_of(graph(0.1, "identity"), "drop", numbers) == body_of(
        graph(0.2, "identity"), "drop", numbers
    )
    assert body_of(graph(0.1, "mul"), "drop", numbers) != body_of(
        graph(0.2, "mul"), "drop", numbers
    )


def test_nan_equals_itself_and_one_is_not_true() -> None:
    numbers = Numbers()
    bodies = [
        body_of(with_node(block_chain(["B"]), "layers.0", attributes={"v": value}), ".", numbers)
        for value in (float("nan"), float("nan"), 1, True, 1.0)
    ]
    assert bodies[0] == bodies[1]
    assert len(set(bodies)) == 4


@pytest.mark.parametrize(
    ("name", "path", "seen"),
    [
        ("a.b.weight", "a.b", (0, "weight")),
        ("a.c.weight", "a.b", (1, "c.weight")),
        ("weight", "", (0, "weight")),
        ("embed.weight", "decoder.head", (2, "embed.weight")),
        ("a.bc", "a.b", (1, "bc")),
    ],
)
def test_names_as_seen_from_a_module(name: str, path: str, seen: tuple[int, str]) -> None:
    assert relative_path(name, path) == seen


def test_every_call_of_a_module_has_the_path_of_the_module() -> None:
    ids = ("a.b", "a.b#2", "a.b~1", ".")
    assert [module_path(one) for one in ids] == ["a.b", "a.b", "a.b", ""]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("layer_idx", 3, True),
        ("layer_id", 3, True),
        ("decoder_layer_index", 3, True),
        ("idx", 3, True),
        ("layer_idx", True, False),
        ("layer_idx", None, False),
        ("padding_idx", 3, False),
        ("layers", 3, False),
    ],
)
def test_which_settings_only_say_where_a_block_stands(
    name: str, value: bool | int | None, says: bool
) -> None:
    assert says_position(name, value) is says


def test_ten_thousand_levels_need_no_recursion() -> None:
    nodes = {".": Node(".", "module", "Net", "Net", None)}
    parent = "."
    for level in range(10_000):
        nodes[f"n{level}"] = Node(f"n{level}", "module", "inner", "Inner", parent)
        parent = f"n{level}"
    structure = Structure(Graph(nodes), Numbers())
    assert structure.sizes[0] == 10_001
