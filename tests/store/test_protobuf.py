"""The protobuf wire format: round trips, and clear refusals."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.store.protobuf import (
    MalformedMessage,
    bytes_field,
    double_field,
    read_fields,
    varint_field,
)


@given(st.integers(1, 1000), st.integers(0, 2**64 - 1))
def test_integers_come_back(number, value):
    assert list(read_fields(varint_field(number, value))) == [(number, 0, value)]


def test_a_negative_integer_is_its_twos_complement():
    assert list(read_fields(varint_field(2, -1))) == [(2, 0, 2**64 - 1)]


@given(st.integers(1, 1000), st.floats(allow_nan=False))
def test_doubles_come_back(number, value):
    ((found, wire, raw),) = read_fields(double_field(number, value))
    assert (found, wire, struct.unpack("<d", raw)) == (number, 1, (value,))


@given(st.binary(max_size=300))
def test_bytes_come_back_and_text_is_utf8(value):
    assert list(read_fields(bytes_field(3, value))) == [(3, 2, value)]
    assert list(read_fields(bytes_field(3, "schön"))) == [(3, 2, "schön".encode())]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x0b", "unknown wire type 3"),
        (b"\x12\x05abc", "field 2 is longer than its message"),
        (b"\x09\x00", "field 1 is longer than its message"),
        (b"\x08" + b"\xff" * 10, "does not end"),
        (b"\x08\xff", "does not end"),
    ],
)
def test_what_is_no_message_is_refused(message, reason):
    with pytest.raises(MalformedMessage, match=reason):
        list(read_fields(message))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(message):
    try:
        fields = list(read_fields(message))
    except MalformedMessage:
        return
    assert all(number >= 0 and wire in (0, 1, 2, 5) for number, wire, _ in fields)
