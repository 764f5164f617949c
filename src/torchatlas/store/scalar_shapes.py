"""Reads scalars by what does not change from one to the next of the same series.

Nearly all records of a training are scalars, and those of one series differ in time, step and value
alone. What stands between step and value, and behind the value, is looked up; a record that is not
found there is read by `events.decode`, and its surroundings are learnt from it. Records of one
length are looked up together, as the rows of a matrix of bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.store.events import Event, decode
from torchatlas.store.protobuf import MalformedMessage

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

_TIME = struct.Struct("<d")
_FORMS = {4: struct.Struct("<f"), 8: struct.Struct("<d")}
_MOST_SHAPES = 4
_MOST_SERIES = 100_000
_LONGEST = 2_048
"""Bytes of a record beyond which it is no plain scalar."""

_SHORTEST = 14
_STEP_AT = 9
"""Where the step stands, behind the time."""

_MOST_STEP_BYTES = 8
"""Longer ones are looked up one by one."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, and without a pattern in its bits: keys that differ get numbers that do, nearly always."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Points of one series: the rows that they were found in, rising, and what they hold."""

    series: Any
    rows: IntArray
    steps: IntArray
    times: FloatArray
    values: FloatArray


class ScalarShapes:
    """What surrounds the values of the series that are known."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._shapes: list[tuple[int, int]] = []
        self._known: list[dict[bytes, Any]] = []
        self._numbers: dict[int, list[np.uint64]] = {}

    def point(self, data: bytes) -> tuple[Any, int, float, float] | None:
        """Series, step, time and value that an event holds; None where that is not known."""
        size = len(data)
        if size < _SHORTEST or size > _LONGEST or data[0] != 9:
            return None
        at, step = _STEP_AT, 0
        if data[_STEP_AT] == 16:
            at, shift = _STEP_AT + 1, 0
            while True:
                if at >= size or shift > 56:
                    return None
                byte = data[at]
                at += 1
                step |= (byte & 127) << shift
                if byte < 128:
                    break
                shift += 7
        for (width, tail), known in zip(self._shapes, self._known, strict=True):
            value_at = size - width - tail
            series = known.get(data[at:value_at] + data[size - tail :] * bool(tail))
            if series is not None:
                time_s: float = _TIME.unpack_from(data, 1)[0]
                return series, step, time_s, _FORMS[width].unpack_from(data, value_at)[0]
        return None

    def points(self, records: Sequence[bytes]) -> Iterator[Lot]:
        """The points of records of one length, as far as what surrounds them is known."""
        size = len(records[0])
        if size < _SHORTEST or size > _LONGEST or not self._shapes:
            return
        data = np.frombuffer(b"".join(records), np.uint8).reshape(len(records), size)
        rows = np.flatnonzero(data[:, 0] == 9)
        after, steps = _steps(data[rows])
        for at in np.unique(after[after > 0]).tolist():
            here = after == at
            yield from self._lots(data, rows[here], steps[here], at)

    def learn(self, data: bytes, event: Event, series: Any) -> None:
        """Remember what surrounds the one value of an event."""
        if len(data) > _LONGEST or data[:1] != b"\x09":
            return
        place = _place(data, event)
        if place is None:
            return
        value_at, width = place
        tail = len(data) - value_at - width
        shape = (width, tail)
        if shape not in self._shapes:
            if len(self._shapes) == _MOST_SHAPES:
                return
            self._shapes.append(shape)
            self._known.append({})
        known = self._known[self._shapes.index(shape)]
        if len(known) == _MOST_SERIES:
            return
        key = data[_after_step(data) : value_at] + data[len(data) - tail :] * bool(tail)
        known[key] = series
        number = _numbers(_words(np.frombuffer(key, np.uint8)[None]))[0]
        self._numbers.setdefault(len(key), []).append(number)

    def _lots(self, data: Bytes, rows: IntArray, steps: IntArray, at: int) -> Iterator[Lot]:
        """Of rows whose steps end at the same byte."""
        size = data.shape[1]
        for (width, tail), known in zip(self._shapes, self._known, strict=True):
            value_at = size - width - tail
            if value_at < at or not rows.size:
                continue
            keys = np.concatenate([data[rows, at:value_at], data[rows, size - tail : size]], 1)
            left = np.ones(len(rows), bool)
            for same, series in self._found(keys, known):
                left[same] = False
                found = rows[same]
                values = np.ascontiguousarray(data[found, value_at : value_at + width])
                yield Lot(
                    series,
                    found,
                    steps[same],
                    np.ascontiguousarray(data[found, 1:9]).view("<f8")[:, 0],
                    values.view(f"<f{width}")[:, 0].astype(np.float64),
                )
            rows, steps = rows[left], steps[left]

    def _found(self, keys: Bytes, known: dict[bytes, Any]) -> Iterator[tuple[IntArray, Any]]:
        """For every series among the keys the rows that are its own, rising, and the series."""
        words = _words(keys)
        numbers = _numbers(words)
        there = np.flatnonzero(np.isin(numbers, self._numbers.get(keys.shape[1], [])))
        for group in _alike(numbers, there):
            series = known.get(keys[group[0]].tobytes())
            if series is not None:
                yield group[(words[group] == words[group[0]]).all(axis=1)], series


def _steps(data: Bytes) -> tuple[IntArray, IntArray]:
    """Where the step of every row ends, 0 where that is to be found out alone; and the steps."""
    steps = np.zeros(len(data), np.int64)
    after = np.full(len(data), _STEP_AT)
    going = data[:, _STEP_AT] == 16
    after[going] = 0
    for number in range(min(_MOST_STEP_BYTES, data.shape[1] - _STEP_AT - 1)):
        if not going.any():
            break
        byte = data[:, _STEP_AT + 1 + number].astype(np.int64)
        steps += np.where(going, (byte & 127) << 7 * number, 0)
        after[going & (byte < 128)] = _STEP_AT + 2 + number
        going &= byte >= 128
    return after, steps


def _alike(numbers: Words, rows: IntArray) -> Iterator[IntArray]:
    """The rows that have the same number, rising, for each number that there is."""
    if not rows.size:
        return
    own = numbers[rows]
    if (own == own[0]).all():
        yield rows
        return
    order = np.argsort(own, kind="stable")
    yield from np.split(rows[order], np.flatnonzero(np.diff(own[order])) + 1)


def _numbers(words: Words) -> Words:
    """A number made of every row, the same for rows that are."""
    numbers = np.zeros(len(words), np.uint64)
    for column in words.T:
        numbers = (numbers ^ column) * _FACTOR
        numbers ^= numbers >> np.uint64(29)
    return numbers


def _words(keys: Bytes) -> Words:
    """Rows of bytes as rows of eight bytes each, filled up with zeros."""
    count, size = keys.shape
    filled = np.zeros((count, -(-size // 8) * 8), np.uint8)
    filled[:, :size] = keys
    return filled.view(np.uint64)


def _after_step(data: bytes) -> int:
    at = _STEP_AT
    if data[_STEP_AT : _STEP_AT + 1] == b"\x10":
        at = _STEP_AT + 1
        while data[at] > 127:
            at += 1
        at += 1
    return at


def _place(data: bytes, event: Event) -> tuple[int, int] | None:
    """Offset and width of the value's bytes: those that alone change what is read."""
    number = float(event.values[0].numbers)
    for width, form in _FORMS.items():
        try:
            raw = form.pack(number)
        except OverflowError:
            continue
        at = data.rfind(raw)
        if at < _after_step(data):
            continue
        other = form.pack(1.5 if number != 1.5 else 2.5)
        try:
            changed = decode(data[:at] + other + data[at + width :])
        except MalformedMessage:
            continue
        same = (changed.time_s, changed.step, changed.session, changed.file_version) == (
            event.time_s,
            event.step,
            event.session,
            event.file_version,
        )
        if not same or len(changed.values) != 1 or changed.values[0].tag != event.values[0].tag:
            continue
        if (
            changed.values[0].numbers.ndim == 0
            and changed.values[0].numbers == form.unpack(other)[0]
        ):
            return at, width
    return None
