"""Which of the measured nodes a chart over layers has a row for."""

from __future__ import annotations

from collections.abc import Iterable

from torchatlas.run import Graph


def shown_nodes(graph: Graph | None, measured: Iterable[str]) -> list[str]:
    """The measured nodes that the closed graph draws as one piece, in execution order.

    A group gives way to its measured members, and the ops inside a measured `torch.nn` module give
    way to that module, so that no value is counted twice. Nodes that the graph does not know come
    last.
    """
    ids = dict.fromkeys(measured)
    if graph is None:
        return list(ids)
    known = [node_id for node_id in graph.nodes if node_id in ids]
    around = {node_id: tuple(graph.ancestors(node_id)) for node_id in known}
    groups = {
        ancestor
        for ancestors in around.values()
        for ancestor in ancestors
        if not graph.nodes[ancestor].atomic
    }
    shown = [
        node_id
        for node_id in known
        if node_id not in groups
        and not any(graph.nodes[outer].atomic and outer in ids for outer in around[node_id])
    ]
    return shown + [node_id for node_id in ids if node_id not in graph.nodes]
