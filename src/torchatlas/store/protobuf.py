"""The few parts of the protobuf wire format that event files need."""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_SMALL = [bytes((value,)) for value in range(0x80)]


class MalformedMessage(ValueError):  # noqa: N818 (says what the bytes are)
    """The bytes are no protobuf message."""


def varint_field(number: int, value: int) -> bytes:
    """An integer or enum field; negative numbers as two's complement in 64 bits."""
    return _varint(number << 3 | VARINT) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def double_field(number: int, value: float) -> bytes:
    """A double field."""
    return _varint(number << 3 | FIXED64) + struct.pack("<d", value)


def bytes_field(number: int, value: bytes | str) -> bytes:
    """A field of bytes, text or an inner message."""
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | BYTES) + _varint(len(data)) + data


def read_fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Number, wire type and raw value of every field: an integer, or bytes for the other types.

    Raises:
        MalformedMessage: the bytes end inside a field or use an unknown wire type.
    """
    offset = 0
    while offset < len(message):
        key, offset = _read_varint(message, offset)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, offset = _read_varint(message, offset)
            yield number, wire, value
            continue
        if wire == BYTES:
            length, offset = _read_varint(message, offset)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise MalformedMessage(f"unknown wire type {wire}")
        if offset + length > len(message):
            raise MalformedMessage(f"field {number} is longer than its message")
        yield number, wire, message[offset : offset + length]
        offset += length


def read_varints(data: bytes) -> Iterator[int]:
    """The integers of a packed field.

    Raises:
        MalformedMessage: the last of them does not end.
    """
    offset = 0
    while offset < len(data):
        value, offset = _read_varint(data, offset)
        yield value


def _varint(value: int) -> bytes:
    if value < 0x80:  # nearly all of them
        return _SMALL[value]
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _read_varint(message: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for position in range(_LONGEST_VARINT):
        if offset + position >= len(message):
            break
        byte = message[offset + position]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value, offset + position + 1
    raise MalformedMessage("a variable-length integer does not end")
