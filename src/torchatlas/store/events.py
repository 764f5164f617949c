"""The events of an event file, and their form as TensorBoard's protobuf messages.

Messages and field numbers: `tensorboard/compat/proto/event.proto`, `summary.proto`, `tensor.proto`
and `types.proto`.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from torchatlas.run.summary import FloatArray
from torchatlas.store.protobuf import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    MalformedMessage,
    bytes_field,
    double_field,
    read_fields,
    varint_field,
)

FILE_VERSION = "brain.Event:2"
_FLOAT, _DOUBLE = 1, 2
_ELEMENT: dict[int, np.dtype[Any]] = {_FLOAT: np.dtype("<f4"), _DOUBLE: np.dtype("<f8")}
_DATA_CLASS = {"scalars": 1, "histograms": 2}
"""TensorBoard's class of data for its own plugins; it leaves other tensors alone."""

_MOST_DIMENSIONS = 32
"""As many as every version of NumPy can take."""


@dataclass(frozen=True, slots=True)
class Value:
    """Numbers under a tag: a scalar of shape [], or a tensor of any shape."""

    tag: str
    numbers: FloatArray
    plugin: str = "scalars"


@dataclass(frozen=True, slots=True)
class Event:
    """What was noted at one moment. `time_s` is seconds since 1970, `step` optimizer steps."""

    time_s: float
    step: int = 0
    values: tuple[Value, ...] = ()
    file_version: str | None = None


def encode(event: Event, new_tags: frozenset[str] = frozenset()) -> bytes:
    """The event as a message; tags in `new_tags` say to which plugin they belong."""
    parts = [double_field(1, event.time_s)]
    if event.step:
        parts.append(varint_field(2, event.step))
    if event.file_version is not None:
        parts.append(bytes_field(3, event.file_version))
    if event.values:
        values = (bytes_field(1, _encode_value(v, v.tag in new_tags)) for v in event.values)
        parts.append(bytes_field(5, b"".join(values)))
    return b"".join(parts)


def decode(message: bytes) -> Event:
    """The event that a message holds; values that are no numbers are left out.

    Raises:
        MalformedMessage: it is no such message.
    """
    time_s, step, version = 0.0, 0, None
    values: list[Value] = []
    for number, wire, raw in read_fields(message):
        match number, wire, raw:
            case 1, int(_), bytes(data) if wire == FIXED64:
                (time_s,) = struct.unpack("<d", data)
            case 2, int(_), int(unsigned):
                step = unsigned - 2**64 if unsigned >= 2**63 else unsigned
            case 3, int(_), bytes(data):
                version = data.decode(errors="replace")
            case 5, int(_), bytes(data) if wire == BYTES:
                values.extend(_decode_summary(data))
    return Event(time_s, step, tuple(values), version)


def _encode_value(value: Value, is_new: bool) -> bytes:
    dimensions = (bytes_field(2, varint_field(1, size)) for size in value.numbers.shape)
    tensor = b"".join(
        (
            varint_field(1, _DOUBLE),
            bytes_field(2, b"".join(dimensions)),
            bytes_field(4, value.numbers.astype("<f8").tobytes()),
        )
    )
    metadata = bytes_field(9, _metadata(value.plugin)) if is_new else b""
    return bytes_field(1, value.tag) + bytes_field(8, tensor) + metadata


def _metadata(plugin: str) -> bytes:
    data_class = _DATA_CLASS.get(plugin)
    named = bytes_field(1, bytes_field(1, plugin))
    return named if data_class is None else named + varint_field(4, data_class)


def _decode_summary(message: bytes) -> list[Value]:
    decoded = (_decode_value(raw) for number, _, raw in read_fields(message) if number == 1)
    return [value for value in decoded if value is not None]


def _decode_value(message: Any) -> Value | None:
    if not isinstance(message, bytes):
        raise MalformedMessage("a value is no message")
    tag, numbers = "", None
    for number, wire, raw in read_fields(message):
        if number == 1 and isinstance(raw, bytes):
            tag = raw.decode(errors="replace")
        elif number == 2 and wire == FIXED32 and isinstance(raw, bytes):  # as torch writes scalars
            numbers = np.frombuffer(raw, "<f4").astype(np.float64).reshape(())
        elif number == 8 and isinstance(raw, bytes):
            numbers = _decode_tensor(raw)
    return None if numbers is None else Value(tag, numbers)


def _decode_tensor(message: bytes) -> FloatArray | None:
    """The numbers of a tensor of single or double precision; None for other tensors."""
    kind, shape, data = 0, [], b""
    for number, wire, raw in read_fields(message):
        if number == 1 and wire == VARINT and isinstance(raw, int):
            kind = raw
        elif number == 2 and isinstance(raw, bytes):
            shape = [_dimension(inner) for n, _, inner in read_fields(raw) if n == 2]
        elif number in (4, 5, 6) and isinstance(raw, bytes):  # content, floats, doubles
            data += raw
    if kind not in _ELEMENT:
        return None
    element = _ELEMENT[kind]
    readable = len(shape) <= _MOST_DIMENSIONS and all(size < 2**31 for size in shape)
    if not readable or len(data) != math.prod(shape) * element.itemsize:
        raise MalformedMessage(f"a tensor of shape {shape} comes with {len(data)} bytes")
    numbers: FloatArray = np.frombuffer(data, element).astype(np.float64).reshape(shape)
    return numbers


def _dimension(message: Any) -> int:
    if not isinstance(message, bytes):
        raise MalformedMessage("a dimension is no message")
    sizes = [raw for number, _, raw in read_fields(message) if number == 1]
    size = sizes[0] if sizes else 0
    if not isinstance(size, int):
        raise MalformedMessage("a dimension is no number")
    return size
