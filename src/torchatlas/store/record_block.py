"""Many records of an event file at once: where they are, and whether their checksums fit."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import google_crc32c
import numpy as np
import numpy.typing as npt

_HEADER = struct.Struct("<QI")
_MASK_DELTA = 0xA282EAD8
_MOST_LENGTHS = 4_096


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Whole records that follow one another.

    Attributes:
        offsets: where each begins, in bytes from the beginning of what was read.
        records: what each holds. is_sound: whether that has the checksum that stands behind it.
        end: where the next record begins.
        is_stuck: whether the length of that next one is damaged.
    """

    offsets: list[int]
    records: list[bytes]
    is_sound: npt.NDArray[np.bool_]
    end: int
    is_stuck: bool

    def by_length(self, least: int) -> list[npt.NDArray[np.int64]]:
        """Indices of sound records that are as long as at least so many others, group by group."""
        lengths = np.fromiter(map(len, self.records), np.int64, len(self.records))
        groups = (np.flatnonzero(self.is_sound & (lengths == one)) for one in np.unique(lengths))
        return [group for group in groups if len(group) >= least]


class RecordScan:
    """Finds records; of a length that it has seen it does not check again that it is sound."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lengths: dict[bytes, int] = {}

    def block(self, content: bytes, start: int, most: int) -> RecordBlock:
        """The whole records from `start` on, in about `most` bytes."""
        offset, until = start, min(start + most, len(content) - _HEADER.size + 1)
        known, end = self._lengths, len(content) - 4
        offsets: list[int] = []
        bounds: list[tuple[int, int]] = []
        is_stuck = False
        while offset < until:
            head = content[offset : offset + 12]
            length = known.get(head)
            if length is None:
                length = self._length(head)
                if length is None:
                    is_stuck = True
                    break
            after = offset + 12 + length
            if after > end:
                break
            offsets.append(offset)
            bounds.append((offset + 12, after))
            offset = after + 4
        records = [content[begin:after] for begin, after in bounds]
        told = np.array([after for _, after in bounds], np.int64)
        return RecordBlock(offsets, records, _fit(content, records, told), offset, is_stuck)

    def _length(self, head: bytes) -> int | None:
        """The length that the head of a record says; None where it is damaged."""
        length, expected = _HEADER.unpack(head)
        if masked_checksum(head[:8]) != expected:
            return None
        if len(self._lengths) < _MOST_LENGTHS:  # most records are as long as others
            self._lengths[head] = length
        return int(length)


def masked_checksum(data: bytes) -> int:
    """CRC-32C as event files hold it."""
    found: int = google_crc32c.value(data)
    return ((found >> 15 | found << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _fit(
    content: bytes, records: list[bytes], told_at: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Whether each record has the checksum that stands at a place."""
    found = np.fromiter(map(google_crc32c.value, records), np.uint64, len(records))
    masked = (found >> np.uint64(15) | found << np.uint64(17)) & np.uint64(0xFFFFFFFF)
    masked = (masked + np.uint64(_MASK_DELTA)) & np.uint64(0xFFFFFFFF)
    data = np.frombuffer(content, np.uint8)
    told = np.ascontiguousarray(data[told_at[:, None] + np.arange(4)]).view("<u4")[:, 0]
    fits: npt.NDArray[np.bool_] = masked == told
    return fits
