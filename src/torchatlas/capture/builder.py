"""Collects nodes and edges while a model runs, and makes the Graph of them."""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from torchatlas.capture.calls import Call, user_source
from torchatlas.capture.makers import Makers
from torchatlas.capture.tensors import tensor_spec
from torchatlas.run import (
    ROOT,
    Attribute,
    CaptureReport,
    Edge,
    Graph,
    Node,
    NodeKind,
    SourceLocation,
    TensorSpec,
)


@dataclass(slots=True)
class Draft:
    """A node that is still being learnt about."""

    id: str
    kind: NodeKind
    name: str
    type: str
    parent: str | None
    source: SourceLocation | None = None
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    aten: list[str] = field(default_factory=list)
    flops: float | None = None
    atomic: bool = False
    wrote: bool = False


class GraphBuilder:
    """The graph so far. Ids are given by the caller and made unique here."""

    def __init__(self, model: nn.Module) -> None:
        self.drafts: dict[str, Draft] = {}
        self.edges: dict[tuple[str, str, int], Edge] = {}
        self.makers = Makers()
        self.weights: dict[int, tuple[NodeKind, str]] = {
            **{id(b): ("buffer", name) for name, b in model.named_buffers()},
            **{id(p): ("parameter", name) for name, p in model.named_parameters()},
        }
        self.used: set[str] = set()
        self.read_on_host: set[str] = set()

    def add(self, draft: Draft) -> Draft:
        """Put a node into the graph, in execution order."""
        wanted, copies = draft.id, 1
        while draft.id in self.drafts:
            copies += 1
            draft.id = f"{wanted}~{copies}"
        self.drafts[draft.id] = draft
        return draft

    def add_module(self, call: Call, parent: str | None) -> Draft:
        """Start the group of a module call."""
        name = type(call.module).__name__ if parent is None else _relative(call.id, parent)
        return self.add(
            Draft(
                call.id,
                "module",
                name,
                type(call.module).__name__,
                parent,
                user_source(),
                attributes=module_attributes(call.module),
                atomic=is_torch_module(call.module),
                parameters=[
                    f"{call.path}.{own}".lstrip(".")
                    for own, _ in call.module.named_parameters(recurse=False)
                ],
            )
        )

    def sources_of(
        self, draft: Draft, tensors: list[torch.Tensor], call: Call | None
    ) -> list[tuple[str, TensorSpec]]:
        """Where the tensors that a node is about to use come from; notes parameters on the way.

        To be asked before the op runs: writing in place changes the answer.
        """
        found = []
        for tensor in tensors:
            weight = self.weights.get(id(tensor))
            spec = tensor_spec(tensor)
            draft.inputs.append(spec)
            if weight is not None:
                self.used.add(weight[1])
                if weight[0] == "parameter":
                    draft.parameters.append(weight[1])
                if call is not None and is_own_of_torch_module(weight[1], call):
                    continue
            maker = self.makers.of(tensor)
            if maker is None:
                maker = self._add_origin(tensor, spec, weight, call)
            found.append((maker, spec))
        return found

    def connect(self, draft: Draft, sources: list[tuple[str, TensorSpec]]) -> None:
        """Add the edges into a node; a tensor used twice gives one edge."""
        for source, spec in sources:
            if source != draft.id:
                self.edges[source, draft.id, hash(spec)] = Edge(source, draft.id, spec)

    def graph(self, report: CaptureReport) -> Graph:
        """The finished graph: FLOPs summed over groups, source lines read, parents in place."""
        self._sum_up()
        order = {node_id: position for position, node_id in enumerate(self.drafts)}
        nodes = {draft.id: _node(draft, order[draft.id]) for draft in self.drafts.values()}
        return Graph(nodes, tuple(self.edges.values()), report)

    def _add_origin(
        self,
        tensor: torch.Tensor,
        spec: TensorSpec,
        weight: tuple[NodeKind, str] | None,
        call: Call | None,
    ) -> str:
        """A node for a tensor that no op made: a parameter, a buffer, or a constant."""
        parent = call.id if call else ROOT
        if weight is None:
            kind: NodeKind = "constant"
            name = "constant"
            wanted = f"{'' if parent == ROOT else parent}/constant:0"
        else:
            kind, wanted = weight
            owner, _, name = wanted.rpartition(".")
            parent = owner if owner in self.drafts else (ROOT if call is None else call.id)
        draft = Draft(wanted, kind, name, type(tensor).__name__, parent, outputs=[spec])
        draft.parameters = [wanted] if kind == "parameter" else []
        self.add(draft)
        self.makers.made(tensor, draft.id)
        return draft.id

    def _sum_up(self) -> None:
        """FLOPs of groups, and which torch.nn modules held no other module call."""
        for draft in reversed(list(self.drafts.values())):  # children come after their parent
            parent = self.drafts.get(draft.parent or "")
            if parent is None:
                continue
            if draft.flops is not None:
                parent.flops = (parent.flops or 0.0) + draft.flops
            if draft.kind == "module":
                parent.atomic = False


def is_torch_module(module: nn.Module) -> bool:
    """A module of torch.nn itself, such as Conv2d: what it does with its weights is no news."""
    return type(module).__module__.startswith("torch.nn.modules.")


def is_own_of_torch_module(weight: str, call: Call) -> bool:
    """Whether a parameter or buffer is used by the torch.nn module that it belongs to."""
    return is_torch_module(call.module) and weight.startswith(f"{call.path}.".lstrip("."))


def module_attributes(module: nn.Module) -> dict[str, Attribute]:
    """The settings of a module: its public attributes that are numbers, text or tuples of them."""
    found: dict[str, Attribute] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or name == "training":
            continue
        if isinstance(value, bool | int | float | str):
            found[name] = value
        elif isinstance(value, tuple) and all(isinstance(v, int | float) for v in value):
            found[name] = "×".join(map(str, value))
    return found


def op_attributes(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Attribute]:
    """The scalar arguments of an aten op, under their names in its schema."""
    given = dict(zip((a.name for a in op._schema.arguments), args, strict=False)) | kwargs
    found: dict[str, Attribute] = {}
    for name, value in given.items():
        if isinstance(value, bool | int | float | str):
            found[name] = value
        elif isinstance(value, list | tuple) and all(isinstance(v, int | float) for v in value):
            found[name] = "×".join(map(str, value))
        elif isinstance(value, torch.dtype):
            found[name] = str(value).removeprefix("torch.")
    return found


def _relative(node_id: str, parent: str) -> str:
    """The part of an id that its parent does not say already."""
    if parent != ROOT:
        plain = parent.partition("#")[0]
        if node_id.startswith(f"{plain}."):
            return node_id[len(plain) + 1 :]
    return node_id


def _node(draft: Draft, order: int) -> Node:
    source = draft.source
    if source is not None:
        text = linecache.getline(source.file, source.line).strip()
        source = replace(source, text=text or None)
    return Node(
        draft.id,
        draft.kind,
        draft.name,
        draft.type,
        draft.parent,
        tuple(draft.inputs),
        tuple(draft.outputs),
        tuple(dict.fromkeys(draft.parameters)),
        dict(draft.attributes),
        draft.flops,
        source,
        order,
        draft.atomic,
        tuple(dict.fromkeys(draft.aten)),
    )
