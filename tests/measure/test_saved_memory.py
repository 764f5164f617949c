"""Memory is counted once, at the first saver, and summed over the modules around it."""

from __future__ import annotations

from torchatlas.measure.saved_memory import held_bytes, saved_tensor_rows
from torchatlas.run import ROOT, Graph, Node, SavedKind, SavedTensor, TensorSpec

SPEC = TensorSpec((2, 3), "float32", "cpu", 24)


def step(node_id: str, parent: str) -> Node:
    return Node(node_id, "backward", "B", "B", parent, attributes={"forward": f"{parent}/b:0"})


def saved(step_id: str, first: str, held: int, kind: SavedKind = "activation") -> SavedTensor:
    return SavedTensor(step_id, "self", SPEC, kind, "a/b:0", first, held)


def backward() -> Graph:
    nodes = [
        Node(ROOT, "module", "Net", "Net", None),
        Node("block", "module", "block", "Block", ROOT),
        Node("block.a", "module", "a", "A", "block"),
        step("block.a/B:0", "block.a"),
        step("block/B:0", "block"),
        step("/B:0", ROOT),
    ]
    kept = (
        saved("block.a/B:0", "block.a/B:0", 24),
        saved("block/B:0", "block.a/B:0", 0),
        saved("/B:0", "/B:0", 100),
        saved("/B:0", "/B:0", 0, "parameter"),
    )
    return Graph({node.id: node for node in nodes}, saved=kept)


def test_bytes_are_summed_over_the_groups_around_a_step() -> None:
    assert held_bytes(backward()) == {
        ROOT: 124,
        "block": 24,
        "block.a": 24,
        "block.a/B:0": 24,
        "block/B:0": 0,
        "/B:0": 100,
    }


def test_an_empty_graph_holds_nothing() -> None:
    assert held_bytes(Graph({})) == {ROOT: 0}
    assert saved_tensor_rows(Graph({})) == []


def test_a_row_names_the_op_the_step_and_the_first_saver() -> None:
    assert saved_tensor_rows(backward())[1] == {
        "node": "block/b:0",
        "step": "block/B:0",
        "tensor": "self",
        "kind": "activation",
        "shape": "2×3",
        "dtype": "float32",
        "size_bytes": 24,
        "source": "a/b:0",
        "first_saver": "block.a/B:0",
        "held_bytes": 0,
    }
