"""The structure of a model that could not be run: its modules, without ops or edges."""

from __future__ import annotations

from torch import nn

from torchatlas.capture.builder import is_torch_module, module_attributes
from torchatlas.run import ROOT, CaptureReport, Graph, Node


def module_tree(model: nn.Module, reason: str) -> Graph:
    """The modules as a graph without edges; ids are those that a trace would give.

    Args:
        reason: why there is no trace; it is kept in `graph.capture.notes`.
    """
    nodes = {}
    for order, (path, module) in enumerate(model.named_modules()):
        parent, _, name = path.rpartition(".")
        node_id = path or ROOT
        nodes[node_id] = Node(
            node_id,
            "module",
            name or type(module).__name__,
            type(module).__name__,
            (parent or ROOT) if path else None,
            parameters=tuple(
                f"{path}.{own}".lstrip(".") for own, _ in module.named_parameters(recurse=False)
            ),
            attributes=module_attributes(module),
            order=order,
            atomic=is_torch_module(module) and not any(module.children()),
        )
    note = f"only the tree of modules is shown, in the order they were defined: {reason}"
    return Graph(nodes, (), CaptureReport("partial", notes=(note,)))
