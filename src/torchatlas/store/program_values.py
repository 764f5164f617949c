"""What an exported program's ops use and make, and where they stand, while its graph is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from torchatlas.run import Attribute, NodeKind, TensorSpec
from torchatlas.store.program_json import Argument, ProgramGraph, ProgramOp, TensorInfo
from torchatlas.store.program_memory import Memory, written_arguments
from torchatlas.store.program_names import ModuleCall, base_name, is_overload, module_stack

SIZES = {"sym_size", "sym_stride", "sym_numel", "sym_storage_offset"}
"""They tell a fact about a tensor, not its values."""

NUMBER = TensorSpec((), "number", "cpu", 8)
"""What flows along an edge where a number was read from a tensor and used further on."""


@dataclass(slots=True)
class Value:
    """A tensor of the program: which node made it and when, and the memory it lies in."""

    info: TensorInfo
    memory: Memory
    maker: str | None = None
    made: int = 0
    weight: tuple[NodeKind, str] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an op stands: the group's id, and the module call around it."""

    id: str
    path: str
    in_torch: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the ops of one (sub)graph stand when they say nothing more: within `calls` of modules,
    with what attributes of all of them, and whether they run once, and not in a branch or loop."""

    place: Place
    calls: tuple[ModuleCall, ...] = ()
    attributes: dict[str, Attribute] = field(default_factory=dict)
    runs_once: bool = True


@dataclass(slots=True)
class Names:
    """What the names in one (sub)graph stand for: tensors, and the nodes behind a number."""

    tensors: dict[str, Value] = field(default_factory=dict)
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)


Flat = Value | tuple[str, ...]
"""What is handed into or out of a subgraph: a tensor, or the nodes that a number came from."""


def stacks(graph: ProgramGraph) -> Iterator[tuple[ModuleCall, ...]]:
    stacks = (module_stack(op.metadata.get("nn_module_stack")) for op in graph.ops)
    return (stack for stack in stacks if stack and stack[0].path == "")


def shown(op: ProgramOp) -> bool:
    """Whether an op makes or changes a tensor, or reads values of one."""
    if any(output.tensors for output in op.outputs) or any(True for _ in written_arguments(op)):
        return True
    reads = any(argument.tensors for argument in op.arguments)
    numbers = any(output.numbers for output in op.outputs)
    return reads and numbers and base_name(op.target) not in SIZES


def user_call(op: ProgramOp) -> tuple[str, str] | None:
    """What the ops of one call of a function have in common; None where torch called."""
    torch_fn = op.metadata.get("torch_fn")
    if torch_fn is None or is_overload(torch_fn):
        return None
    return op.metadata.get("nn_module_stack", ""), torch_fn


def wrapper_attributes(name: str, op: ProgramOp) -> dict[str, Attribute]:
    settings = [a.setting for a in op.arguments if a.setting is not None]
    if name == "wrap_with_set_grad_enabled" and settings:
        return {"grad_enabled": settings[0]}
    if name == "wrap_with_autocast" and len(settings) >= 3:
        return {"autocast": settings[1] if settings[2] else False}
    return {}


def own_name(argument: Argument) -> str:
    return next(iter((*argument.tensors, *argument.numbers)), argument.name)


def distinct(values: Sequence[Flat]) -> list[Flat]:
    return list({id(v) if isinstance(v, Value) else v: v for v in values}.values())


def dotted(path: str) -> str:
    return f"{path}." if path else ""


def is_torch(kind: str) -> bool:
    return kind.startswith("torch.nn.modules.")
