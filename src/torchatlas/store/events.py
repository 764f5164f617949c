"""The events of an event file, and their form as TensorBoard's protobuf messages.

Messages and field numbers: `tensorboard/compat/proto/event.proto`, `summary.proto`, `tensor.proto`
and `types.proto`.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from typing import Any, Literal

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
    read_varints,
    varint_field,
)

Session = Literal["start", "stop"]

FILE_VERSION = "brain.Event:2"
_FLOAT, _DOUBLE, _STRING = 1, 2, 7
_ELEMENT: dict[int, np.dtype[Any]] = {
    _FLOAT: np.dtype("<f4"),
    _DOUBLE: np.dtype("<f8"),
    3: np.dtype("<i4"),
    4: np.dtype("u1"),
    9: np.dtype("<i8"),
    10: np.dtype("?"),
    19: np.dtype("<f2"),
}
"""Kinds of elements that are read; their numbers are those of `types.proto`."""

_REPEATED = {5: _FLOAT, 6: _DOUBLE, 7: 3, 10: 9}
"""Fields of a tensor that hold its numbers one by one, and of what kind they are."""

_DATA_CLASS = {"scalars": 1, "histograms": 2}
"""TensorBoard's class of data for its own plugins; it leaves other tensors alone."""

_MOST_DIMENSIONS = 32
"""As many as every version of NumPy can take."""

_SESSIONS: dict[int, Session] = {1: "start", 2: "stop"}
_SESSION_NUMBERS = {name: number for number, name in _SESSIONS.items()}


@dataclass(frozen=True, slots=True)
class Value:
    """What an event holds under a tag.

    Attributes:
        numbers: a scalar of shape [], or a tensor of any shape; a histogram as rows
            (left, right, count), shape [bins, 3]. Empty where the value is text or pictures.
        plugin: whose data it is, as far as it is said: often with the first value of a tag alone.
        strings: elements of a tensor of texts or of encoded pictures.
        content: what the plugin noted beside the tag.
        figures: minimum, maximum, sum and sum of squares where a histogram came with them.
    """

    tag: str
    numbers: FloatArray
    plugin: str = "scalars"
    strings: tuple[bytes, ...] = ()
    content: bytes = b""
    figures: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What was noted at one moment. `time_s` is seconds since 1970, `step` optimizer steps.

    Attributes:
        session: "start" where a writer begins at `step`, which makes what stood at that step and
            later void; "stop" where it has come to its end.
        has_graph: it holds a graph of TensorBoard's own form.
    """

    time_s: float
    step: int = 0
    values: tuple[Value, ...] = ()
    file_version: str | None = None
    session: Session | None = None
    has_graph: bool = False


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
    if event.session is not None:
        parts.append(bytes_field(7, varint_field(1, _SESSION_NUMBERS[event.session])))
    return b"".join(parts)


def decode(message: bytes) -> Event:
    """The event that a message holds; values of forms that are not known are left out.

    Raises:
        MalformedMessage: it is no such message.
    """
    time_s, step, version, session, graph = 0.0, 0, None, None, False
    values: list[Value] = []
    for number, wire, raw in read_fields(message):
        match number, wire, raw:
            case 1, int(_), bytes(data) if wire == FIXED64:
                (time_s,) = struct.unpack("<d", data)
            case 2, int(_), int(unsigned):
                step = unsigned - 2**64 if unsigned >= 2**63 else unsigned
            case 3, int(_), bytes(data):
                version = data.decode(errors="replace")
            case 4, int(_), bytes(data):
                graph = True
            case 5, int(_), bytes(data) if wire == BYTES:
                values.extend(_decode_summary(data))
            case 7, int(_), bytes(data) if wire == BYTES:
                session = next((_SESSIONS.get(n) for n in _integers(data, 1)), None)
    return Event(time_s, step, tuple(values), version, session, graph)


def moment(message: bytes) -> tuple[int, Session | None]:
    """Step and session of the event that a message holds; its values are passed over.

    Raises:
        MalformedMessage: it is no such message.
    """
    step, session = 0, None
    for number, _, raw in read_fields(message):
        if number == 2 and isinstance(raw, int):
            step = raw - 2**64 if raw >= 2**63 else raw
        elif number == 7 and isinstance(raw, bytes):
            session = next((_SESSIONS.get(n) for n in _integers(raw, 1)), None)
    return step, session


def _encode_value(value: Value, is_new: bool) -> bytes:
    dimensions = (bytes_field(2, varint_field(1, size)) for size in value.numbers.shape)
    tensor = b"".join(
        (
            varint_field(1, _DOUBLE),
            bytes_field(2, b"".join(dimensions)),
            bytes_field(4, value.numbers.astype("<f8").tobytes()),
        )
    )
    if value.strings:
        shape = bytes_field(2, varint_field(1, len(value.strings)))
        texts = b"".join(bytes_field(8, text) for text in value.strings)
        tensor = varint_field(1, _STRING) + bytes_field(2, shape) + texts
    metadata = bytes_field(9, _metadata(value.plugin, value.content)) if is_new else b""
    return bytes_field(1, value.tag) + bytes_field(8, tensor) + metadata


def _metadata(plugin: str, content: bytes) -> bytes:
    data_class = _DATA_CLASS.get(plugin)
    inner = bytes_field(1, plugin) + (bytes_field(2, content) if content else b"")
    named = bytes_field(1, inner)
    return named if data_class is None else named + varint_field(4, data_class)


def _decode_summary(message: bytes) -> list[Value]:
    decoded = (_decode_value(raw) for number, _, raw in read_fields(message) if number == 1)
    return [value for value in decoded if value is not None]


def _decode_value(message: Any) -> Value | None:
    if not isinstance(message, bytes):
        raise MalformedMessage("a value is no message")
    tag, plugin, content = "", "", b""
    found: Value | None = None
    for number, wire, raw in read_fields(message):
        match number, wire, raw:
            case 1, int(_), bytes(data):
                tag = data.decode(errors="replace")
            case 2, int(_), bytes(data) if wire == FIXED32:  # as torch writes scalars
                found = Value("", np.frombuffer(data, "<f4").astype(np.float64).reshape(()))
            case 4, int(_), bytes(data):
                found = _decode_image(data)
            case 5, int(_), bytes(data):
                found = _decode_histogram(data)
            case 6, int(_), bytes(data):
                found = Value("", _NOTHING, "audio", (data,))
            case 8, int(_), bytes(data):
                found = _decode_tensor(data)
            case 9, int(_), bytes(data):
                plugin, content = _decode_metadata(data)
    if found is None:
        return Value(tag, _NOTHING, plugin, content=content) if plugin else None
    return replace(found, tag=tag, plugin=plugin or found.plugin, content=content)


_NOTHING: FloatArray = np.zeros(0)


def _decode_metadata(message: bytes) -> tuple[str, bytes]:
    """Name of the plugin, and what it noted."""
    plugin, content = "", b""
    for number, _, raw in read_fields(message):
        if number == 1 and isinstance(raw, bytes):
            for inner, _, data in read_fields(raw):
                if inner == 1 and isinstance(data, bytes):
                    plugin = data.decode(errors="replace")
                elif inner == 2 and isinstance(data, bytes):
                    content = data
    return plugin, content


def _decode_image(message: bytes) -> Value:
    """A picture of the old form, in the order of the new one: width, height, encoded picture."""
    fields = {number: raw for number, _, raw in read_fields(message)}
    size = [str(raw).encode() if isinstance(raw := fields.get(n), int) else b"" for n in (2, 1)]
    picture = fields.get(4, b"")
    return Value("", _NOTHING, "images", (*size, picture if isinstance(picture, bytes) else b""))


def _decode_histogram(message: bytes) -> Value:
    """A `HistogramProto`: its bins as rows, beside the figures that come with it."""
    figures = dict.fromkeys(range(1, 6), 0.0)
    limits, counts = b"", b""
    for number, wire, raw in read_fields(message):
        if isinstance(raw, bytes) and number in figures and wire == FIXED64:
            (figures[number],) = struct.unpack("<d", raw)
        elif number == 6 and isinstance(raw, bytes):
            limits += raw
        elif number == 7 and isinstance(raw, bytes):
            counts += raw
    if len(limits) != len(counts) or len(limits) % 8:
        raise MalformedMessage(
            f"a histogram has {len(limits)} bytes of limits and {len(counts)} of counts"
        )
    right, count = np.frombuffer(limits, "<f8"), np.frombuffer(counts, "<f8")
    left = (
        np.concatenate([[min(figures[1], *right[:1].tolist())], right[:-1]])
        if right.size
        else right
    )
    rows = np.stack([left, right, count], 1)
    rows[:, :2] = np.clip(rows[:, :2], figures[1], figures[2])  # the outer limits are ±1.8e308
    exact = (figures[1], figures[2], figures[4], figures[5])
    return Value("", rows[rows[:, 2] > 0], "histograms", figures=exact)


def _decode_tensor(message: bytes) -> Value | None:
    """The numbers or texts of a tensor; None for elements of another kind."""
    kind, shape, content = 0, [], b""
    packed: list[bytes] = []
    integers: list[int] = []
    strings: list[bytes] = []
    for number, wire, raw in read_fields(message):
        if number == 1 and wire == VARINT and isinstance(raw, int):
            kind = raw
        elif number == 2 and isinstance(raw, bytes):
            shape = [_dimension(inner) for n, _, inner in read_fields(raw) if n == 2]
        elif number == 4 and isinstance(raw, bytes):
            content = raw
        elif number == 8 and isinstance(raw, bytes):
            strings.append(raw)
        elif number in _REPEATED and isinstance(raw, bytes):
            packed.append(raw)
        elif number in _REPEATED and isinstance(raw, int):
            integers.append(raw)
    if kind == _STRING:
        return Value("", _NOTHING, "text", tuple(strings))
    if kind not in _ELEMENT:
        return None
    element = _ELEMENT[kind]
    data = content or _one_by_one(element, packed, integers)
    readable = len(shape) <= _MOST_DIMENSIONS and all(size < 2**31 for size in shape)
    size = math.prod(shape)
    if readable and not content and 0 < len(data) < size * element.itemsize <= _MOST_FILLED:
        data += data[-element.itemsize :] * (size - len(data) // element.itemsize)
    if not readable or len(data) != size * element.itemsize:
        raise MalformedMessage(f"a tensor of shape {shape} comes with {len(data)} bytes")
    numbers: FloatArray = np.frombuffer(data, element).astype(np.float64).reshape(shape)
    return Value("", numbers, "" if shape else "scalars")


_MOST_FILLED = 1 << 24
"""Bytes of a tensor whose last number stands for all that follow it."""


def _one_by_one(element: np.dtype[Any], packed: list[bytes], integers: list[int]) -> bytes:
    """The bytes of numbers that are listed and not laid out."""
    if element.kind == "f":
        return b"".join(packed)
    listed = [*integers, *(n for part in packed for n in read_varints(part))]
    signed = [n - 2**64 if n >= 2**63 else n for n in listed]
    try:
        return np.array(signed, element).tobytes()
    except OverflowError as error:
        raise MalformedMessage(f"a number does not fit its kind: {error}") from error


def _integers(message: bytes, wanted: int) -> list[int]:
    return [raw for n, _, raw in read_fields(message) if n == wanted and isinstance(raw, int)]


def _dimension(message: Any) -> int:
    if not isinstance(message, bytes):
        raise MalformedMessage("a dimension is no message")
    sizes = [raw for number, _, raw in read_fields(message) if number == 1]
    size = sizes[0] if sizes else 0
    if not isinstance(size, int):
        raise MalformedMessage("a dimension is no number")
    return size
