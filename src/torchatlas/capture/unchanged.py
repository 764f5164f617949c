"""Hands the model back as it was: mode, buffers, gradients, RNG state, also after an exception."""

from __future__ import annotations

import copy
import operator
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from torchatlas.capture.makers import storage_of
from torchatlas.capture.members import Members
from torchatlas.capture.tensors import named_tensors, stateless_in


@contextmanager
def unchanged(
    model: nn.Module, *, training: bool | None = None, members: Members | None = None
) -> Iterator[Members]:
    """Undo on leaving whatever a pass through the model changes.

    Training flags, buffers (BatchNorm statistics, vectors of spectral norm), `.grad`, what
    modules keep as attributes of their own (counters, caches), and the random generators of torch
    on CPU and CUDA, of NumPy and of Python are put back. Parameters that forward itself writes to
    are put back by `WriteGuard`, which sees the writes; where nothing guards them, attributes are
    left too, since a model that notes there that it has rescaled its weights must not do it twice.

    Args:
        training: run inside in this mode; None keeps each module's own.
        members: what the model is made of now, where it has been looked through already.
    """
    members = members or Members.of(model)
    modules = members.modules.values()
    of_python = [m for m in modules if not isinstance(m, torch.jit.ScriptModule)]
    parameters = list(members.parameters.values())
    flags = [(module, module.training) for module in modules]
    buffers = _buffers_kept(members.buffers.values())
    held = [_Registered(module) for module in of_python]
    gradients = [(parameter, parameter.grad, parameter.requires_grad) for parameter in parameters]
    data = [(p, p.detach()) for p in parameters if type(p.data) is torch.Tensor and not p.is_meta]
    versions = [(parameter, _version(parameter)) for parameter in parameters]
    attributes = [_Attributes(module) for module in of_python]
    try:
        with random_state_restored():
            for parameter, gradient, _ in gradients:
                if gradient is not None:
                    parameter.grad = None
            if training is not None:
                _set_mode(model, training)
            yield members
    finally:
        for module, flag in flags:
            if module.training is not flag:
                module.training = flag
        for parameter, before in data:
            if parameter.data_ptr() != before.data_ptr() or _form(parameter) != _form(before):
                parameter.data = before
        for parameter, gradient, required in gradients:
            if parameter.grad is not gradient:
                parameter.grad = gradient
            if parameter.requires_grad is not required:
                parameter.requires_grad_(required)
        for registered in held:
            registered.restore()
        if all(_version(parameter) == version for parameter, version in versions):
            for kept in attributes:
                kept.restore()
        for buffer in buffers:
            buffer.restore()


def _buffers_kept(buffers: Iterable[torch.Tensor]) -> list[_Buffer | _SmallBuffers]:
    """What buffers hold; small ones of a kind are kept, and compared, all at once."""
    kept: list[_Buffer | _SmallBuffers] = []
    alike: dict[tuple[torch.dtype, torch.device], list[torch.Tensor]] = {}
    for buffer in buffers:
        kind = (buffer.dtype, buffer.device)
        if kind in alike and _is_plain(buffer) and buffer.numel() <= _SMALL:
            alike[kind].append(buffer)
        elif buffer.is_meta:
            continue
        elif _is_plain(buffer) and not buffer.is_quantized and buffer.numel() <= _SMALL:
            alike[kind] = [buffer]
        else:
            kept.append(_Buffer(buffer, buffer.detach().clone(), _form(buffer), _version(buffer)))
    return kept + [_SmallBuffers(group) for group in alike.values()]


_SMALL = 65_536
"""Elements of a buffer that is small."""


class _SmallBuffers:
    """What many small buffers of one dtype and device held, in one piece of memory."""

    def __init__(self, buffers: list[torch.Tensor]) -> None:
        self._buffers = buffers
        self._values = _in_one_piece(buffers)
        self._forms = [_form(buffer) for buffer in buffers]
        self._versions = [_version(buffer) for buffer in buffers]

    def restore(self) -> None:
        """Put the values back if they were written over, and the counts of writes."""
        now = [_form(buffer) for buffer in self._buffers]
        if now == self._forms and torch.equal(_in_one_piece(self._buffers), self._values):
            return
        parts = torch.split(self._values, [shape.numel() for _, shape, _ in self._forms])
        kept = zip(self._buffers, parts, self._forms, self._versions, strict=True)
        for buffer, part, form, version in kept:
            _Buffer(buffer, part.view(form[1]), form, version).restore()


def _in_one_piece(tensors: list[torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat([tensor.reshape(-1) for tensor in tensors])


class _Buffer:
    """What a buffer held. BatchNorm writes to its statistics without anybody counting it."""

    def __init__(
        self, buffer: torch.Tensor, values: torch.Tensor, form: _Form, version: int | None
    ) -> None:
        self._buffer, self._values, self._form, self._version = buffer, values, form, version

    def restore(self) -> None:
        """Put the values back if they were written over, and the count of writes."""
        if self._is_same():
            return
        with torch.no_grad():
            if _form(self._buffer) == self._form:
                self._buffer.copy_(self._values)
            else:
                self._buffer.data = _strided_as(self._values, self._form)
        if self._version is not None:
            torch._C._autograd._unsafe_set_version_counter((self._buffer,), (self._version,))

    def _is_same(self) -> bool:
        now, before = self._buffer, self._values
        if now.layout is not torch.strided or now.is_nested or now.is_quantized:
            return _version(now) == self._version
        if _form(now) != self._form:
            return False
        return torch.equal(now, before) or bool(
            ((now == before) | (now.isnan() & before.isnan())).all()
        )


_Form = tuple[torch.dtype, torch.Size, tuple[int, ...]]


def _form(tensor: torch.Tensor) -> _Form:
    """How the numbers of a tensor lie in memory."""
    stride = tensor.stride() if tensor.layout is torch.strided and not tensor.is_nested else ()
    return tensor.dtype, tensor.shape, stride


def _strided_as(values: torch.Tensor, form: _Form) -> torch.Tensor:
    """The same values as they lay before; expanded dimensions get memory of their own."""
    _, shape, stride = form
    if 0 in stride:
        return values.clone()
    return torch.empty_strided(shape, stride, dtype=values.dtype, device=values.device).copy_(
        values
    )


class _Registered:
    """What is registered with a module: parameters, buffers, submodules and hooks."""

    def __init__(self, module: nn.Module) -> None:
        own = vars(module)
        held = [own[name] for name in _TORCHS_DICTS if name in own]
        self._before = [(value, value.copy()) for value in held if value]
        self._empty = [value for value in held if not value]

    def restore(self) -> None:
        """Take out what was put in, and put back what was taken out or exchanged."""
        for value in filter(None, self._empty):
            value.clear()
        for value, before in self._before:
            if not _same_items(value, before):
                value.clear()
                value.update(before)


_TORCHS_OWN = frozenset(vars(nn.Module()))
"""Attributes of every module: parameters, buffers, submodules, hooks, the training flag."""

_TORCHS_DICTS = tuple(name for name, value in vars(nn.Module()).items() if isinstance(value, dict))


def _same_items(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Whether two dicts hold the very same objects under the same keys, in the same order."""
    return (
        len(one) == len(other)
        and all(map(operator.eq, one, other))
        and all(map(operator.is_, one.values(), other.values()))
    )


class _Attributes:
    """What a module keeps as plain attributes, with the content of its lists, sets and dicts."""

    def __init__(self, module: nn.Module) -> None:
        self._held = vars(module)
        self._before = self._held.copy()
        self._contents = [
            (value, value.copy())
            for name, value in self._before.items()
            if type(value) in _COPIED and name not in _TORCHS_OWN
        ]

    def restore(self) -> None:
        """Put attributes back that were set, replaced or deleted, and what lists and dicts held."""
        if not _same_items(self._held, self._before):
            for name in [n for n in self._held if n not in _TORCHS_OWN and n not in self._before]:
                del self._held[name]
            for name, value in self._before.items():
                if name not in _TORCHS_OWN and self._held.get(name, self) is not value:
                    self._held[name] = value
        for value, content in self._contents:
            _refill(value, content)


_COPIED = frozenset({dict, list, set})
"""Kinds of attributes whose content is kept too."""


def _refill(value: Any, content: Any) -> None:
    """Give a list, set or dict what it held, if it holds something else now."""
    if isinstance(value, dict):
        now, before = [*value.items()], [*content.items()]
        same = [id(part) for pair in now for part in pair] == [
            id(part) for pair in before for part in pair
        ]
    else:
        same = [*map(id, value)] == [*map(id, content)]
    if same:
        return
    value.clear()
    if isinstance(value, list):
        value.extend(content)
    else:
        value.update(content)


@contextmanager
def random_state_restored() -> Iterator[None]:
    """Put every global random generator back on leaving."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    started = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    cuda = range(torch.cuda.device_count()) if started else ()
    try:
        with torch.random.fork_rng(devices=list(cuda)):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


class WriteGuard:
    """Keeps what parameters and inputs held before an op wrote to them, and puts it back.

    Nothing is copied until a write is about to happen, so that a pass that writes nowhere, as
    nearly all do, costs no memory.
    """

    def __init__(self, tensors: Iterable[torch.Tensor]) -> None:
        self._guarded: dict[int, list[torch.Tensor]] = {}
        for tensor in tensors:
            storage = storage_of(tensor)
            if storage is not None and storage.device.type != "meta":
                self._guarded.setdefault(storage._cdata, []).append(tensor)
        self._kept: list[_Kept] = []

    def before_write(self, tensor: torch.Tensor) -> None:
        """To be told of each tensor that an op is about to write to."""
        storage = storage_of(tensor)
        if storage is None or storage._cdata not in self._guarded:
            return
        tensors = self._guarded.pop(storage._cdata)
        values = storage.clone()  # type: ignore[no-untyped-call]
        before = [(guarded, _version(guarded), guarded.requires_grad) for guarded in tensors]
        self._kept.append(_Kept(storage, values, before))

    @property
    def used(self) -> bool:
        """Whether something was written over."""
        return bool(self._kept)

    def restore(self) -> None:
        """Put back what was written over."""
        while self._kept:
            kept = self._kept.pop()
            if kept.storage.nbytes() != kept.values.nbytes():
                kept.storage.resize_(kept.values.nbytes())
            kept.storage.copy_(kept.values)
            for tensor, version, required in kept.tensors:
                if tensor.requires_grad and not required and not tensor._is_view():
                    tensor.detach_()  # what was written to it had a gradient
                if version is not None:
                    torch._C._autograd._unsafe_set_version_counter((tensor,), (version,))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a storage held, and version and need of a gradient of the tensors that lie in it."""

    storage: torch.UntypedStorage
    values: torch.UntypedStorage
    tensors: list[tuple[torch.Tensor, int | None, bool]]


def _version(tensor: torch.Tensor) -> int | None:
    """How often a tensor was written to; None where nobody counts (inference mode)."""
    return None if tensor.is_inference() else tensor._version


class Replayed:
    """An iterator that is given as an input: it gives what was seen of it before, then the rest.

    What the source computes is not part of the model, so it runs outside of any watching mode;
    `on_item(position, item)` is told of each thing that is handed over.
    """

    def __init__(self, source: Iterator[Any], seen: list[Any]) -> None:
        self._source, self._seen, self._position = source, seen, 0
        self.on_item: Callable[[int, Any], None] | None = None

    def __iter__(self) -> Replayed:
        return self

    def __next__(self) -> Any:
        if self._position == len(self._seen):
            with torch._C.DisableTorchFunction(), _disable_current_modes():
                self._seen.append(next(self._source))
        item = self._seen[self._position]
        if self.on_item is not None:
            self.on_item(self._position, item)
        self._position += 1
        return item


class Arguments:
    """What a model is called with, handed out anew for each pass.

    Containers (lists, dicts, caches and other objects) are copied, so that a forward that pops or
    appends does not change the user's; tensors are handed out as new tensors of the same memory, so
    that shape, `.grad` and history of the user's own stay. What has no state (a sentinel), what the
    model holds itself, and what cannot be copied is handed over as it is.
    """

    def __init__(self, members: Members, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._given = (args, kwargs)
        self._own = _held_by(members) if _may_lead_into(members, args, kwargs) else {}
        self._seen: dict[int, list[Any]] = {}

    def fresh(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments for one pass."""
        memo: dict[int, Any] = {id(item): item for item in stateless_in(self._given)}
        for _, tensor in named_tensors(self._given):
            memo.setdefault(id(tensor), _alias(tensor))
        memo |= self._own
        args, kwargs = self._given
        return (
            tuple(self._copied(value, memo) for value in args),
            {name: self._copied(value, memo) for name, value in kwargs.items()},
        )

    def _copied(self, value: Any, memo: dict[int, Any]) -> Any:
        if isinstance(value, str | int | float | bool | nn.Module | type(None)):
            return value
        if isinstance(value, Iterator):
            return Replayed(value, self._seen.setdefault(id(value), []))
        try:
            return copy.deepcopy(value, memo)
        except Exception:  # noqa: BLE001 (any class may refuse; then it is handed over itself)
            return value


_SIMPLE = frozenset({torch.Tensor, int, float, bool, str, type(None)})
"""Kinds of arguments that hold nothing else."""


def _may_lead_into(members: Members, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether something of the model's may be among the arguments or held by one of them."""
    given = [*args, *kwargs.values()]
    if any(type(value) not in _SIMPLE for value in given):
        return True
    ids = {id(value) for value in given if isinstance(value, torch.Tensor)}
    return any(
        not ids.isdisjoint(map(id, held.values()))
        for module in members.modules.values()
        for held in (vars(module), module._parameters, module._buffers)
        if held
    )


def _held_by(members: Members) -> dict[int, Any]:
    """By address, the modules of a model and what they hold."""
    own: dict[int, Any] = {}
    for module in members.modules.values():
        own[id(module)] = module
        for held in (vars(module), module._parameters, module._buffers):
            own.update(zip(map(id, held.values()), held.values(), strict=True))
    return own


def _alias(tensor: torch.Tensor) -> torch.Tensor:
    """Another tensor of the same memory that needs a gradient where the first does, a leaf."""
    if type(tensor) is not torch.Tensor or tensor.layout is not torch.strided or tensor.is_nested:
        return tensor
    return tensor.detach().requires_grad_(tensor.requires_grad)


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a stretch of memory and nothing else."""
    return (
        type(tensor) in (torch.Tensor, nn.Parameter)
        and tensor.layout is torch.strided
        and not tensor.is_nested
    )


def _set_mode(model: nn.Module, training: bool) -> None:
    try:
        model.train(training)
    except NotImplementedError:  # an exported program's module: its mode was fixed by exporting
        return
