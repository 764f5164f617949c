"""Graphs made by hand, and drawings of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from torchatlas.measure.folding import fold
from torchatlas.measure.over_fold import fold_rows
from torchatlas.run import Document, Edge, Gap, Graph, Node, Run, TensorSpec, build_table
from torchatlas.views.render.paper import Drawing, draw_architecture

SPEC = TensorSpec((1, 8), "float32", "cpu", 32)
HOSTILE = "<script>&\"'" + "\u202eevil\u202c" + "\x00\x1b" + "\ud800" + "שלום" + "🙂" + "ß" * 500


def graph_of(nodes: list[Node], chain: list[str] | None = None) -> Graph:
    """These nodes under a root, with edges along the chain (all of them if left out)."""
    ids = [node.id for node in nodes] if chain is None else chain
    edges = [Edge(a, b, SPEC) for a, b in pairwise(ids)]
    root = Node(".", "module", "Net", "Net", None)
    ordered = [replace(node, order=i) for i, node in enumerate([root, *nodes])]
    return Graph({node.id: node for node in ordered}, tuple(edges))


def op(node_id: str, parent: str = ".", name: str = "op") -> Node:
    return Node(node_id, "op", name, name, parent, outputs=(SPEC,))


def blocks(count: int, inside: int = 3) -> Graph:
    """A chain of an input and equal blocks `0`, `1`, ... of some ops each, in a group `body`."""
    nodes = [Node("input:x", "input", "x", "input", ".", outputs=(SPEC,))]
    nodes.append(Node("body", "module", "body", "Sequential", "."))
    chain = ["input:x"]
    for block in range(count):
        nodes.append(Node(f"body.{block}", "module", str(block), "Block", "body"))
        for i in range(inside):
            nodes.append(op(f"body.{block}/relu:{i}", f"body.{block}", "relu"))
            chain.append(nodes[-1].id)
    nodes.append(Node("output:0", "output", "output", "output", ".", outputs=(SPEC,)))
    return graph_of(nodes, [*chain, "output:0"])


def document_of(graph: Graph, gaps: tuple[Gap, ...] = (), **tables: Any) -> Document:
    built = {name: build_table(name, rows) for name, rows in tables.items()}
    built["folds"] = build_table("folds", fold_rows(fold(graph)))
    run = Run("tiny", "2026-01-01T00:00:00+00:00", graph=graph, tables=built, gaps=gaps)
    return Document(run, ())


def drawing_of(graph: Graph, **options: Any) -> Drawing:
    return draw_architecture(document_of(graph), **options)


def words(drawing: Drawing) -> str:
    return "\n".join(text.text for text in drawing.texts)
