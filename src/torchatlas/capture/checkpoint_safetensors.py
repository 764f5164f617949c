"""The values of safetensors files, read into one piece of memory that is used again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch

from torchatlas.capture.checkpoint import CannotRead, Closing
from torchatlas.errors import RunError
from torchatlas.run import StoredTensor

_PIECE_BYTES = 64 * 1024**2
"""A Ctrl-C is answered between pieces of this size."""


class SafetensorsTensors(Closing):
    """Tensors of one or several files; memory is that of the largest one that was read.

    Plain reading into memory that is there already is quicker than mapping the file, whose pages
    would have to be put in place one by one.
    """

    def __init__(
        self,
        entries: Sequence[StoredTensor],
        facts: dict[str, str] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.entries = tuple(entries)
        self.facts = dict(facts or {})
        self.notes = tuple(notes)
        self._by_name = {entry.name: entry for entry in entries}
        self._next = _following(self.entries)
        self._memory = torch.empty(0, dtype=torch.uint8)
        self._file = ""
        self._descriptor = -1

    def read(self, name: str) -> torch.Tensor:
        """The values of a tensor, until the next one is read."""
        entry = self._by_name[name]
        spec = entry.spec
        dtype = getattr(torch, spec.dtype, None)
        if (
            not isinstance(dtype, torch.dtype)
            or prod(spec.shape) * dtype.itemsize != spec.size_bytes
        ):
            raise CannotRead(f"this torch has no elements of the dtype {spec.dtype}")
        if not spec.size_bytes:
            return torch.empty(spec.shape, dtype=dtype)
        try:
            values = self._bytes(entry)
        except OSError as error:
            raise RunError(f"{entry.file} cannot be read: {error}") from error
        if dtype == torch.bool:
            return (values != 0).reshape(spec.shape)  # other bytes than 0 and 1 are no bool
        return values.view(dtype).reshape(spec.shape)

    def close(self) -> None:
        """Let go of the open file and the memory."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._file, self._descriptor = "", -1
        self._memory = torch.empty(0, dtype=torch.uint8)

    def _bytes(self, entry: StoredTensor) -> torch.Tensor:
        size = entry.spec.size_bytes
        if self._memory.numel() < size:
            self._memory = torch.empty(0, dtype=torch.uint8)  # gone before there is a larger one
            self._memory = torch.empty(size, dtype=torch.uint8)
        self._open(entry.file)
        values = self._memory[:size]
        place = memoryview(values.numpy().data)
        done = 0
        while done < size:
            got = _read_at(self._descriptor, place[done : done + _PIECE_BYTES], entry.start + done)
            if not got:
                raise RunError(
                    f"{entry.file} ends within {entry.name[:200]!r}: it became shorter while it "
                    "was read"
                )
            done += got
        self._announce(entry.name)
        return values

    def _open(self, file: str) -> None:
        if file == self._file:
            return
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._file, self._descriptor = "", -1
        self._descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._file = file

    def _announce(self, name: str) -> None:
        """Tell the system what comes next, so that it reads ahead from the disk."""
        following = self._next.get(name)
        if following is not None and following.file == self._file and hasattr(os, "posix_fadvise"):
            size = following.spec.size_bytes
            os.posix_fadvise(self._descriptor, following.start, size, os.POSIX_FADV_WILLNEED)


def _following(entries: tuple[StoredTensor, ...]) -> dict[str, StoredTensor]:
    return {before.name: after for before, after in pairwise(entries)}


def _read_at(descriptor: int, place: memoryview, start: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [place], start)
    os.lseek(descriptor, start, os.SEEK_SET)
    content = os.read(descriptor, len(place))
    place[: len(content)] = content
    return len(content)
