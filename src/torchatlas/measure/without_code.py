"""A run without the lines of code that it was called from, for people who must not share them."""

from __future__ import annotations

from dataclasses import replace

from torchatlas.run import Graph, Run


def without_code(run: Run) -> Run:
    """The run without excerpts and quoted lines; names of files and line numbers stay."""
    return replace(
        run, excerpts=(), graph=_without_text(run.graph), backward=_without_text(run.backward)
    )


def _without_text(graph: Graph | None) -> Graph | None:
    if graph is None:
        return None
    nodes = {
        node.id: replace(node, source=replace(node.source, text=None)) if node.source else node
        for node in graph.nodes.values()
    }
    return replace(graph, nodes=nodes)
