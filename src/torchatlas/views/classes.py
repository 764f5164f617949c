"""Classes of nodes, by which charts tell kinds of work apart."""

from __future__ import annotations

import re

from torchatlas.run import Graph, Role

CLASS_ROLES: tuple[Role, ...] = ("conv", "norm", "elementwise", "linear", "pool", "host")

_PATTERNS: tuple[tuple[Role, str], ...] = (
    ("conv", "conv"),
    ("norm", "norm"),
    ("pool", "pool"),
    ("linear", "linear|attention|embedding|matmul|bmm"),
    ("elementwise", "relu|gelu|silu|sigmoid|tanh|softmax|dropout|add|mul|identity"),
)


def class_of(graph: Graph | None, node: str) -> Role:
    """The class of a node by its type: "host" is any other, "neutral" a node of no graph."""
    if graph is None or node not in graph.nodes:
        return "neutral"
    kind = graph.nodes[node].type.lower()
    return next((role for role, pattern in _PATTERNS if re.search(pattern, kind)), "host")


def class_name(role: Role) -> str:
    """What a legend calls a class."""
    return {"linear": "linear, attention", "host": "other", "neutral": "node"}.get(role, role)
