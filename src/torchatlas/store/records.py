"""TensorBoard's record format: length, its checksum, data, their checksum; over and over.

Format: `tensorflow/core/lib/io/record_writer.h`. Integers are little-endian, checksums are CRC-32C
masked as there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import google_crc32c

_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8


@dataclass(frozen=True, slots=True)
class Record:
    """One record that was read, or what was found where one should be.

    Attributes:
        offset: where it begins in the file, in bytes.
        data: what it holds; None when it cannot be read.
        problem: why it cannot be: "torn" (the file ends inside it), "header" (its length is
            damaged, so nothing after it can be found) or "data" (only this one is lost).
    """

    offset: int
    data: bytes | None
    problem: Literal["torn", "header", "data"] | None = None


def frame(data: bytes) -> bytes:
    """A record that holds these data."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked_checksum(length), data, _masked_checksum(data)))


def read_records(content: bytes) -> Iterator[Record]:
    """The records of an event file, up to its end or to damage that hides what follows."""
    offset = 0
    while offset < len(content):
        body = offset + _HEADER.size
        if body > len(content):
            yield Record(offset, None, "torn")
            return
        length, checksum = _HEADER.unpack_from(content, offset)
        if _masked(content[offset : offset + 8]) != checksum:
            yield Record(offset, None, "header")
            return
        end = body + length
        if end + _CHECKSUM.size > len(content):
            yield Record(offset, None, "torn")
            return
        data = content[body:end]
        intact = _masked(data) == _CHECKSUM.unpack_from(content, end)[0]
        yield Record(offset, data) if intact else Record(offset, None, "data")
        offset = end + _CHECKSUM.size


def _masked_checksum(data: bytes) -> bytes:
    return _CHECKSUM.pack(_masked(data))


def _masked(data: bytes) -> int:
    """CRC-32C, rotated and shifted: a checksum of data that hold checksums is a poor one."""
    checksum: int = google_crc32c.value(data)
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF
