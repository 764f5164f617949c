"""Reads scalars by what does not change from one to the next of the same series.

Nearly all records of a training are scalars, and those of one series differ in time, step and value
alone. What stands between step and value, and behind the value, is looked up; a record that is not
found there is read by `events.decode`, and its surroundings are learnt from it.
"""

from __future__ import annotations

import struct
from typing import Any

from torchatlas.store.events import Event, decode
from torchatlas.store.protobuf import MalformedMessage

_TIME = struct.Struct("<d")
_FORMS = {4: struct.Struct("<f"), 8: struct.Struct("<d")}
_MOST_SHAPES = 4
_MOST_SERIES = 100_000
_LONGEST = 2_048
"""Bytes of a record beyond which it is no plain scalar."""


class ScalarShapes:
    """What surrounds the values of the series that are known."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._shapes: list[tuple[int, int]] = []
        self._known: list[dict[bytes, tuple[Any, ...]]] = []

    def take(self, data: bytes) -> bool:
        """Append the point that an event holds to its series; False where that is not known."""
        size = len(data)
        if size < 14 or size > _LONGEST or data[0] != 9:
            return False
        at, step = 9, 0
        if data[9] == 16:
            step = data[10]
            at = 11
            if step > 127:
                step &= 127
                shift = 7
                while True:
                    if at >= size or shift > 56:
                        return False
                    byte = data[at]
                    at += 1
                    step |= (byte & 127) << shift
                    if byte < 128:
                        break
                    shift += 7
        for (width, tail), known in zip(self._shapes, self._known, strict=True):
            value_at = size - width - tail
            key = data[at:value_at] + data[size - tail :] if tail else data[at:value_at]
            found = known.get(key)
            if found is not None:
                add_step, add_time, add_value, unpack = found
                add_time(_TIME.unpack_from(data, 1)[0])
                add_step(step)
                add_value(unpack(data, value_at)[0])
                return True
        return False

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
        if len(known) >= _MOST_SERIES:
            return
        key = data[_after_step(data) : value_at] + data[len(data) - tail :] * bool(tail)
        unpack = _FORMS[width].unpack_from
        steps, times, values = series.steps, series.times, series.values
        known[key] = (steps.append, times.append, values.append, unpack)


def _after_step(data: bytes) -> int:
    at = 9
    if data[9:10] == b"\x10":
        at = 10
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
