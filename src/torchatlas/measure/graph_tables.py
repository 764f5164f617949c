"""The tables that follow from the graph: its nodes, its edges, and the cost of each node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchatlas.measure.flop_coverage import countings
from torchatlas.run import Graph, TensorSpec


def node_rows(graph: Graph, parameter_counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of the table `nodes`, in execution order."""
    counting = countings(graph)
    return [
        {
            "node": node.id,
            "kind": node.kind,
            "name": node.name,
            "type": node.type,
            "parent": node.parent,
            "order": node.order,
            "output_shape": ", ".join(shape_cell(spec) for spec in node.outputs),
            "parameter_count": parameter_counts.get(node.id, 0),
            "flops": node.flops,
            "counting": counting.get(node.id),
            "source": f"{node.source.file}:{node.source.line}" if node.source else None,
        }
        for node in graph.nodes.values()
    ]


def edge_rows(graph: Graph) -> list[dict[str, Any]]:
    """Rows of the table `edges`."""
    return [
        {
            "source": edge.source,
            "target": edge.target,
            "shape": shape_cell(edge.tensor),
            "dtype": edge.tensor.dtype,
            "size_bytes": edge.tensor.size_bytes,
        }
        for edge in graph.edges
    ]


def cost_rows(
    graph: Graph, parameter_counts: Mapping[str, int], times_s: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Rows of the table `cost` for the forward phase; a time that was not measured is None."""
    return [
        {
            "node": node.id,
            "phase": "forward",
            "time_s": times_s.get(node.id),
            "flops": node.flops,
            "parameter_count": parameter_counts.get(node.id, 0),
            "activation_bytes": sum(spec.size_bytes for spec in node.outputs),
        }
        for node in graph.nodes.values()
        if node.kind in ("module", "op")
    ]


def shape_cell(spec: TensorSpec) -> str:
    """A shape as a cell of a table: `64×3×32×32`, or `scalar`."""
    return "×".join("?" if size < 0 else str(size) for size in spec.shape) or "scalar"
