"""What a distributed checkpoint says of itself, read without running what is in the pickle.

`torch.distributed.checkpoint` keeps a pickle in the file `.metadata`, and torch unpickles it with
whatever it names. Here every class that it may name is replaced by one that only holds values.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch

from torchatlas.errors import RunError

LARGEST_METADATA_BYTES = 1024**3
_CLASSES = {
    "torch.distributed.checkpoint.metadata": (
        *("Metadata", "TensorStorageMetadata", "ChunkStorageMetadata", "BytesStorageMetadata"),
        *("TensorProperties", "MetadataIndex", "StorageMeta", "_MEM_FORMAT_ENCODING"),
    ),
    "torch.distributed.checkpoint.filesystem": ("_StorageInfo",),
}
_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A block of a tensor: where in the tensor it lies, and where in which file."""

    offsets: tuple[int, ...]
    sizes: tuple[int, ...]
    file: str
    start: int
    size_bytes: int
    transforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DistributedTensor:
    """A tensor in blocks; `path` is how it was nested in what was saved, outermost key first."""

    name: str
    path: tuple[str, ...]
    dtype: torch.dtype
    shape: tuple[int, ...]
    chunks: tuple[Chunk, ...]


def read_distributed_metadata(file: Path) -> tuple[tuple[DistributedTensor, ...], int]:
    """The tensors of a distributed checkpoint, and how many values are in it that are no tensors.

    Raises:
        RunError: it asks for code, is damaged, or contradicts itself.
    """
    try:
        if file.stat().st_size > LARGEST_METADATA_BYTES:
            raise RunError(f"{file} is larger than any description of a checkpoint")
        with file.open("rb") as opened:
            document = _Unpickler(opened).load()
        return _understood(document)
    except _Refused as error:
        raise RunError(
            f"{file} was not loaded: to unpickle it would import and call {error}, and a pickle "
            "can run any code that way. No checkpoint of torch asks for that"
        ) from error
    except RunError:
        raise
    except Exception as error:
        # A damaged pickle raises nearly anything.
        line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise RunError(f"{file} is damaged or of another version of torch: {line}") from error


class _Refused(Exception):  # noqa: N818 (turned into a RunError above)
    """The global that a pickle asked for."""


class _Held:
    """An object of a pickle as its state alone; nothing of the class it names is there."""

    kind: ClassVar[str] = ""

    def __init__(self, *args: Any) -> None:
        self.state: Any = args

    def __new__(cls, *_: Any) -> _Held:
        held = super().__new__(cls)
        held.state = ()
        return held

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def get(self, name: str, default: Any = None) -> Any:
        """A field by name."""
        return self.state.get(name, default) if isinstance(self.state, dict) else default


class _Unpickler(pickle.Unpickler):
    """Knows classes that hold values, dtypes and paths, and nothing that does anything."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _CLASSES.get(module, ()):
            return type(name, (_Held,), {"kind": name})
        if module == "torch":
            if name == "Size":
                return _as_tuple
            found = getattr(torch, name, None)
            if isinstance(found, torch.dtype):
                return found
        if (module, name) == ("torch.serialization", "_get_layout"):
            return _as_text
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module in ("pathlib", "pathlib._local") and name in _PATHS:
            return _as_text
        raise _Refused(f"{module}.{name}"[:200])

    def persistent_load(self, pid: Any) -> Any:  # noqa: ARG002 (its callers say how it is called)
        raise _Refused("a persistent object")


def _as_tuple(sizes: Any = ()) -> tuple[Any, ...]:
    return tuple(sizes)


def _as_text(*parts: Any) -> str:
    return "/".join(map(str, parts))


def _understood(document: Any) -> tuple[tuple[DistributedTensor, ...], int]:
    if not isinstance(document, _Held) or document.kind != "Metadata":
        raise ValueError("it describes no checkpoint")
    stored: dict[tuple[str, tuple[int, ...] | None], _Held] = {}
    for index, info in (document.get("storage_data") or {}).items():
        offset = index.get("offset")
        stored[index.get("fqn"), None if offset is None else _sizes(offset)] = info
    paths = document.get("planner_data") or {}
    tensors, others = [], 0
    for name, described in document.get("state_dict_metadata").items():
        if described.kind != "TensorStorageMetadata":
            others += 1
            continue
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is no name")
        path = paths.get(name) if isinstance(paths, dict) else None
        tensors.append(
            DistributedTensor(
                name,
                tuple(map(str, path)) if isinstance(path, tuple | list) else (name,),
                _dtype(described.get("properties")),
                _sizes(described.get("size")),
                tuple(_chunk(name, chunk, stored) for chunk in described.get("chunks")),
            )
        )
    return tuple(tensors), others


def _chunk(
    name: str, chunk: _Held, stored: dict[tuple[str, tuple[int, ...] | None], _Held]
) -> Chunk:
    offsets = _sizes(chunk.get("offsets"))
    info = stored.get((name, offsets)) or stored.get((name, None))
    if info is None:
        raise ValueError(f"{name[:200]!r} has a block at {offsets} that is in no file")
    file, start, length = (info.get(key) for key in ("relative_path", "offset", "length"))
    if not isinstance(file, str) or type(start) is not int or type(length) is not int:
        raise ValueError(f"{name[:200]!r} has a block at no place")
    if start < 0 or length < 0:
        raise ValueError(f"{name[:200]!r} has a block at byte {start}")
    transforms = tuple(map(str, info.get("transform_descriptors") or ()))
    return Chunk(offsets, _sizes(chunk.get("sizes")), file, start, length, transforms)


def _dtype(properties: Any) -> torch.dtype:
    state = properties.state
    found = state.get("dtype") if isinstance(state, dict) else state[0]
    if not isinstance(found, torch.dtype):
        raise ValueError(f"{found!r} is no dtype")
    return found


def _sizes(value: Any) -> tuple[int, ...]:
    sizes = tuple(value)
    if any(type(size) is not int or size < 0 for size in sizes):
        raise ValueError(f"{sizes} are no sizes")
    return sizes
