"""The values of a folder of `torch.distributed.checkpoint`, put together tensor by tensor."""

from __future__ import annotations

import io
import pickle
import zipfile
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any

import torch

from torchatlas.capture.checkpoint import CannotRead, Closing
from torchatlas.capture.checkpoint_metadata import (
    Chunk,
    DistributedTensor,
    read_distributed_metadata,
)
from torchatlas.capture.checkpoint_state import MODEL_KEYS, NO_WEIGHTS
from torchatlas.errors import RunError
from torchatlas.run import IN_FILE, StoredTensor, TensorSpec

_MOST_COMPARED = 1024
"""Of so many blocks each is held against each; of more their number of values is counted alone."""


class DistributedTensors(Closing):
    """Tensors in blocks that the ranks of a training wrote; no process group is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tensors, others = read_distributed_metadata(folder / ".metadata")
        weights, notes = _weights(tensors)
        if not weights:
            raise RunError(f"{folder} is a distributed checkpoint without tensors of a model")
        if others:
            notes.append(f"{others:,} values that are no tensors were left aside")
        for tensor in weights.values():
            self._check(tensor)
        self._by_name = weights
        self.entries = tuple(_stored(name, tensor) for name, tensor in weights.items())
        files = {chunk.file for tensor in weights.values() for chunk in tensor.chunks}
        self.facts = {"files": str(len(files))}
        self.notes = tuple(notes)

    def read(self, name: str) -> torch.Tensor:
        """The values of a tensor; of one in several blocks those together."""
        tensor = self._by_name[name]
        for chunk in tensor.chunks:
            if chunk.transforms:
                raise CannotRead(f"it is stored with {', '.join(chunk.transforms)}")
        if len(tensor.chunks) == 1 and tensor.chunks[0].sizes == tensor.shape:
            return self._block(tensor, tensor.chunks[0])
        _check_blocks(tensor)
        whole = torch.empty(tensor.shape, dtype=tensor.dtype)
        for chunk in tensor.chunks:
            place = tuple(
                slice(start, start + size)
                for start, size in zip(chunk.offsets, chunk.sizes, strict=True)
            )
            whole[place] = self._block(tensor, chunk)
        return whole

    def _check(self, tensor: DistributedTensor) -> None:
        for chunk in tensor.chunks:
            file = self._folder / chunk.file
            if (
                Path(chunk.file).name != chunk.file
                or chunk.file in ("", ".", "..")
                or ("\\" in chunk.file)
            ):
                raise RunError(
                    f"{self._folder / '.metadata'} says that {tensor.name[:200]!r} is in "
                    f"{chunk.file[:200]!r}, which is not the name of a file beside it; nothing "
                    "outside the folder is read"
                )
            try:
                size = file.stat().st_size if file.is_file() else -1
            except OSError as error:
                raise RunError(f"{file} cannot be read: {error}") from error
            if size < 0:
                raise RunError(f"{self._folder} lacks {chunk.file}; copy the whole folder")
            if chunk.start + chunk.size_bytes > size:
                raise RunError(
                    f"{file} has {size:,} bytes, and {tensor.name[:200]!r} goes on to byte "
                    f"{chunk.start + chunk.size_bytes:,}: it was cut off; copy it again"
                )

    def _block(self, tensor: DistributedTensor, chunk: Chunk) -> torch.Tensor:
        path = self._folder / chunk.file
        try:
            with path.open("rb") as file:
                part = _Part(file, chunk.start, chunk.size_bytes)
                block = torch.load(io.BufferedReader(part), map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            line = " ".join(str(error).split("Unsupported global:")[-1].split())[:200]
            raise RunError(
                f"{path} was not loaded: {tensor.name[:200]!r} is a pickle that asks for code: "
                f"{line}"
            ) from error
        except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            line = " ".join(str(error).split())[:200]
            raise RunError(f"{path} is damaged at {tensor.name[:200]!r}: {line}") from error
        if not isinstance(block, torch.Tensor) or tuple(block.shape) != chunk.sizes:
            raise RunError(f"{path}: {tensor.name[:200]!r} is not what .metadata says of it")
        return block.detach()


class _Part(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, file: Any, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, place: Any) -> int:
        count = max(0, min(len(place), self._size - self._at))
        self._file.seek(self._start + self._at)
        got: int = self._file.readinto(memoryview(place)[:count])
        self._at += got
        return got


def _weights(
    tensors: tuple[DistributedTensor, ...],
) -> tuple[dict[str, DistributedTensor], list[str]]:
    """The tensors of the model by name, and what was left aside."""
    parts: dict[str, list[DistributedTensor]] = {}
    for tensor in tensors:
        nested = tensor.path[0] if len(tensor.path) > 1 else ""
        parts.setdefault(nested, []).append(tensor)
    model = next((key for key in MODEL_KEYS if key in parts), None)
    if model is not None:
        kept = {".".join(one.path[1:]): one for one in parts.pop(model)}
    else:
        kept = {
            one.name: one
            for key, found in parts.items()
            for one in found
            if not NO_WEIGHTS.search(key or one.name.partition(".")[0])
        }
        parts = {
            key: [one for one in found if one.name not in kept] for key, found in parts.items()
        }
    left = {key or "others": len(found) for key, found in parts.items() if found}
    notes = [
        f"{key[:200]} ({count:,} tensor{'s' * (count > 1)}) was left aside: it is not the model's "
        "weights"
        for key, count in left.items()
    ]
    return kept, notes


def _stored(name: str, tensor: DistributedTensor) -> StoredTensor:
    size_bytes = prod(tensor.shape) * tensor.dtype.itemsize
    dtype = str(tensor.dtype).removeprefix("torch.")
    file = tensor.chunks[0].file if tensor.chunks else ""
    return StoredTensor(name, TensorSpec(tensor.shape, dtype, IN_FILE, size_bytes), file)


def _check_blocks(tensor: DistributedTensor) -> None:
    """Blocks lie within the tensor and fill it, each value once."""
    for chunk in tensor.chunks:
        ends = [start + size for start, size in zip(chunk.offsets, chunk.sizes, strict=False)]
        fits = len(ends) == len(tensor.shape) and len(chunk.sizes) == len(tensor.shape)
        if not fits or any(end > size for end, size in zip(ends, tensor.shape, strict=True)):
            raise CannotRead("a block of it lies outside the tensor")
    filled = sum(prod(chunk.sizes) for chunk in tensor.chunks)
    if filled != prod(tensor.shape):
        raise CannotRead(
            f"its blocks hold {filled:,} values and it has {prod(tensor.shape):,}: files of some "
            "ranks are missing"
        )
    if len(tensor.chunks) <= _MOST_COMPARED and any(
        _overlap(one, other) for one, other in combinations(tensor.chunks, 2)
    ):
        raise CannotRead("blocks of it overlap")


def _overlap(one: Chunk, other: Chunk) -> bool:
    return all(
        start < other_start + other_size and other_start < start + size
        for start, size, other_start, other_size in zip(
            one.offsets, one.sizes, other.offsets, other.sizes, strict=True
        )
    )
