"""Runs the recorded ops again, without the model, and compares what comes out."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves, tree_map

from torchatlas.capture.aten_facts import aten_facts
from torchatlas.capture.flows import Flows, edges_amiss
from torchatlas.capture.makers import Stretch, storage_of
from torchatlas.capture.tensors import tensors_in
from torchatlas.run import Graph

if TYPE_CHECKING:
    from torchatlas.capture.builder import Draft
    from torchatlas.capture.tracer import Tracer

_COLLECTIVE = ("c10d", "_c10d_functional", "fsdp.")
_PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)
_TOLERANCE = {  # relative and absolute, as torch.testing.assert_close has them
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.complex64: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex128: (1e-7, 1e-7),
}


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the recorded ops alone give the model's outputs.

    Attributes:
        ok: the outputs agree, bit for bit or within the tolerance of their dtype.
        max_abs_diff: the largest difference of two numbers; None where nothing could be compared.
        compared: how many output tensors were compared.
        reason: one sentence: how well they agree, or why not.
        constants: tensors that no recorded op made, taken as they were.
    """

    ok: bool
    max_abs_diff: float | None
    compared: int
    reason: str
    constants: int = 0


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor as a stretch of a storage: what it takes to make it again."""

    storage: int
    dtype: torch.dtype
    size: torch.Size
    stride: tuple[int, ...]
    offset: int
    conjugate: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class _Object:
    """A tensor without a storage of its own (sparse, nested, quantised, a subclass)."""

    index: int


@dataclass(frozen=True, slots=True)
class _Generator:
    """A random generator that was handed to an op, in the state that it had."""

    device: torch.device
    state: torch.Tensor


@dataclass(slots=True)
class _Step:
    """One aten op that ran."""

    op: Any
    args: Any
    kwargs: Any
    random_state: torch.Tensor | None
    gradients: bool
    """Whether autograd was on: some kernels (recurrent layers) compute otherwise without it."""
    sources: list[tuple[int, Draft | None]]
    """Storages that it reads, and which node had left there what it reads."""
    draft: Draft | None = None
    makes: list[tuple[int, _View | _Object]] = field(default_factory=list)
    """Position among the op's outputs, and what it is from then on."""


class Tape:
    """Every aten op of one pass, with its arguments as references, and what was there before.

    Tensors are referred to by storage, size and stride, so that views and writes in place need no
    care: an op is given the same stretch of the same storage as it was in the model.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.steps: list[_Step] = []
        self.given: dict[int, Any] = {}
        self.flows = Flows()
        self.constants = 0
        self.outputs: list[tuple[_View | _Object, torch.Tensor]] = []
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self._objects: dict[int, tuple[weakref.ref[torch.Tensor], int]] = {}
        self._of_model: set[int] = set()
        """Storages of parameters and buffers."""
        self._left: list[Draft | None] = []
        """Who left what each output holds."""
        self._shared: set[int] = set()
        """Storages that are the model's own: copied before they are written to."""
        self._count = 0

    def start(self, args: Any, kwargs: Any) -> None:
        """Take parameters as they are, and copies of buffers and inputs."""
        with torch._C.DisableTorchFunction():
            for parameter in self.model.parameters():
                self._note(parameter, copy=False)
            for buffer in self.model.buffers():
                self._note(buffer, copy=True)
            self._of_model = set(self.given)
            for tensor in tensors_in((args, kwargs)):
                self._note(tensor, copy=True)

    def begin(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Step:
        """An op is about to run: keep its arguments, as references."""
        with torch._C.DisableTorchFunction():
            if getattr(op, "_schema", None) is not None and op._schema.is_mutable:
                self._keep_before_write((args, kwargs))
            random = torch.Tag.nondeterministic_seeded in getattr(op, "tags", ())
            state = torch.get_rng_state() if random else None
            gradients = torch.is_grad_enabled()
            referred = self._referred(args), self._referred(kwargs)
            read = _views_of(op, *referred, written=False)
            sources = [] if _within_backward() else self.flows.sources(map(_place, read))
            return _Step(op, *referred, state, gradients, sources)

    def end(self, begun: _Step, draft: Draft, out: Any) -> None:
        """The op ran: note the storages that it made."""
        begun.draft = draft
        with torch._C.DisableTorchFunction():
            for position, tensor in enumerate(tree_leaves(out)):
                if isinstance(tensor, torch.Tensor) and self._known(tensor) is None:
                    begun.makes.append((position, self._note(tensor, given=False)))
            self._note_flow(begun, draft, out)
        mutates = getattr(begun.op, "_schema", None) is None or begun.op._schema.is_mutable
        if begun.makes or mutates or not tensors_in(out):
            self.steps.append(begun)

    def stop(self, outputs: Any, *, copy: bool) -> None:
        """The pass is over; `copy` when what it wrote over is about to be put back."""
        for tensor in tensors_in(outputs):
            kept = tensor.detach().clone() if copy else tensor
            reference = self._reference(tensor)
            self.outputs.append((reference, kept))
            place = [_place(reference)] if isinstance(reference, _View) else []
            self._left += [left for _, left in self.flows.sources(place)] or [None]

    @property
    def is_distributed(self) -> bool:
        """Whether ops took part that exchange tensors with other processes."""
        return any(str(step.op).startswith(_COLLECTIVE) for step in self.steps)

    def edges_amiss(self, graph: Graph, tracer: Tracer) -> tuple[str, ...]:
        """Where the edges of the graph and what the ops read and wrote differ, in words."""
        inputs: dict[int, set[str]] = {}
        for node_id, tensor in tracer.inputs:
            number = self._number_of(tensor)
            if number is not None and number not in self._of_model:
                inputs.setdefault(number, set()).add(node_id)
        ids = [node.id for node in graph.nodes.values() if node.kind == "output"]
        outputs = [
            (node_id, reference.storage, source)
            for node_id, (reference, _), source in zip(ids, self.outputs, self._left, strict=False)
            if isinstance(reference, _View)
        ]
        return tuple(edges_amiss(graph, self.flows, inputs, outputs))

    def _note_flow(self, step: _Step, draft: Draft, out: Any) -> None:
        given = [self._number_of(tensor) for tensor in draft.given]
        given += [
            reference.storage if isinstance(reference, _View) else None
            for reference in _references((step.args, step.kwargs))
        ]
        returned = [self._number_of(tensor) for tensor in tensors_in(out)]
        left = [_place(made) for _, made in step.makes if isinstance(made, _View)]
        left += [_place(view) for view in _views_of(step.op, step.args, step.kwargs, written=True)]
        self.flows.note(draft, step.sources, given, filter(None, returned), left)

    def _number_of(self, tensor: torch.Tensor) -> int | None:
        """Number of the storage that a tensor lies in, if it is known and the tensor is plain."""
        reference = self._known(tensor)
        return reference.storage if isinstance(reference, _View) else None

    def _keep_before_write(self, arguments: Any) -> None:
        for tensor in tensors_in(arguments):
            reference = self._known(tensor)
            if isinstance(reference, _View) and reference.storage in self._shared:
                self.given[reference.storage] = _copy(self.given[reference.storage])
                self._shared.discard(reference.storage)

    def _referred(self, value: Any) -> Any:
        return tree_map(self._leaf, value)

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self._reference(value)
        if isinstance(value, torch.Generator):
            return _Generator(value.device, value.get_state())
        return value

    def _reference(self, tensor: torch.Tensor) -> _View | _Object:
        known = self._known(tensor)
        if known is not None:
            return known
        self.constants += 1
        return self._note(tensor, copy=True)

    def _known(self, tensor: torch.Tensor) -> _View | _Object | None:
        storage = _own_storage(tensor)
        if storage is None:
            entry = self._objects.get(id(tensor))
            return _Object(entry[1]) if entry is not None and entry[0]() is tensor else None
        found = self._storages.get(storage._cdata)
        return _view(tensor, found[1]) if found is not None else None

    def _note(
        self, tensor: torch.Tensor, *, copy: bool = True, given: bool = True
    ) -> _View | _Object:
        """Give a tensor its reference; `given` keeps what it holds, `copy` a copy of that."""
        known = self._known(tensor)
        if known is not None:
            return known
        self._count += 1
        storage = _own_storage(tensor)
        if storage is None:
            self._objects[id(tensor)] = (weakref.ref(tensor), self._count)
            if given:
                self.given[self._count] = tensor
            return _Object(self._count)
        reference = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
        self._storages[storage._cdata] = (reference, self._count)
        if given:
            self.given[self._count] = _copy(storage) if copy else storage
            if not copy:
                self._shared.add(self._count)
        return _view(tensor, self._count)


def _within_backward() -> bool:
    """Whether autograd runs this op on a way back: it reads what any op on the way had saved."""
    return bool(torch._C._current_graph_task_id() != -1)


def _views_of(op: Any, args: Any, kwargs: Any, *, written: bool) -> list[_View]:
    """The stretches of memory that an op writes to, or those that it only reads."""
    mutable = aten_facts(op).mutable
    positions, names = {position for position, _ in mutable}, {name for _, name in mutable}
    chosen = (
        [value for position, value in enumerate(args) if (position in positions) is written],
        [value for name, value in kwargs.items() if (name in names) is written],
    )
    return [found for found in _references(chosen) if isinstance(found, _View)]


def _place(view: _View) -> tuple[int, Stretch]:
    item = view.dtype.itemsize
    start, sizes = view.offset * item, tuple(view.size)
    steps = tuple(step * item for step in view.stride)
    last = sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    end = start if 0 in sizes else start + last + item
    return view.storage, Stretch(start, end, sizes, steps, item)


def judge(graph: Graph, tracer: Tracer, tape: Tape) -> Verification:
    """Execute what the edges of the graph lead to the outputs, and compare.

    Args:
        graph: as it was traced.
        tracer: of the pass in which the tape was written.
    """
    again = tracer.graph()
    if tracer.error is not None:
        why = f"forward raised when it ran again: {again.capture.error}"
        return Verification(False, None, 0, why)
    if _path(graph) != _path(again):
        why = "the model took another path when it ran again under the same random state"
        return Verification(False, None, 0, why)
    try:
        values = _execute(tape, _needed(graph))
    except _CannotReplay as reason:
        return Verification(False, None, 0, str(reason), tape.constants)
    compared = _compared(tape, values)
    if not compared.ok and tape.is_distributed:
        why = "what came from other processes is no result of the recorded ops"
        return replace(compared, reason=f"{compared.reason}: {why}")
    amiss = tape.edges_amiss(again, tracer) if compared.ok else ()
    if not amiss:
        return compared
    more = f" ({len(amiss) - 1} more such)" if amiss[1:] else ""
    return replace(compared, ok=False, reason=f"{amiss[0]}{more}; {compared.reason}")


class _CannotReplay(Exception):  # noqa: N818 (a verdict on the graph, shown as its reason)
    """Why the recorded ops do not run by themselves."""


def _execute(tape: Tape, needed: set[str]) -> dict[int, Any]:
    """The values that the outputs rest on, by number of the storage or object."""
    values = dict(tape.given)
    steps = [step for step in tape.steps if step.draft is not None and step.draft.id in needed]
    last = _last_uses(tape, steps)
    with torch.random.fork_rng(devices=[]):
        for position, step in enumerate(steps):
            _run(step, values)
            for done in last.get(position, ()):
                values.pop(done, None)
    return values


def _run(step: _Step, values: dict[int, Any]) -> None:
    assert step.draft is not None
    try:
        args, kwargs = _restored(step.args, values), _restored(step.kwargs, values)
    except KeyError as missing:
        raise _CannotReplay(
            f"{step.draft.id} uses a tensor whose maker no edge leads to (value {missing})"
        ) from missing
    if step.random_state is not None:
        torch.set_rng_state(step.random_state)
    try:
        with torch.set_grad_enabled(step.gradients):
            made = tree_leaves(step.op(*args, **kwargs))
    except Exception as error:
        raise _CannotReplay(
            f"{step.op} of {step.draft.id} does not run by itself: {type(error).__name__}: {error}"
        ) from error
    for place, reference in step.makes:
        if made[place] is None:  # what is only there for backward
            continue
        if isinstance(reference, _Object):
            values[reference.index] = made[place]
            continue
        again = _view(made[place], reference.storage)
        if again != reference:
            raise _CannotReplay(f"{step.op} of {step.draft.id} gave another shape than before")
        values[reference.storage] = made[place].untyped_storage()


def _last_uses(tape: Tape, steps: list[_Step]) -> dict[int, list[int]]:
    """What is not used any more after each step, so that it can be let go."""
    kept = {_number(reference) for reference, _ in tape.outputs}
    last: dict[int, int] = {}
    for position, step in enumerate(steps):
        for reference in _references((step.args, step.kwargs)):
            last[_number(reference)] = position
        for _, reference in step.makes:
            last[_number(reference)] = position
    done: dict[int, list[int]] = {}
    for number, position in last.items():
        if number not in kept:
            done.setdefault(position, []).append(number)
    return done


def _references(value: Any) -> Iterable[_View | _Object]:
    found: list[_View | _Object] = []
    tree_map(lambda leaf: found.append(leaf) if isinstance(leaf, _View | _Object) else None, value)
    return found


def _number(reference: _View | _Object) -> int:
    return reference.storage if isinstance(reference, _View) else reference.index


def _restored(value: Any, values: dict[int, Any]) -> Any:
    def leaf(item: Any) -> Any:
        if isinstance(item, _View):
            return _tensor(item, values[item.storage])
        if isinstance(item, _Object):
            return values[item.index]
        if isinstance(item, _Generator):
            generator = torch.Generator(item.device)
            generator.set_state(item.state)
            return generator
        return item

    return tree_map(leaf, value)


def _tensor(view: _View, storage: torch.UntypedStorage) -> torch.Tensor:
    tensor = torch.empty(0, dtype=view.dtype, device=storage.device)
    tensor.set_(storage, view.offset, view.size, view.stride)
    if view.conjugate:
        torch._C._set_conj(tensor, True)
    if view.negative:
        torch._C._set_neg(tensor, True)
    return tensor


def _view(tensor: torch.Tensor, storage: int) -> _View:
    return _View(
        storage,
        tensor.dtype,
        tensor.size(),
        tensor.stride(),
        int(tensor.storage_offset()),
        tensor.is_conj(),
        tensor.is_neg(),
    )


def _own_storage(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    """The storage, if the tensor is nothing but a stretch of it."""
    if type(tensor) not in _PLAIN_TENSORS or tensor.is_quantized or tensor.is_nested:
        return None
    return None if tensor.layout is not torch.strided else storage_of(tensor)


def _copy(storage: torch.UntypedStorage) -> torch.UntypedStorage:
    copied: torch.UntypedStorage = storage.clone()  # type: ignore[no-untyped-call]
    return copied


def _needed(graph: Graph) -> set[str]:
    """The nodes that the edges lead from to an output."""
    before: dict[str, list[str]] = {}
    for edge in graph.edges:
        before.setdefault(edge.target, []).append(edge.source)
    stack = [node.id for node in graph.nodes.values() if node.kind == "output"]
    found = set(stack)
    while stack:
        for source in before.get(stack.pop(), ()):
            if source not in found:
                found.add(source)
                stack.append(source)
    return found


def _path(graph: Graph) -> tuple[Any, ...]:
    """What was done, on tensors of what form: equal for two passes that did the same."""
    nodes = [(node.id, node.outputs, node.aten) for node in graph.nodes.values()]
    return nodes, [(edge.source, edge.target) for edge in graph.edges]


def _compared(tape: Tape, values: dict[int, Any]) -> Verification:
    worst, within, apart = 0.0, 0, list[int]()
    for position, (reference, expected) in enumerate(tape.outputs):
        if _number(reference) not in values:
            why = f"output {position} has no maker that an edge leads to"
            return Verification(False, None, position, why, tape.constants)
        stored = values[_number(reference)]
        found = _tensor(reference, stored) if isinstance(reference, _View) else stored
        difference, same, close = _difference(found, expected.detach())
        worst = max(worst, difference)
        within += close and not same
        if not close:
            apart.append(position)
    count = len(tape.outputs)
    if not count:
        return Verification(False, None, 0, "the model returned no tensors", tape.constants)
    if apart:
        why = f"{len(apart)} of {count} outputs differ, by up to {worst:.3g}"
    elif within:
        why = f"{within} of {count} outputs agree within the tolerance of their dtype, not exactly"
    else:
        why = f"{count} of {count} outputs agree bit for bit"
    return Verification(not apart, worst, count, why, tape.constants)


def _difference(found: torch.Tensor, expected: torch.Tensor) -> tuple[float, bool, bool]:
    """The largest difference, whether there is none, and whether it is within the tolerance."""
    left, right = (_dense(tensor) for tensor in (found, expected))
    if left.shape != right.shape or left.dtype != right.dtype:
        return float("inf"), False, False
    if not left.numel():
        return 0.0, True, True
    equal = (left == right) | ((left != left) & (right != right))  # NaN where NaN was is the same
    if bool(equal.all()):
        return 0.0, True, True
    if left.dtype is torch.bool:
        return 1.0, False, False
    wide = torch.complex128 if left.is_complex() else torch.float64
    apart = torch.where(equal, 0, left.to(wide) - right.to(wide)).abs()
    relative, absolute = _TOLERANCE.get(left.dtype, (0.0, 0.0))
    close = torch.allclose(left, right, relative, absolute, equal_nan=True)
    return float(apart.max().nan_to_num(float("inf"))), False, close


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_quantized:
        return tensor.dequantize()
    if tensor.is_nested:
        if tensor.layout == torch.jagged:
            return tensor.values()
        return tensor.to_padded_tensor(0.0)
    if tensor.layout is not torch.strided:
        return tensor.to_dense()
    return tensor.resolve_conj().resolve_neg()
