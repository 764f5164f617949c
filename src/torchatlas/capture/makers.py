"""Which node made the value that a tensor holds now, without keeping the tensor alive."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.multiprocessing.reductions import StorageWeakRef

from torchatlas.run import TensorSpec

_is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
_unwrapped = torch._C._functorch.get_unwrapped


class _Write(NamedTuple):
    """A node that wrote to a stretch of a storage, and when."""

    stretch: Stretch
    node_id: str
    time: int


class Made(NamedTuple):
    """A tensor that a node returned or wrote to, what it looked like then, and when."""

    tensor: weakref.ref[torch.Tensor]
    node_id: str
    time: int
    spec: TensorSpec | None
    of: Stretch | None
    """Where it is a view of what the node was given: the stretch of that."""


@dataclass(slots=True)
class _Storage:
    """`reference` keeps the address from being used again; it does not keep the data."""

    reference: StorageWeakRef
    maker: str
    writes: list[_Write] = field(default_factory=list)
    """The last write to each stretch, oldest first."""
    foreign: bool = False
    """Whether it was there before the pass."""


class Makers:
    """Remembers the maker of each tensor and the last writer of each storage.

    A write through one view changes what the other views hold that lie over it, so the last
    writers of what a tensor lies over count where they are later than its own maker. One that was
    wrapped anew (by an autograd Function, `nn.Parameter`, vmap) is known again by its storage.
    """

    def __init__(self) -> None:
        self._tensors: dict[int, Made] = {}
        self._storages: dict[int, _Storage] = {}
        self._clock = 0
        self.foreign_writes = False
        """Whether a node wrote to memory that was there before the pass: a weight's, perhaps."""

    def of(self, tensor: torch.Tensor, *, weight: bool = False) -> str | None:
        """Id of the node whose result the tensor holds now, the last of several; None if unknown.

        Args:
            weight: see `all_of`.
        """
        found = self.all_of(tensor, weight=weight)
        return found[-1] if found else None

    def all_of(self, tensor: torch.Tensor, *, weight: bool = False) -> list[str]:
        """Ids of the nodes that made what the tensor holds now, in the order of their work.

        Several where different parts of it were written to since it was made. A write to a part
        takes over for the whole: what was there before led to the writer.

        Args:
            weight: it is a parameter or buffer of the model, which no op made: one that shares
                its storage with others (a view of a flat tensor) hangs on what wrote to it alone.
        """
        known = self.record(tensor)
        storage = self._storages.get(_address(tensor))
        if storage is None:
            return [known.node_id] if known else []
        maker = known.node_id if known else (None if weight else storage.maker)
        since = known.time if known else -1
        if not storage.writes or storage.writes[-1].time <= since:
            return [] if maker is None else [maker]
        writers: list[str] = []
        own = stretch_of(tensor)
        for write in reversed(storage.writes):
            if write.time <= since:
                break
            if overlap(own, write.stretch):
                writers.append(write.node_id)
            if write.stretch == own:  # all of it: what was there before is gone
                break
        if writers:
            return list(dict.fromkeys(reversed(writers)))
        return [] if maker is None else [maker]

    def made(
        self,
        tensor: torch.Tensor,
        node_id: str,
        spec: TensorSpec | None = None,
        through: Sequence[torch.Tensor] = (),
        *,
        foreign: bool = False,
    ) -> None:
        """Note that the node returned this tensor, what it looks like, and what it was given.

        Args:
            foreign: the node only stands for a tensor that was there before the pass.
        """
        self._clock += 1
        storage, of = storage_of(tensor), None
        if storage is not None:
            address = storage._cdata
            if address not in self._storages:
                reference = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self._storages[address] = _Storage(reference, node_id, foreign=foreign)
            elif through:
                around = _around(tensor, address, through)
                of = None if around is tensor else stretch_of(around)
        self._tensors[id(tensor)] = Made(weakref.ref(tensor), node_id, self._clock, spec, of)

    def wrote(self, tensor: torch.Tensor, node_id: str, through: Sequence[torch.Tensor]) -> None:
        """Note that the node changed the tensor in place.

        Args:
            through: what the node was given. Where it was given more of the same storage
                (`h[:, 0] = x` is given `h`), it hands on all of that.
        """
        address = _address(tensor)
        before = self._storages.get(address)
        self.foreign_writes |= before is None or before.foreign
        view = self.record(tensor)
        self.made(tensor, node_id)
        storage = self._storages.get(address)
        if storage is None:
            return
        widest = _around(tensor, address, through)
        stretch = stretch_of(widest)
        if widest is not tensor:
            self.made(widest, node_id)
        if not storage.writes:
            storage.writes = [_Write(stretch, node_id, self._clock)]
            return
        if view is not None and view.of is not None and storage.writes[0].time < view.time:
            # the view was taken of what earlier writers left: they led to it, and so to this node
            if any(w.time < view.time and _within(w.stretch, view.of) for w in storage.writes):
                stretch = view.of
            storage.writes = [
                w for w in storage.writes if w.time >= view.time or not _within(w.stretch, stretch)
            ]
        storage.writes = [write for write in storage.writes if write.stretch != stretch]
        storage.writes.append(_Write(stretch, node_id, self._clock))

    def written(self, tensor: torch.Tensor) -> bool:
        """Whether a node changed in place what the tensor lies over."""
        storage = self._storages.get(_address(tensor))
        if storage is None or not storage.writes:
            return False
        own = stretch_of(tensor)
        return any(overlap(own, write.stretch) for write in storage.writes)

    def record(self, tensor: torch.Tensor) -> Made | None:
        """How this very tensor was made; None where only its storage is known, or nothing."""
        known = self._tensors.get(id(tensor))
        return known if known is not None and known.tensor() is tensor else None


class Stretch(NamedTuple):
    """Which bytes of a storage a tensor lies over; `end` is one past the last."""

    start: int
    end: int
    sizes: tuple[int, ...]
    steps: tuple[int, ...]
    item: int


def stretch_of(tensor: torch.Tensor) -> Stretch:
    """The bytes that a tensor lies over, also inside vmap and grad."""
    while _is_wrapped(tensor):
        tensor = _unwrapped(tensor)
    item = tensor.element_size()
    start, sizes = int(tensor.storage_offset()) * item, tuple(tensor.shape)
    steps = tuple(int(step) * item for step in tensor.stride())
    last = sum((n - 1) * step for n, step in zip(sizes, steps, strict=True))
    return Stretch(start, start if 0 in sizes else start + last + item, sizes, steps, item)


def _within(one: Stretch, other: Stretch) -> bool:
    """Whether the first stretch lies between the ends of the second and shares bytes with it."""
    return other.start <= one.start and one.end <= other.end and overlap(one, other)


def _around(tensor: torch.Tensor, address: int, given: Sequence[torch.Tensor]) -> torch.Tensor:
    """The widest of what was given in which the tensor lies; the tensor itself if none."""
    widest = tensor
    for other in given:
        if other is tensor or other.nbytes <= widest.nbytes or _address(other) != address:
            continue
        if _within(stretch_of(tensor), stretch_of(other)):
            widest = other
    return widest


def overlap(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches of a storage have a byte in common; yes where it is too hard to say.

    NumPy decides it from addresses alone: the memory is not looked at.
    """
    if one == other:
        return one.end > one.start
    if one.end <= other.start or other.end <= one.start:
        return False
    return _meet(other.start - one.start, one[2:], other[2:])


@lru_cache(maxsize=65_536)
def _meet(apart: int, one: _Lie, other: _Lie) -> bool:
    """Whether two tensors have a byte in common, of which the second begins so many bytes on."""
    first, second = _placed(_SOMEWHERE, one), _placed(_SOMEWHERE + apart, other)
    return bool(np.may_share_memory(first, second, max_work=_MOST_WORK))  # type: ignore[arg-type]


_Lie = tuple[tuple[int, ...], tuple[int, ...], int]
"""Sizes, steps and bytes of an item of a stretch."""


_MOST_WORK = 1_000
_SOMEWHERE = 1 << 40


def _placed(address: int, lie: _Lie) -> np.ndarray[Any, Any]:
    sizes, steps, item = lie
    place = {
        "version": 3,
        "typestr": f"|V{item}",
        "data": (address, True),
        "shape": sizes,
        "strides": steps,
    }
    return np.asarray(SimpleNamespace(__array_interface__=place))


def storage_of(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    """The memory behind a tensor, also inside vmap and grad; sparse and nested ones have none."""
    while _is_wrapped(tensor):
        tensor = _unwrapped(tensor)
    try:
        return tensor.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return None


def _address(tensor: torch.Tensor) -> int:
    """Address of the storage; 0 for tensors that have none."""
    storage = storage_of(tensor)
    return 0 if storage is None else int(storage._cdata)
