"""The header of a safetensors file: names, shapes and places of its tensors, without torch.

A file is the length of the header (8 bytes, little-endian), the header as JSON, and the values one
tensor after the other. Everything the header says is checked against the file before it is used.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import IN_FILE, StoredTensor, TensorSpec
from torchatlas.store.regular_file import check_regular_file

LARGEST_HEADER_BYTES = 100_000_000
"""The limit of the format itself."""

MOST_DIMENSIONS = 64
"""As many as torch has."""

TOO_LARGE = 2**63
"""torch counts with 64 bits, also the other dimensions of a tensor without elements."""

METADATA = "__metadata__"
_LENGTH = struct.Struct("<Q")
_AGAIN = "fetch or write the file again"

DTYPES: dict[str, tuple[str, int]] = {
    "BOOL": ("bool", 8),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "U16": ("uint16", 16),
    "I16": ("int16", 16),
    "U32": ("uint32", 32),
    "I32": ("int32", 32),
    "U64": ("uint64", 64),
    "I64": ("int64", 64),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "F32": ("float32", 32),
    "F64": ("float64", 64),
    "C64": ("complex64", 64),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F4": ("float4_e2m1fn_x2", 4),
    "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6),
}
"""By the name that the format gives a dtype: torch's name for it, and the bits of an element."""


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """What a file says of itself: tensors in the order of the header, and text about them."""

    tensors: tuple[StoredTensor, ...]
    metadata: dict[str, str] = field(default_factory=dict)


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """Read and check the header of a safetensors file; its values are not touched.

    Raises:
        RunError: it is no such file, is cut off, or its header contradicts itself or the file.
    """
    size = check_regular_file(path)
    try:
        with path.open("rb") as file:
            text, data_start = _header_text(file.read(_LENGTH.size), file, size, path)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    document = _parsed(text, path)
    metadata = _metadata(document.pop(METADATA, {}), path)
    tensors = tuple(
        _tensor(name, entry, path, data_start, size) for name, entry in document.items()
    )
    _check_places(tensors, path, data_start, size)
    return SafetensorsHeader((*tensors, *_left_out(tensors, metadata)), metadata)


def _header_text(start: bytes, file: Any, size: int, path: Path) -> tuple[bytes, int]:
    if len(start) < _LENGTH.size:
        raise RunError(f"{path} has {size} bytes and is no safetensors file; {_AGAIN}")
    (length,) = _LENGTH.unpack(start)
    if start[:2] == b"PK" or start[:1] == b"\x80":
        raise RunError(
            f"{path} was written by torch.save and is no safetensors file; give it the ending .pt"
        )
    if length > LARGEST_HEADER_BYTES:
        raise RunError(
            f"{path} claims a header of {length:,} bytes, and the format allows "
            f"{LARGEST_HEADER_BYTES:,}; it is damaged or no safetensors file"
        )
    if _LENGTH.size + length > size:
        raise RunError(
            f"{path} claims a header of {length:,} bytes and has {size - _LENGTH.size:,} bytes "
            f"behind its length: it was cut off; {_AGAIN}"
        )
    return file.read(length), _LENGTH.size + length


def _parsed(text: bytes, path: Path) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(name for name, _ in pairs)
            twice = next(name for name in found if times[name] > 1)
            raise RunError(
                f"{path}: the header names {_short(twice)} twice, so that nobody can tell which "
                "of the two is meant; write the file again"
            )
        return found

    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path}: the header is no JSON: {error}; {_AGAIN}") from error
    if not isinstance(document, dict):
        raise RunError(f"{path}: the header is no JSON object; {_AGAIN}")
    return document


def _metadata(entry: Any, path: Path) -> dict[str, str]:
    is_text = isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())
    if not is_text:
        raise RunError(f"{path}: {METADATA} of the header holds something other than text")
    return dict(entry)


def _tensor(name: str, entry: Any, path: Path, data_start: int, size: int) -> StoredTensor:
    def wrong(what: str) -> RunError:
        return RunError(f"{path}: {_short(name)} {what}; {_AGAIN}")

    if not isinstance(entry, dict):
        raise wrong("has no description in the header")
    code: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    places: Any = entry.get("data_offsets")
    if not isinstance(code, str) or code not in DTYPES:
        raise wrong(f"has the dtype {_short(code)}, which is none of the format")
    if not _are_counts(shape) or len(shape) > MOST_DIMENSIONS:
        raise wrong(f"has the shape {_short(shape)}, which is none")
    if prod(max(one, 1) for one in shape) >= TOO_LARGE:
        raise wrong(f"has the shape {_short(shape)}, which is larger than any tensor")
    if (
        not _are_counts(places)
        or len(places) != 2
        or places[0] > places[1]
        or places[1] >= TOO_LARGE
    ):
        raise wrong(f"lies at {_short(places)}, which is no place")
    begin, end = places
    if data_start + end > size:
        raise wrong(f"ends at byte {data_start + end:,}, and the file has {size:,}: it was cut off")
    dtype, bits = DTYPES[code]
    wanted = prod(shape) * bits
    if wanted != 8 * (end - begin):
        raise wrong(
            f"takes {-(-wanted // 8):,} bytes by its shape and dtype, and {end - begin:,} by its "
            "place in the file"
        )
    spec = TensorSpec(tuple(shape), dtype, IN_FILE, end - begin)
    return StoredTensor(name, spec, str(path), data_start + begin)


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int and one >= 0 for one in value)


def _check_places(
    tensors: tuple[StoredTensor, ...], path: Path, data_start: int, size: int
) -> None:
    """Tensors follow one another without overlap, hole or rest, as the format has it."""
    placed = sorted(tensors, key=lambda one: (one.start, one.spec.size_bytes))
    for before, after in pairwise(placed):
        end = before.start + before.spec.size_bytes
        if end > after.start:
            raise RunError(
                f"{path}: {_short(before.name)} and {_short(after.name)} overlap in the file; "
                "write it again"
            )
        if end < after.start:
            raise RunError(
                f"{path}: nothing is said of the {after.start - end:,} bytes before "
                f"{_short(after.name)}; write it again"
            )
    first = placed[0].start if placed else size
    last = placed[-1].start + placed[-1].spec.size_bytes if placed else data_start
    if first > data_start and placed:
        raise RunError(f"{path}: nothing is said of the first {first - data_start:,} bytes of data")
    if last < size:
        raise RunError(
            f"{path} goes on for {size - last:,} bytes after its last tensor, which the format "
            "does not allow; write it again"
        )


def _left_out(
    tensors: tuple[StoredTensor, ...], metadata: dict[str, str]
) -> Iterator[StoredTensor]:
    """Tied tensors that were written once: `save_model` keeps their other names in the metadata."""
    known = {one.name: one for one in tensors}
    for name, first in metadata.items():
        if first in known and name not in known:
            kept = known[first]
            yield StoredTensor(name, kept.spec, kept.file, kept.start, tied_to=first)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
