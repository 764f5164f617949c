"""The architecture graph as plain data: what ran, in what order, and what flowed where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

NodeKind = Literal["module", "op", "input", "output", "parameter", "buffer", "constant", "backward"]
Attribute = bool | int | float | str | None
SavedKind = Literal["parameter", "buffer", "input", "constant", "activation"]

ROOT = "."
"""Node id of the model itself: the module call that holds every other node."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a tensor looks like, without its values.

    `shape` is in elements, `size_bytes` is elements times element size; where a dimension is not
    known (nested tensors) it is -1.
    """

    shape: tuple[int, ...]
    dtype: str
    device: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """The line of the user's own code from which a node was called."""

    file: str
    line: int
    function: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the graph: an op call, a module call, an input, output, parameter or buffer.

    A node of kind "backward" is a step of the autograd graph (`grad_fn`): its `inputs` are the
    gradients that come in, its `outputs` those that it hands on, and `attributes["forward"]` is
    the id of the node that it goes back through; see `Trace.backward`.

    Attributes:
        id: readable and the same in another run of the same code: `layer1.0.conv1`,
            `layer1.0.conv1#1` (second call), `layer1.0/add_:0` (op in that call), `.` (the model).
        name: what is written on the node, relative to its parent.
        type: class of the module, or the user-level name of the op.
        parent: id of the module call around it; None only for the model itself.
        parameters: qualified names of the parameters that it uses itself (ops) or that are its
            module's own (modules).
        attributes: scalar settings, such as stride or heads.
        aten: names of the aten ops that ran beneath an op, in order, each once.
        flops: floating-point operations of its forward pass, a multiply-add counted as two; None
            where not counted, never 0 for that.
        order: position in execution order.
        atomic: a module of `torch.nn` that called no other: drawn as one node until opened.
    """

    id: str
    kind: NodeKind
    name: str
    type: str
    parent: str | None
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    parameters: tuple[str, ...] = ()
    attributes: dict[str, Attribute] = field(default_factory=dict)
    flops: float | None = None
    source: SourceLocation | None = None
    order: int = 0
    atomic: bool = False
    aten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that one node made and another used. Both ends are never module calls."""

    source: str
    target: str
    tensor: TensorSpec


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """How complete the graph is. Nothing is dropped silently: what is missing is said here.

    Attributes:
        status: "complete", or "partial" when forward raised or an output was not reached.
        level: "user" shows the ops as they were written, "executed" the aten ops that ran.
        error: the exception that forward raised, as text with its type.
        failed_node: id of the innermost node that was running when it raised.
        unlinked: what should hang together and does not (an output no edge leads to, say).
        unreached_parameters: names of the parameters that no op of the pass used.
        dispatched_only: ids of nodes that are aten ops outside any op that the user wrote.
        fast_paths_off: fused paths that torch takes by itself and that were off while tracing.
        host_reads: ids of nodes that brought values to the host (`item`, `numpy`, ...), where
            edges end.
        notes: what else a reader should know.
    """

    status: Literal["complete", "partial"] = "complete"
    level: Literal["user", "executed"] = "user"
    error: str | None = None
    failed_node: str | None = None
    unlinked: tuple[str, ...] = ()
    unreached_parameters: tuple[str, ...] = ()
    dispatched_only: tuple[str, ...] = ()
    fast_paths_off: tuple[str, ...] = ()
    host_reads: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor that a step of the autograd graph keeps until backward has run.

    Attributes:
        step: id of the backward node that saved it.
        name: under which name: `self`, `weight`, `result1`, ...
        kind: what it is. Parameters, buffers, inputs and constants are in memory anyway; an
            activation is there because it was saved.
        source: qualified name of a parameter or buffer, else id of the forward node whose memory
            it is in: the one that made it, or that last wrote to it.
        first_saver: id of the step that saved the same memory first.
        held_bytes: bytes of memory that it keeps alive, the whole storage that it lies in, counted
            at the first saver; 0 at later ones, and where the memory is there anyway.
    """

    step: str
    name: str
    tensor: TensorSpec
    kind: SavedKind
    source: str | None
    first_saver: str
    held_bytes: int


@dataclass(frozen=True)
class Graph:
    """Nodes by id, in execution order, and the edges between the innermost of them.

    `saved` is what an autograd graph keeps for the way back, in the order of the forward pass.
    """

    nodes: dict[str, Node]
    edges: tuple[Edge, ...] = ()
    capture: CaptureReport = field(default_factory=CaptureReport)
    saved: tuple[SavedTensor, ...] = ()

    @cached_property
    def children(self) -> dict[str | None, tuple[Node, ...]]:
        """Nodes by the id of their parent, in execution order."""
        grouped: dict[str | None, list[Node]] = {}
        for node in self.nodes.values():
            grouped.setdefault(node.parent, []).append(node)
        return {parent: tuple(nodes) for parent, nodes in grouped.items()}

    def ancestors(self, node_id: str) -> Iterator[str]:
        """Ids of the module calls around a node, innermost first."""
        parent = self.nodes[node_id].parent
        while parent is not None:
            yield parent
            parent = self.nodes[parent].parent

    def descendants(self, node_id: str) -> Iterator[Node]:
        """Every node inside a module call, at any depth."""
        stack = list(reversed(self.children.get(node_id, ())))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(self.children.get(node.id, ())))
