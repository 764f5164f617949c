"""Collects nodes and edges while a model runs, and makes the Graph of them."""

from __future__ import annotations

import linecache
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from torchatlas.capture.calls import Call, user_source
from torchatlas.capture.makers import Makers, storage_of
from torchatlas.capture.members import Members
from torchatlas.capture.tensors import held_tensors, tensor_spec
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

Weight = tuple[NodeKind, str]
"""Parameter or buffer, and its qualified name."""


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
    reads_host: bool = False
    given: list[torch.Tensor] | tuple[()] = ()
    """The tensors that it is given, while it runs."""


class GraphBuilder:
    """The graph so far. Ids are given by the caller and made unique here."""

    def __init__(self, members: Members) -> None:
        self.drafts: dict[str, Draft] = {}
        self.edges: dict[tuple[str, str, int], Edge] = {}
        """By source, target and the address of the spec, of which there is one of each."""
        self.makers = Makers()
        self.weights: dict[int, Weight] = {}
        self._stretches: dict[int, list[tuple[range, Weight]]] = {}
        """Where in each storage a weight lies, in bytes."""
        self._not_placed: list[tuple[torch.Tensor, Weight]] = []
        """Weights of which nobody has asked yet where they lie."""
        self._late_weights = False
        """Whether a module came up in the pass, whose weights ops may have made."""
        self._modules = {id(module) for module in members.modules.values()}
        for name, parameter in members.parameters.items():
            self._know(parameter, ("parameter", name))
        for name, buffer in members.buffers.items():
            self._know(buffer, ("buffer", name))
        self.used: set[str] = set()
        self.host_reads: list[str] = []
        self._specs: dict[Any, TensorSpec] = {}
        self._twins: dict[str, list[str]] = {}
        self._copies: dict[str, int] = {}

    def add(self, draft: Draft) -> Draft:
        """Put a node into the graph, in execution order."""
        wanted = draft.id
        while draft.id in self.drafts:
            self._copies[wanted] = self._copies.get(wanted, 1) + 1
            draft.id = f"{wanted}~{self._copies[wanted]}"
        self.drafts[draft.id] = draft
        return draft

    def add_module(self, call: Call, parent: str | None) -> Draft:
        """Start the group of a module call."""
        if id(call.module) not in self._modules:  # kept in a plain list, or made on the fly
            self._modules.add(id(call.module))
            self._late_weights = True
            for own, parameter in call.module.named_parameters(call.path, recurse=False):
                self._know(parameter, ("parameter", own))
            for own, buffer in call.module.named_buffers(call.path, recurse=False):
                self._know(buffer, ("buffer", own))
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
                    f"{call.path}.{own}" if call.path else own
                    for own, weight in call.module._parameters.items()
                    if weight is not None
                ],
            )
        )

    def spec(self, tensor: torch.Tensor) -> TensorSpec:
        """Shape, dtype, device and size of a tensor; one object for all that agree in them."""
        made = self.makers.record(tensor)
        if made is not None and made.spec is not None:
            return made.spec
        if tensor.is_nested:
            spec = tensor_spec(tensor)
            return self._specs.setdefault(spec, spec)
        key = (tensor.shape, tensor.dtype, tensor.device)
        found = self._specs.get(key)
        if found is None:
            found = self._specs[key] = tensor_spec(tensor)
        return found

    def sources_of(
        self, draft: Draft, tensors: list[torch.Tensor], call: Call | None
    ) -> list[tuple[str, TensorSpec]]:
        """Where the tensors that a node is about to use come from; notes parameters on the way.

        To be asked before the op runs: writing in place changes the answer.
        """
        found = []
        for tensor in tensors:
            weight = self.weights.get(id(tensor))
            if weight is None and self.makers.record(tensor) is None:
                weight = self._weight_there(tensor)
            spec = self.spec(tensor)
            draft.inputs.append(spec)
            if weight is not None:
                kind, name = weight
                self.used.add(name)
                if kind == "parameter":
                    draft.parameters.append(name)
                own = call is not None and is_own_of_torch_module(name, call)
                if own and not (self._weights_written and self.makers.written(tensor)):
                    continue
            for maker in self._makers_of(tensor, spec, weight, call):
                found.append((maker, spec))
        return found

    def add_input(self, draft: Draft, tensor: torch.Tensor) -> None:
        """Add an input of the model; a tensor that is given twice is the value of both nodes."""
        draft.outputs = [self.spec(tensor)]
        self.add(draft)
        first = self.makers.of(tensor, weight=True) if self.makers.record(tensor) else None
        if first is not None:
            self._twins.setdefault(first, []).append(draft.id)
        else:
            self.makers.made(tensor, draft.id)

    def note_outputs(self, draft: Draft, tensors: list[torch.Tensor]) -> None:
        """Note what a node returned."""
        for tensor in tensors:
            draft.outputs.append(self.note_made(tensor, draft.id, draft.given))

    def note_made(
        self, tensor: torch.Tensor, node_id: str, given: Sequence[torch.Tensor] = ()
    ) -> TensorSpec:
        """Note that a node returned this tensor, and what it wraps that nothing made before."""
        spec = self.spec(tensor)
        self.makers.made(tensor, node_id, spec, given)
        if type(tensor) is not torch.Tensor:
            for held in held_tensors(tensor):
                if self.makers.of(held) is None:
                    self.makers.made(held, node_id)
        return spec

    def connect(self, draft: Draft, sources: list[tuple[str, TensorSpec]]) -> None:
        """Add the edges into a node; a tensor used twice gives one edge."""
        target = draft.id
        for maker, spec in sources:
            if maker != target:
                self.edges[maker, target, id(spec)] = Edge(maker, target, spec)
            for twin in self._twins.get(maker, ()):
                self.edges[twin, target, id(spec)] = Edge(twin, target, spec)

    def graph(self, report: CaptureReport) -> Graph:
        """The finished graph: FLOPs summed over groups, source lines read, parents in place."""
        self._sum_up()
        places: dict[int, SourceLocation] = {}
        nodes = {
            draft.id: _node(draft, order, places)
            for order, draft in enumerate(self.drafts.values())
        }
        return Graph(nodes, tuple(self.edges.values()), report)

    def parameter_name(self, tensor: torch.Tensor) -> str | None:
        """Name of the parameter that a tensor is, or in whose memory it lies."""
        weight = self.weights.get(id(tensor)) or self._weight_there(tensor)
        return weight[1] if weight is not None and weight[0] == "parameter" else None

    @property
    def _weights_written(self) -> bool:
        """Whether a node may have written to a weight."""
        return self._late_weights or self.makers.foreign_writes

    def _know(self, tensor: torch.Tensor, weight: Weight) -> None:
        """Remember a parameter or buffer."""
        if self.weights.setdefault(id(tensor), weight) == weight:
            self._not_placed.append((tensor, weight))

    def place_weights(self) -> None:
        """Look where in memory the weights lie; to be done before one is given other memory."""
        for tensor, weight in self._not_placed:
            for part in (tensor, *held_tensors(tensor)):
                storage = storage_of(part)
                if storage is not None and not part.is_meta:
                    stretches = self._stretches.setdefault(storage._cdata, [])
                    stretches.append((_stretch(part), weight))
        self._not_placed.clear()

    def _weight_there(self, tensor: torch.Tensor) -> Weight | None:
        """The parameter or buffer in whose memory a tensor lies that no op made (FSDP's views)."""
        self.place_weights()
        storage = storage_of(tensor)
        stretches = None if storage is None else self._stretches.get(storage._cdata)
        if not stretches or self.makers.of(tensor, weight=True) is not None:
            return None
        own = _stretch(tensor)
        inside = (w for s, w in stretches if s.start <= own.start and own.stop <= s.stop)
        return next(inside, None)

    def _makers_of(
        self,
        tensor: torch.Tensor,
        spec: TensorSpec,
        weight: Weight | None,
        call: Call | None,
    ) -> list[str]:
        makers = self.makers.all_of(tensor, weight=weight is not None)
        if makers:
            return makers
        inner = [self.makers.of(held) for held in held_tensors(tensor)]
        known = [maker for maker in inner if maker is not None]
        return known or [self._add_origin(tensor, spec, weight, call)]

    def _add_origin(
        self,
        tensor: torch.Tensor,
        spec: TensorSpec,
        weight: Weight | None,
        call: Call | None,
    ) -> str:
        """A node for a tensor that no op made: a parameter, a buffer, or a constant."""
        parent = call.id if call else ROOT
        if weight is None:
            kind: NodeKind = "constant"
            name = _attribute_name(tensor, call) or "constant"
            wanted = f"{'' if parent == ROOT else parent}/{name}:0"
        else:
            kind, wanted = weight
            if wanted in self.drafts:  # drawn already, when it was used as another tensor
                return wanted
            owner, _, name = wanted.rpartition(".")
            parent = owner if owner in self.drafts else (ROOT if call is None else call.id)
        draft = Draft(wanted, kind, name, type(tensor).__name__, parent, outputs=[spec])
        draft.parameters = [wanted] if kind == "parameter" else []
        if name == "constant" and self.host_reads:
            draft.attributes["after_host_read"] = self.host_reads[-1]
        self.add(draft)
        self.makers.made(tensor, draft.id, foreign=True)
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


def _stretch(tensor: torch.Tensor) -> range:
    """The bytes of its storage that a tensor takes up, first to last."""
    size = tensor.element_size()
    start = int(tensor.storage_offset()) * size
    if not tensor.numel():
        return range(start, start)
    last = sum((n - 1) * step for n, step in zip(tensor.size(), tensor.stride(), strict=True))
    return range(start, start + (last + 1) * size)


def _attribute_name(tensor: torch.Tensor, call: Call | None) -> str | None:
    """Under which name the running module keeps a tensor that is neither parameter nor buffer."""
    if call is None:
        return None
    return next((name for name, value in vars(call.module).items() if value is tensor), None)


def is_torch_module(module: nn.Module) -> bool:
    """A module of torch.nn itself, such as Conv2d: what it does with its weights is no news."""
    return type(module).__module__.startswith("torch.nn.modules.")


def is_own_of_torch_module(weight: str, call: Call) -> bool:
    """Whether a parameter or buffer is used by the torch.nn module that it belongs to."""
    return is_torch_module(call.module) and (not call.path or weight.startswith(f"{call.path}."))


def module_attributes(module: nn.Module) -> dict[str, Attribute]:
    """The settings of a module: its public attributes that are numbers, text or tuples of them."""
    found: dict[str, Attribute] = {}
    for name, value in vars(module).items():
        kind = type(value)
        if kind in _NO_SETTINGS or name[0:1] == "_" or name == "training":
            continue
        if kind in _SCALARS or isinstance(value, bool | int | float | str):
            found[name] = value
        elif isinstance(value, tuple) and all(isinstance(v, int | float) for v in value):
            found[name] = _times(value)
    return found


def op_attributes(
    names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Attribute]:
    """The scalar arguments of an aten op, under the names that its schema gives them."""
    found: dict[str, Attribute] = {}
    given = zip(names, args, strict=False)
    for name, value in (*given, *kwargs.items()) if kwargs else given:
        kind = type(value)
        if kind in _SCALARS:
            found[name] = value
        elif kind is list or kind is tuple:
            if all(type(item) in _NUMBERS for item in value):
                found[name] = _times(tuple(value))
        elif kind is torch.dtype:
            found[name] = str(value).removeprefix("torch.")
    return found


_NUMBERS = frozenset({int, float, bool})
_SCALARS = _NUMBERS | {str}
_NO_SETTINGS = frozenset({dict, list, set, type(None), OrderedDict, torch.Tensor})


@lru_cache(maxsize=4096, typed=True)
def _text_of(*numbers: float) -> str:
    return "×".join(map(str, numbers))


def _times(numbers: tuple[Any, ...]) -> str:
    """Several numbers as one text: `3×3`."""
    return _text_of(*numbers)


def _relative(node_id: str, parent: str) -> str:
    """The part of an id that its parent does not say already."""
    if parent != ROOT:
        plain = parent.partition("#")[0]
        if node_id.startswith(f"{plain}."):
            return node_id[len(plain) + 1 :]
    return node_id


def _node(draft: Draft, order: int, places: dict[int, SourceLocation]) -> Node:
    return Node(
        draft.id,
        draft.kind,
        draft.name,
        draft.type,
        draft.parent,
        tuple(draft.inputs),
        tuple(draft.outputs),
        _distinct(draft.parameters),
        draft.attributes,
        draft.flops,
        _with_text(draft.source, places),
        order,
        draft.atomic,
        _distinct(draft.aten),
    )


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names)) if len(names) > 1 else tuple(names)


def _with_text(
    source: SourceLocation | None, places: dict[int, SourceLocation]
) -> SourceLocation | None:
    """The place with the line that stands there; `places` are by the address of the place."""
    if source is None:
        return None
    known = places.get(id(source))
    if known is None:
        is_python = source.file.endswith(".py")  # code that was compiled may claim any file
        text = linecache.getline(source.file, source.line).strip() if is_python else ""
        known = places[id(source)] = replace(source, text=text or None)
    return known
