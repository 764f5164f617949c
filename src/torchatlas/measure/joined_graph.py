"""Forward and backward on one graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torchatlas.run import Edge, Graph, Node


def joined(forward: Graph, backward: Graph) -> Graph:
    """What runs forward, what runs back, and what the one keeps for the other.

    Nodes are those of both graphs; module calls hold their ops and their backward steps. Edges are
    those of both, and one for each saved tensor, from the node that made it to the step that uses
    it. Ids are as in the two graphs, and the report and the list of saved tensors are kept: the
    report is the forward graph's, with the notes of both.
    """
    nodes = dict(forward.nodes)
    for node in backward.nodes.values():
        if node.id not in nodes:
            nodes[node.id] = replace(node, order=len(nodes))
    edges = (*forward.edges, *backward.edges, *_saved_edges(nodes, backward))
    notes = (*forward.capture.notes, *backward.capture.notes)
    return Graph(nodes, edges, replace(forward.capture, notes=notes), backward.saved)


def _saved_edges(nodes: dict[str, Node], backward: Graph) -> Iterator[Edge]:
    known: set[tuple[str, str, int]] = set()
    for saved in backward.saved:
        if saved.source is None or saved.source not in nodes:
            continue  # a parameter that is drawn inside its layer
        if nodes[saved.source].kind == "module":
            continue  # edges never join module calls
        key = (saved.source, saved.step, hash(saved.tensor))
        if key not in known:
            known.add(key)
            yield Edge(saved.source, saved.step, saved.tensor)
