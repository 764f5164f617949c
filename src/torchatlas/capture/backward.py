"""Reads the autograd graph that a forward pass left behind, and joins it to the nodes of the pass.

Autograd numbers its steps as it makes them, and the tracer notes the number after each op: so
each step finds the op that it goes back through, also where one op makes several.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.autograd.graph import get_gradient_edge

from torchatlas.capture.losses import Loss
from torchatlas.capture.saved_tensors import (
    FREED,
    OVERWRITTEN,
    PACKED,
    UNREADABLE,
    Memory,
    kept_by,
)
from torchatlas.capture.step_facts import gradient_spec, settings_of
from torchatlas.capture.tensors import named_tensors, tensor_spec, tensors_in
from torchatlas.capture.tracer import Tracer
from torchatlas.run import (
    ROOT,
    Attribute,
    CaptureReport,
    Edge,
    Graph,
    Node,
    SavedKind,
    SavedTensor,
    TensorSpec,
)

_LEAF = "AccumulateGrad"
_HINDRANCES = {
    FREED: "a backward inside forward freed what these steps had saved",
    OVERWRITTEN: "an op in place overwrote what these steps had saved: backward will raise",
    PACKED: "hooks packed what these steps saved (activation checkpointing, offloading); "
    "it is made anew when backward runs",
    UNREADABLE: "functions written in C++ do not show what they saved",
}
_OF_BEFORE = (
    "these steps were made before the pass, by what the model or its inputs had kept (a cache, "
    "autocast's casts of weights, inputs with a history of their own)"
)


@dataclass(slots=True)
class _Step:
    """One step of the autograd graph, while it is being learnt about."""

    function: Any
    found: int
    id: str = ""
    forward: str | None = None
    parent: str = ROOT
    next: list[tuple[Any, int]] = field(default_factory=list)
    waits_for: int = 0

    @property
    def is_leaf(self) -> bool:
        return type(self.function).__name__ == _LEAF

    @property
    def sequence(self) -> int:
        number: int = self.function._sequence_nr()
        return number

    @property
    def type(self) -> str:
        """The name of the function, without the C++ namespaces around it."""
        name: str = self.function.name()
        return name.rpartition("::")[2].rstrip(">")


@dataclass(frozen=True, slots=True)
class _Root:
    """Where a gradient enters: an output of the model, or the loss."""

    id: str
    spec: TensorSpec
    tensor: torch.Tensor
    function: Any
    slot: int


def backward_graph(tracer: Tracer, loss: Loss | None = None, targets: Any = None) -> Graph:
    """The autograd graph behind the outputs of a traced pass, or behind a loss of them.

    To be called while everything still holds what it held when the pass ended. Nothing of the
    graph is kept.

    Args:
        loss: `f(outputs, targets) -> scalar`; None takes the outputs themselves as roots.
    """
    with torch._C.DisableTorchFunction():
        return _Reader(tracer).graph(loss, targets)


class _Reader:
    """Reads one autograd graph."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer, self.builder = tracer, tracer.builder
        self.forward = tracer.graph()
        self.steps: dict[Any, _Step] = {}
        self.notes: list[str] = []
        self._ends = [end for end, _ in tracer.steps]
        self._used = set(self.forward.nodes)

    def graph(self, loss: Loss | None, targets: Any) -> Graph:
        """The finished graph."""
        error = self.tracer.error
        if error is not None:
            message = f"{type(error).__name__}: {error}"
            report = CaptureReport("partial", error=message, failed_node=self.tracer.failed)
            return Graph({}, (), report)
        roots = list(self._roots(loss, targets))
        if not roots:
            return Graph({}, (), CaptureReport(notes=(self._why_empty(), *self.notes)))
        self._walk(roots)
        self._name(roots)
        saved = tuple(self._saved())
        before = [step.id for step in self.steps.values() if self._is_of_before(step)]
        if before:
            self.notes.append(f"{_OF_BEFORE}: {_some(before)}")
        nodes, edges = self._nodes(roots), tuple(self._edges(roots))
        report = CaptureReport(
            level=self.tracer.level,
            unreached_parameters=tuple(self._unreached()),
            notes=tuple(self.notes),
        )
        return Graph(nodes, edges, report, saved)

    def _roots(self, loss: Loss | None, targets: Any) -> Iterator[_Root]:
        outputs = self.tracer.outputs
        if loss is not None:
            value = loss(outputs, targets)
            if not isinstance(value, torch.Tensor):
                self.notes.append(f"the loss gave a {type(value).__name__}, not a tensor")
                return
            found = [("loss", value)]
        else:
            ids = [node.id for node in self.forward.nodes.values() if node.kind == "output"]
            tensors = [tensor for _, tensor in named_tensors(outputs)]
            found = list(zip(ids, tensors, strict=True))
        for node_id, tensor in found:
            if not tensor.requires_grad:
                self.notes.append(f"{node_id} has no gradient")
                continue
            edge = get_gradient_edge(tensor)
            yield _Root(node_id, tensor_spec(tensor), tensor, edge.node, edge.output_nr)

    def _why_empty(self) -> str:
        if not tensors_in(self.tracer.outputs):
            return "no backward graph: the model returned no tensor"
        asked = [p for p in self.tracer.model.parameters() if p.requires_grad]
        if not asked and not any(tensor.requires_grad for _, tensor in self.tracer.inputs):
            return "no backward graph: no parameter and no input requires a gradient"
        return (
            "no backward graph: no output depends on what requires a gradient in a way that "
            "autograd follows (forward may run under torch.no_grad, or detach its output)"
        )

    def _walk(self, roots: list[_Root]) -> None:
        """Find every step that the roots lead to, without recursion."""
        waiting = [root.function for root in reversed(roots)]
        while waiting:
            function = waiting.pop()
            if function in self.steps:
                continue
            step = self.steps[function] = _Step(function, len(self.steps))
            step.next = [(after, slot) for after, slot in function.next_functions if after]
            waiting.extend(after for after, _ in reversed(step.next))
        for step in self.steps.values():
            for after, _ in step.next:
                self.steps[after].waits_for += 1

    def _name(self, roots: list[_Root]) -> None:
        """Give ids in the order of the forward pass, so that they are the same in another run."""
        made_by = {root.function: self.builder.makers.of(root.tensor) for root in roots}
        counts: Counter[tuple[str, str]] = Counter()
        for step in self._in_forward_order():
            if step.is_leaf:
                self._name_leaf(step)
                continue
            step.forward = self._forward_of(step) or made_by.get(step.function)
            node = self.forward.nodes.get(step.forward or "")
            if node is None:
                step.forward = None
            else:
                step.parent = node.id if node.kind == "module" else (node.parent or ROOT)
            position = counts[step.parent, step.type]
            counts[step.parent, step.type] += 1
            prefix = "" if step.parent == ROOT else step.parent
            step.id = self._unique(f"{prefix}/{step.type}:{position}")

    def _name_leaf(self, step: _Step) -> None:
        """AccumulateGrad is named by the parameter, input or constant that it adds up for."""
        variable = step.function.variable
        weight = self.builder.parameter_name(variable)
        name = weight or self.builder.makers.of(variable)
        if weight is not None:
            owner = weight.rpartition(".")[0] or ROOT
            step.parent = owner if owner in self.forward.nodes else ROOT
        elif name is not None and name in self.forward.nodes:
            step.forward, step.parent = name, self.forward.nodes[name].parent or ROOT
        step.id = self._unique(f"grad:{name or 'constant'}")

    def _forward_of(self, step: _Step) -> str | None:
        """Id of the node during which the step was made."""
        if self._is_of_before(step):
            return None
        place = bisect_right(self._ends, step.sequence)
        if place == len(self._ends):
            return None
        draft = self.tracer.steps[place][1]
        return draft.id if draft.id in self.forward.nodes else draft.parent

    def _is_of_before(self, step: _Step) -> bool:
        return step.sequence < self.tracer.first_step

    def _unique(self, wanted: str) -> str:
        node_id, copies = wanted, 1
        while node_id in self._used:
            copies += 1
            node_id = f"{wanted}~{copies}"
        self._used.add(node_id)
        return node_id

    def _in_forward_order(self) -> list[_Step]:
        return sorted(self.steps.values(), key=lambda step: (step.sequence, step.found))

    def _in_backward_order(self) -> Iterator[_Step]:
        """The order in which autograd runs them: what is ready, latest made first."""
        waits = {step.function: step.waits_for for step in self.steps.values()}
        ready = [
            (-step.sequence, step.found, step) for step in self.steps.values() if not step.waits_for
        ]
        heapq.heapify(ready)
        while ready:
            step = heapq.heappop(ready)[2]
            yield step
            for after, _ in step.next:
                waits[after] -= 1
                if not waits[after]:
                    follower = self.steps[after]
                    heapq.heappush(ready, (-follower.sequence, follower.found, follower))

    def _saved(self) -> Iterator[SavedTensor]:
        """What the steps keep, the first saver of each piece of memory first."""
        memory = Memory(self.tracer.model, self.tracer.inputs, self._maker)
        hindered: dict[str, list[str]] = {}
        for step in self._in_forward_order():
            if step.is_leaf:
                continue
            kept = kept_by(step.function)
            for hindrance in kept.hindrances:
                hindered.setdefault(hindrance, []).append(step.id)
            yield from memory.saved(step.id, step.forward, kept)
        for hindrance, ids in hindered.items():
            self.notes.append(f"{_HINDRANCES[hindrance]}: {_some(list(dict.fromkeys(ids)))}")

    def _maker(self, tensor: torch.Tensor) -> tuple[str | None, SavedKind]:
        source = self.builder.makers.of(tensor)
        node = self.forward.nodes.get(source or "")
        if node is None:
            return None, "activation"
        return node.id, "constant" if node.kind == "constant" else "activation"

    def _nodes(self, roots: list[_Root]) -> dict[str, Node]:
        """Roots, then steps in the order in which they run, each after the groups around it."""
        nodes: dict[str, Node] = {}
        self._add_groups(ROOT, nodes)
        for root in roots:
            name = self.forward.nodes[root.id].name if root.id in self.forward.nodes else root.id
            nodes[root.id] = Node(
                root.id, "output", name, "output", ROOT, outputs=(root.spec,), order=len(nodes)
            )
        for step in self._in_backward_order():
            self._add_groups(step.parent, nodes)
            nodes[step.id] = self._node(step, len(nodes))
        return nodes

    def _add_groups(self, group: str, nodes: dict[str, Node]) -> None:
        """The module calls of the forward pass that a step lies in, outer ones first."""
        for node_id in reversed([group, *self.forward.ancestors(group)]):
            if node_id in nodes:
                continue
            module = self.forward.nodes[node_id]
            nodes[node_id] = Node(
                module.id,
                "module",
                module.name,
                module.type,
                module.parent,
                parameters=module.parameters,
                attributes=module.attributes,
                order=len(nodes),
                atomic=module.atomic,
            )

    def _node(self, step: _Step, order: int) -> Node:
        attributes: dict[str, Attribute] = {}
        if step.forward is not None:
            attributes["forward"] = step.forward
        parameters: tuple[str, ...] = ()
        name = step.type
        if step.is_leaf:
            variable = step.function.variable
            weight = self.builder.parameter_name(variable)
            parameters = (weight,) if weight else ()
            name = weight.rpartition(".")[2] if weight else step.id.removeprefix("grad:")
            given: tuple[TensorSpec, ...] = (tensor_spec(variable),)
        else:
            attributes["sequence"] = step.sequence
            attributes |= settings_of(step.function)
            given = tuple(map(gradient_spec, step.function._input_metadata))
        return Node(
            step.id,
            "backward",
            name,
            step.type,
            step.parent,
            inputs=given,
            outputs=tuple(self._slot_spec(after, slot) for after, slot in step.next),
            parameters=parameters,
            attributes=attributes,
            order=order,
        )

    def _edges(self, roots: list[_Root]) -> Iterator[Edge]:
        """Gradients: from the roots to their steps, and from each step to those that it feeds."""
        known: set[tuple[str, str, int]] = set()
        ends = [(root.id, root.function, root.slot) for root in roots]
        ends += [(step.id, *after) for step in self.steps.values() for after in step.next]
        for source, function, slot in ends:
            key = (source, self.steps[function].id, slot)
            if key not in known:
                known.add(key)
                yield Edge(source, key[1], self._slot_spec(function, slot))

    def _slot_spec(self, function: Any, slot: int) -> TensorSpec:
        if self.steps[function].is_leaf:
            return tensor_spec(function.variable)
        return gradient_spec(function._input_metadata[slot])

    def _unreached(self) -> Iterator[str]:
        leaves = [step.function.variable for step in self.steps.values() if step.is_leaf]
        reached = {self.builder.parameter_name(variable) for variable in leaves}
        for name, parameter in self.tracer.model.named_parameters():
            if parameter.requires_grad and name not in reached:
                yield name


def _some(ids: list[str]) -> str:
    """The first three of them, and how many more there are."""
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"{', '.join(ids[:3])}{more}"
