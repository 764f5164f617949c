"""Which node made the value that a tensor holds now, without keeping the tensor alive."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import torch
from torch.multiprocessing.reductions import StorageWeakRef

_is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
_unwrapped = torch._C._functorch.get_unwrapped


@dataclass(slots=True)
class _Storage:
    """`reference` keeps the address from being used again; it does not keep the data."""

    reference: StorageWeakRef
    maker: str
    writer: str | None = None
    written_at: int = -1


class Makers:
    """Remembers the maker of each tensor and the last writer of each storage.

    A write through one view changes what every other view of the storage holds, so the last
    writer counts where it is later than the tensor's own maker. A tensor that was wrapped anew
    (by an autograd Function, `nn.Parameter`, vmap) is known again by its storage.
    """

    def __init__(self) -> None:
        self._tensors: dict[int, tuple[weakref.ref[torch.Tensor], str, int]] = {}
        self._storages: dict[int, _Storage] = {}
        self._clock = 0

    def of(self, tensor: torch.Tensor, *, weight: bool = False) -> str | None:
        """Id of the node whose result the tensor holds now; None when it is not known.

        Args:
            weight: it is a parameter or buffer of the model, which no op made: one that shares
                its storage with others (a view of a flat tensor) hangs on what wrote to it alone.
        """
        known = self._tensors.get(id(tensor))
        if known is not None and known[0]() is not tensor:
            known = None
        storage = self._storages.get(_address(tensor))
        if storage is None:
            return known[1] if known else None
        if storage.writer is not None and (known is None or storage.written_at > known[2]):
            return storage.writer
        if known is not None:
            return known[1]
        return None if weight else storage.maker

    def made(self, tensor: torch.Tensor, node_id: str) -> None:
        """Note that the node returned this tensor."""
        self._clock += 1
        self._tensors[id(tensor)] = (weakref.ref(tensor), node_id, self._clock)
        storage = storage_of(tensor)
        if storage is not None and storage._cdata not in self._storages:
            reference = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            self._storages[storage._cdata] = _Storage(reference, node_id)

    def wrote(self, tensor: torch.Tensor, node_id: str) -> None:
        """Note that the node changed the tensor in place."""
        self.made(tensor, node_id)
        storage = self._storages.get(_address(tensor))
        if storage is not None:
            storage.writer, storage.written_at = node_id, self._clock

    def knows(self, tensor: torch.Tensor) -> bool:
        """Whether this very tensor, and not only its storage, was made by a node."""
        known = self._tensors.get(id(tensor))
        return known is not None and known[0]() is tensor


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
