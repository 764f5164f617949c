"""What the steps of an autograd graph keep for the way back, and which memory that holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import nn

from torchatlas.capture.makers import storage_of
from torchatlas.capture.tensors import held_tensors, tensor_spec, tensors_in
from torchatlas.run import SavedKind, SavedTensor

SAVED, _RAW = "_saved_", "_raw_saved_"
"""How the attributes of a step are called that hold what it saved."""

_SPARSE = {
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}

_WIDEST = (torch.float64, torch.int64, torch.complex128, torch.bool)

FREED = "freed"
PACKED = "packed"
OVERWRITTEN = "overwritten"
UNREADABLE = "unreadable"


@dataclass(slots=True)
class Kept:
    """What one step keeps: tensors by name, and what hinders reading more of them."""

    tensors: list[tuple[str, torch.Tensor]] = field(default_factory=list)
    hindrances: list[str] = field(default_factory=list)


def kept_by(step: Any) -> Kept:
    """The tensors that a step of the autograd graph saved, without running any hook on them.

    What was packed by hooks (activation checkpointing, offloading) is not unpacked, since that
    may run the forward pass again: only tensors in what they were packed into are given.
    """
    kept, kind = Kept(), _kind_of(step)
    if kind.__name__ == "CppFunction":
        kept.hindrances.append(UNREADABLE)
        return kept
    if isinstance(step, torch.autograd.function.BackwardCFunction):
        _read(step, "saved_tensors", "_raw_saved_tensors", kept)
        kept.tensors += [
            (name, tensor)
            for name, value in vars(step).items()
            for tensor in tensors_in(value, objects=False)
        ]
        return kept
    for name in tensor_names(kind):
        _read(step, SAVED + name, _RAW + name, kept)
    wrapped = getattr(step, "_wrapped_node", None)  # the op that CopySlices writes a view with
    if wrapped is not None:
        inner = kept_by(wrapped)
        kept.tensors += inner.tensors
        kept.hindrances += inner.hindrances
    return kept


class Memory:
    """Whose memory saved tensors are in; each piece is counted once, at the step that came first.

    Args:
        given: the tensors that the model was called with.
        maker: id of the forward node that made a tensor, None where it is not known.
    """

    def __init__(
        self,
        model: nn.Module,
        given: Iterable[tuple[str, torch.Tensor]],
        maker: Callable[[torch.Tensor], tuple[str | None, SavedKind]],
    ) -> None:
        self._maker = maker
        self._owners: dict[int, tuple[SavedKind, str]] = {}
        owned: list[tuple[SavedKind, Iterable[tuple[str, torch.Tensor]]]] = [
            ("input", given),
            ("buffer", model.named_buffers()),
            ("parameter", model.named_parameters()),
        ]
        for kind, tensors in owned:
            for name, tensor in tensors:
                for storage in _storages(tensor):
                    self._owners[storage._cdata] = (kind, name)
        self._savers: dict[int, str] = {}
        self._alive: list[torch.UntypedStorage] = []  # so that no address is used again

    def saved(self, step_id: str, forward: str | None, kept: Kept) -> Iterator[SavedTensor]:
        """Rows of what a step keeps; to be asked in the order of the forward pass."""
        for name, tensor in kept.tensors:
            storages = _storages(tensor)
            kind, source = self._origin(tensor, storages, forward)
            fresh = [s for s in storages if s._cdata not in self._savers]
            for storage in fresh:
                self._savers[storage._cdata] = step_id
                self._alive.append(storage)
            first = self._savers[storages[0]._cdata] if storages else step_id
            size_bytes = sum(storage.nbytes() for storage in fresh)
            held_bytes = size_bytes if kind == "activation" else 0
            yield SavedTensor(step_id, name, tensor_spec(tensor), kind, source, first, held_bytes)

    def _origin(
        self, tensor: torch.Tensor, storages: list[torch.UntypedStorage], forward: str | None
    ) -> tuple[SavedKind, str | None]:
        owner = self._owners.get(storages[0]._cdata) if storages else None
        if owner is not None and owner[0] != "input":
            return owner
        source, kind = self._maker(tensor)
        if owner is not None:
            return "input", source or owner[1]
        if source is None and _is_number(tensor):
            return "constant", None
        return kind, source or forward  # made inside the op and never handed out: a mask, say


def _is_number(tensor: torch.Tensor) -> bool:
    """A number written in the code, which torch wraps into a scalar of the widest dtype."""
    return tensor.dim() == 0 and tensor.dtype in _WIDEST


def _read(step: Any, name: str, raw_name: str, kept: Kept) -> None:
    """Add one saved attribute of a step, which holds a tensor or several."""
    raw = getattr(step, raw_name, None)
    packs: list[Any] = list(raw) if isinstance(raw, list | tuple) else [raw]
    label = "" if name == "saved_tensors" else name.removeprefix(SAVED)
    if any(getattr(pack, "unpack_hook", None) is not None for pack in packs):
        kept.hindrances.append(PACKED)
        inside = [tensor for pack in packs for tensor in tensors_in(pack.data)]
        kept.tensors += _labelled(label, inside)
        return
    try:
        value = getattr(step, name)
    except RuntimeError as error:  # torch's own refusal, which says which of the two it is
        kept.hindrances.append(FREED if "freed" in str(error) else OVERWRITTEN)
        return
    kept.tensors += _labelled(label, tensors_in(value))


def _labelled(label: str, tensors: list[torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    if len(tensors) == 1 and label:
        return [(label, tensors[0])]
    return [(f"{label}[{i}]" if label else str(i), tensor) for i, tensor in enumerate(tensors)]


def _kind_of(step: Any) -> Any:
    return type(step)


@cache
def tensor_names(kind: type) -> tuple[str, ...]:
    """Under which names the steps of a class save tensors."""
    return tuple(name.removeprefix(_RAW) for name in dir(kind) if name.startswith(_RAW))


def _storages(tensor: torch.Tensor) -> list[torch.UntypedStorage]:
    """The memory behind a tensor: of its parts where it is sparse, nested or a wrapper."""
    parts = _SPARSE.get(tensor.layout)
    if parts is not None:
        found = [storage_of(getattr(tensor.detach(), part)()) for part in parts]
    elif tensor.is_nested:
        found = [storage_of(tensor.values())]
    else:
        found = [storage_of(inner) for inner in (held_tensors(tensor) or [tensor])]
    return [storage for storage in found if storage is not None]
