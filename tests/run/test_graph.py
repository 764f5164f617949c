"""Walking the hierarchy of a graph."""

from __future__ import annotations

from torchatlas.run import ROOT, Graph, Node


def module(node_id: str, parent: str | None, order: int) -> Node:
    return Node(node_id, "module", node_id, "Module", parent, order=order)


def test_children_come_in_execution_order_under_their_parent() -> None:
    nodes = [module(ROOT, None, 0), module("b", ROOT, 1), module("b.x", "b", 2)]
    nodes.append(module("a", ROOT, 3))
    graph = Graph({node.id: node for node in nodes})
    assert [node.id for node in graph.children[ROOT]] == ["b", "a"]
    assert [node.id for node in graph.children["b"]] == ["b.x"]
    assert graph.children[None] == (nodes[0],)
    assert "a" not in graph.children


def test_ancestors_and_descendants() -> None:
    nodes = [module(ROOT, None, 0), module("a", ROOT, 1), module("a.x", "a", 2)]
    nodes += [module("a.x.y", "a.x", 3), module("b", ROOT, 4)]
    graph = Graph({node.id: node for node in nodes})
    assert list(graph.ancestors("a.x.y")) == ["a.x", "a", ROOT]
    assert list(graph.ancestors(ROOT)) == []
    assert [node.id for node in graph.descendants(ROOT)] == ["a", "a.x", "a.x.y", "b"]
    assert list(graph.descendants("b")) == []


def test_five_thousand_levels_are_walked_without_recursion() -> None:
    depth = 5_000
    ids = [ROOT, *(f"level{i}" for i in range(1, depth))]
    parents = [None, *ids]
    graph = Graph({node_id: module(node_id, parents[i], i) for i, node_id in enumerate(ids)})
    assert [node.id for node in graph.descendants(ROOT)] == ids[1:]
    assert list(graph.ancestors(ids[-1])) == ids[-2::-1]
