"""How many parameters each part of a model holds, shared ones counted once."""

from __future__ import annotations

import re

from torchatlas.run import ROOT, Graph, Table

_LATER_CALL = re.compile(r"#\d+$")


def parameter_counts(graph: Graph, parameters: Table) -> dict[str, int]:
    """Parameters in each module, its children included, and in each op that uses some.

    A parameter with several names, or used in several places of one module, counts once there.
    Every call of a module that runs more than once holds the same parameters.

    Args:
        parameters: the table `parameters`.
    """
    first_names, counts = _first_names(parameters)
    held: dict[str, set[str]] = {}
    for node in graph.nodes.values():
        if node.kind in ("module", "op"):
            held.setdefault(node.id, set()).update(
                first_names[name] for name in node.parameters if name in first_names
            )
    for name, first in first_names.items():
        for module in _modules_around(name):
            if module in held and graph.nodes[module].kind == "module":
                held[module].add(first)
    for node in graph.nodes.values():  # a second call holds what the first does
        original = _LATER_CALL.sub("", node.id)
        if node.kind == "module" and original != node.id and original in held:
            held[node.id] |= held[original]
    return {node_id: sum(counts[name] for name in names) for node_id, names in held.items()}


def _first_names(parameters: Table) -> tuple[dict[str, str], dict[str, int]]:
    """The first name of each parameter by each of its names, and elements by first name."""
    first_names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in parameters.rows():
        if row["kind"] == "parameter":
            first_names[row["tensor"]] = row["tied_to"] or row["tensor"]
            counts.setdefault(row["tied_to"] or row["tensor"], row["count"])
    return first_names, counts


def _modules_around(name: str) -> list[str]:
    """Paths of the modules that a parameter's name lies in, the model itself included."""
    parts = name.split(".")[:-1]
    return [ROOT, *(".".join(parts[: end + 1]) for end in range(len(parts)))]
