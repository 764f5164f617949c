"""The graph as JSON for Google's Model Explorer, which opens it as a file.

The form is that of `model_explorer.graph_builder`: one collection of graphs; nodes are
nested by namespace, and an edge is noted where it arrives.
"""

from __future__ import annotations

from typing import Any

from torchatlas.run import ROOT, Graph, Node, TensorSpec

_DIVIDER = "/"
_DIVISION_SLASH = "\u2215"
"""Stands for a slash within a name: Model Explorer takes each slash for a level."""


def model_explorer_collection(graph: Graph, name: str = "model") -> dict[str, Any]:
    """The content of a file that Model Explorer opens, ready for `json.dumps`.

    Every node that holds no other is a node there, with its id; groups are namespaces and carry
    their attributes as group attributes.

    Args:
        name: of the model, shown in the list of graphs.
    """
    namespaces = _namespaces(graph)
    leaves = [node for node in graph.nodes.values() if not _is_group(graph, node)]
    arriving: dict[str, list[dict[str, str]]] = {}
    for edge in graph.edges:
        edges = arriving.setdefault(edge.target, [])
        edges.append(
            {
                "sourceNodeId": edge.source,
                "sourceNodeOutputId": str(_position(edge.tensor, graph.nodes[edge.source].outputs)),
                "targetNodeInputId": str(len(edges)),
            }
        )
    groups = [node for node in graph.nodes.values() if _is_group(graph, node)]
    built = {
        "id": name or "model",
        "nodes": [
            _node(node, namespaces[node.parent or ROOT], arriving.get(node.id, []), graph)
            for node in leaves
        ],
        "groupNodeAttributes": {
            namespaces[group.id]: {item["key"]: item["value"] for item in _attributes(group)}
            for group in groups
        },
    }
    return {"label": name or "model", "graphs": [built]}


def _is_group(graph: Graph, node: Node) -> bool:
    return node.id == ROOT or (node.kind == "module" and node.id in graph.children)


def _namespaces(graph: Graph) -> dict[str, str]:
    """The path of each group, by its id; the model's own is empty. No two groups share one."""
    paths, taken = {ROOT: ""}, {""}
    stack = [ROOT]
    while stack:
        parent = stack.pop()
        for child in graph.children.get(parent, ()):
            if not _is_group(graph, child):
                continue
            own = child.name.replace(_DIVIDER, _DIVISION_SLASH).strip() or "unnamed"
            path = wanted = f"{paths[parent]}{_DIVIDER}{own}" if paths[parent] else own
            copies = 1
            while path in taken:
                copies += 1
                path = f"{wanted} ({copies})"
            taken.add(path)
            paths[child.id] = path
            stack.append(child.id)
    return paths


def _node(
    node: Node, namespace: str, incoming: list[dict[str, str]], graph: Graph
) -> dict[str, Any]:
    sources = [graph.nodes[edge["sourceNodeId"]] for edge in incoming]
    return {
        "id": node.id,
        "label": node.name or node.type,
        "namespace": namespace,
        "attrs": _attributes(node),
        "incomingEdges": incoming,
        "outputsMetadata": [
            {"id": str(position), "attrs": _tensor(spec)}
            for position, spec in enumerate(node.outputs)
        ],
        "inputsMetadata": [
            {"id": str(position), "attrs": [_pair("__tensor_tag", source.id)]}
            for position, source in enumerate(sources)
        ],
    }


def _attributes(node: Node) -> list[dict[str, str]]:
    """What is known of a node, as pairs of text; what is not known is left out."""
    pairs = [_pair("kind", node.kind), _pair("type", node.type), _pair("node id", node.id)]
    if node.aten:
        pairs.append(_pair("aten", ", ".join(node.aten)))
    if node.parameters:
        pairs.append(_pair("parameters", ", ".join(node.parameters)))
    if node.flops is not None:
        pairs.append(_pair("FLOP", f"{node.flops:.0f}"))
    if node.source is not None:
        pairs.append(_pair("source", f"{node.source.file}:{node.source.line}"))
    taken = {pair["key"] for pair in pairs}
    for key, value in node.attributes.items():
        own = f"attribute {key}" if key in taken else key
        pairs.append(_pair(own, str(value)))
    return pairs


def _tensor(spec: TensorSpec) -> list[dict[str, str]]:
    shape = "x".join("?" if size < 0 else str(size) for size in spec.shape) or "scalar"
    return [
        _pair("tensor_shape", f"{shape} {spec.dtype}"),
        _pair("device", spec.device),
        _pair("size_bytes", str(spec.size_bytes)),
    ]


def _position(tensor: TensorSpec, outputs: tuple[TensorSpec, ...]) -> int:
    """Which output of its source a tensor is; edges know what it looks like, not its place."""
    return outputs.index(tensor) if tensor in outputs else 0


def _pair(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}
