"""Identical neighbours fold to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.drawn_graph import DrawnGraph, block_chain, spec
from torch import nn

import torchatlas as ta
from torchatlas.measure.folding import fold
from torchatlas.measure.structure import Numbers, Structure
from torchatlas.run import Graph, Node


def folds_of(graph: Graph) -> list[tuple[str, int]]:
    return [(one.id, one.count) for one in fold(graph)]


def traced(model: nn.Module, *inputs: torch.Tensor) -> Graph:
    return ta.trace(model.eval(), inputs).graph


def test_equal_neighbours_fold_and_keep_the_list_of_members() -> None:
    (found,) = fold(block_chain(["Block"] * 4))
    assert found.parent == "."
    assert found.members == tuple((f"layers.{k}",) for k in range(4))
    assert (found.id, found.count) == ("layers.0..layers.3", 4)


def test_another_block_between_ends_a_fold() -> None:
    graph = block_chain(["A", "A", "B", "A", "A", "A"])
    assert folds_of(graph) == [("layers.0..layers.1", 2), ("layers.3..layers.5", 3)]


def test_blocks_that_alternate_fold_in_pairs() -> None:
    (found,) = fold(block_chain(["A", "B"] * 3))
    assert found.members == tuple((f"layers.{k}", f"layers.{k + 1}") for k in (0, 2, 4))


def test_within_a_member_equal_neighbours_fold_too() -> None:
    graph = block_chain(["A", "A", "A", "B"] * 2)
    assert folds_of(graph) == [
        ("layers.0..layers.7", 2),
        ("layers.0..layers.2", 3),
        ("layers.4..layers.6", 3),
    ]


@pytest.mark.parametrize("types", [[], ["A"], ["A", "B"], ["A", "B", "A"]])
def test_nothing_to_fold(types: list[str]) -> None:
    assert fold(block_chain(types)) == ()


def test_an_empty_graph() -> None:
    assert fold(Graph({})) == ()


@pytest.mark.parametrize(
    ("node_id", "fields"),
    [
        ("layers.1.fc/linear:0", {"outputs": (spec(2, 5),)}),
        ("layers.1.fc", {"attributes": {"width": 5}}),
        ("layers.1.fc", {"parameters": ("layers.1.fc.weight", "layers.1.fc.bias")}),
        ("layers.1.fc", {"parameters": ("layers.0.fc.weight",)}),
        ("layers.1.act", {"type": "GELU"}),
    ],
)
def test_a_planted_difference_keeps_blocks_apart(node_id: str, fields: dict[str, object]) -> None:
    graph = block_chain(["Block"] * 2)
    assert len(fold(graph)) == 1
    changed = graph.nodes | {node_id: replace(graph.nodes[node_id], **fields)}
    assert fold(Graph(changed, graph.edges)) == ()


def test_a_skip_edge_into_one_member_keeps_it_apart() -> None:
    graph = block_chain(["Block"] * 4)
    skip = replace(graph.edges[1], source="layers.0.fc/linear:0", target="layers.2.act/relu:0")
    assert ("layers.0..layers.3", 4) not in folds_of(Graph(graph.nodes, (*graph.edges, skip)))


def test_the_position_that_a_block_knows_of_itself_does_not_count() -> None:
    graph = block_chain(["Block"] * 3)
    nodes = {
        node.id: replace(node, attributes={"layer_idx": int(node.id[-1])})
        if node.type == "Block"
        else node
        for node in graph.nodes.values()
    }
    assert folds_of(Graph(nodes, graph.edges)) == [("layers.0..layers.2", 3)]


def projections(count: int, ops: int = 2) -> Graph:
    """Linear layers side by side, each followed by ops of its own, all read by one op."""
    drawn = DrawnGraph()
    start = drawn.input()
    block = drawn.module("attention", "Attention")
    ends = []
    for at in range(count):
        last = drawn.layer(f"{block}.proj{at}", "Linear", block, start)
        for name in range(ops):
            last = drawn.op(f"{block}/op{name}:{at}", block, of=(last,))
        ends.append(last)
    drawn.op(f"{block}/attend:0", block, of=tuple(ends))
    return drawn.graph()


@pytest.mark.parametrize(("count", "folds"), [(2, 0), (3, 0), (4, 1), (8, 1)])
def test_projections_side_by_side_fold_only_when_they_are_many(count: int, folds: int) -> None:
    assert len(fold(projections(count))) == folds


@pytest.mark.parametrize(("count", "folds"), [(2, 0), (3, 1)])
def test_single_modules_that_feed_each_other_fold_when_enough_is_hidden(
    count: int, folds: int
) -> None:
    drawn = DrawnGraph()
    last = drawn.input()
    for at in range(count):
        last = drawn.layer(str(2 * at), "Linear", ".", last)
        last = drawn.layer(str(2 * at + 1), "ReLU", ".", last)
    drawn.output(last)
    assert len(fold(drawn.graph())) == folds


def test_a_member_that_is_fed_crosswise_is_kept_apart() -> None:
    def graph(crossed: int) -> Graph:
        drawn = DrawnGraph()
        left, right = drawn.input("a"), drawn.input("b")
        for at in range(6):
            block = drawn.module(f"layers.{at}", "Block")
            fed_by = (right, left) if at == crossed else (left, right)
            left = drawn.op(f"{block}/sub:0", block, of=fed_by)
            right = drawn.op(f"{block}/exp:0", block, of=(left,))
        drawn.op("/cat:0", of=(left, right))
        return drawn.graph()

    assert folds_of(graph(crossed=-1)) == [("layers.0..layers.5", 6)]
    assert folds_of(graph(crossed=3)) == [("layers.0..layers.2", 3), ("layers.3..layers.5", 3)]


def test_experts_side_by_side_fold_two_at_least() -> None:
    def experts(count: int) -> Graph:
        drawn = DrawnGraph()
        start = drawn.input()
        ends = []
        for at in range(count):
            expert = drawn.module(f"experts.{at}", "Expert")
            middle = drawn.layer(f"{expert}.up", "Linear", expert, start)
            ends.append(drawn.layer(f"{expert}.down", "Linear", expert, middle))
        drawn.op("/stack:0", of=tuple(ends))
        return drawn.graph()

    assert folds_of(experts(1)) == []
    assert folds_of(experts(2)) == [("experts.0..experts.1", 2)]
    assert folds_of(experts(8)) == [("experts.0..experts.7", 8)]


def test_calls_of_one_module_after_another_fold() -> None:
    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                x = self.layer(x)
            return x

    (found,) = fold(traced(Again(), torch.zeros(2, 4)))
    assert found.members == (("layer",), ("layer#1",), ("layer#2",))


def test_experts_in_a_list() -> None:
    class Mixture(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.experts = nn.ModuleList(
                nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4)) for _ in range(4)
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([expert(x) for expert in self.experts]).sum(0)

    assert folds_of(traced(Mixture(), torch.zeros(2, 4))) == [("experts.0..experts.3", 4)]


def resnet18() -> Graph:
    torchvision = pytest.importorskip("torchvision")
    return traced(torchvision.models.resnet18(), torch.zeros(1, 3, 64, 64))


def swin() -> Graph:
    torchvision = pytest.importorskip("torchvision")
    return traced(torchvision.models.swin_t(), torch.zeros(1, 3, 224, 224))


def llama() -> Graph:
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=32,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=32,
    )
    return traced(transformers.LlamaModel(config), torch.zeros(1, 5, dtype=torch.long))


@pytest.mark.parametrize(
    ("graph", "folds"),
    [
        (resnet18, [("layer1.0..layer1.1", 2)]),
        (swin, [("features.5.0..features.5.5", 3), ("features.7.0..features.7.1", 2)]),
        (llama, [("layers.0..layers.31", 32)]),
    ],
)
def test_real_models(graph: Callable[[], Graph], folds: list[tuple[str, int]]) -> None:
    assert folds_of(graph()) == folds


@given(st.lists(st.sampled_from("ABC"), max_size=14))
def test_members_are_equal_disjoint_neighbours(types: list[str]) -> None:
    graph = block_chain(types)
    structure = Structure(graph, Numbers())
    children = [node.id for node in graph.children["."]]
    folds = fold(graph)
    assert len({one.id for one in folds}) == len(folds)
    for one in folds:
        assert one.count >= 2
        kinds = {
            tuple(structure.bodies[structure.place[node]] for node in member)
            for member in one.members
        }
        assert len(kinds) == 1
        row = [node for member in one.members for node in member]
        at = children.index(row[0])
        assert children[at : at + len(row)] == row


@given(st.lists(st.sampled_from("AB"), max_size=12))
def test_equal_neighbours_are_always_in_a_fold(types: list[str]) -> None:
    folded = {node for one in fold(block_chain(types)) for m in one.members for node in m}
    for at, (one, other) in enumerate(pairwise(types)):
        if one == other:
            assert {f"layers.{at}", f"layers.{at + 1}"} & folded


def test_twenty_thousand_nodes() -> None:
    graph = block_chain(["Block"] * 4000)
    assert len(graph.nodes) == 20_003
    assert folds_of(graph) == [("layers.0..layers.3999", 4000)]


def test_a_long_chain_and_deep_nesting_need_no_recursion() -> None:
    drawn = DrawnGraph()
    last = drawn.input()
    for at in range(1500):
        last = drawn.layer(str(at), "Linear", ".", last)
    drawn.output(last)
    assert folds_of(drawn.graph()) == [("0..1499", 1500)]
    nodes = {".": Node(".", "module", "Net", "Net", None)}
    path = "inner"
    for _ in range(1500):
        parent = path.rpartition(".")[0] or "."
        nodes[path] = Node(path, "module", "inner", "Inner", parent)
        path += ".inner"
    assert fold(Graph(nodes)) == ()
