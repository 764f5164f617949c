"""TensorBoard's record format: what is written, and what is made of damage."""

import struct

import pytest
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from torchatlas.store.records import frame, read_records

TWO = frame(b"first") + frame(b"the second one")


def test_a_record_is_length_checksum_data_checksum():
    length = struct.pack("<Q", 5)
    expected = (
        length
        + struct.pack("<I", masked_crc32c(length))
        + b"first"
        + struct.pack("<I", masked_crc32c(b"first"))
    )
    assert frame(b"first") == expected


def test_records_are_read_back_with_their_offsets():
    assert [(r.offset, r.data) for r in read_records(TWO)] == [
        (0, b"first"),
        (21, b"the second one"),
    ]


@pytest.mark.parametrize("kept", range(21 + 1, len(TWO)))
def test_a_tail_torn_at_any_byte_loses_the_last_record_alone(kept):
    first, last = read_records(TWO[:kept])
    assert first.data == b"first"
    assert (last.offset, last.data, last.problem) == (21, None, "torn")


@pytest.mark.parametrize("position", range(12, 21))
def test_damage_in_the_data_loses_that_record_alone(position):
    first, second = read_records(_flipped(TWO, position))
    assert (first.data, first.problem) == (None, "data")
    assert second.data == b"the second one"


@pytest.mark.parametrize("position", range(12))
def test_damage_in_the_length_ends_the_reading(position):
    (only,) = read_records(_flipped(TWO, position))
    assert (only.offset, only.data, only.problem) == (0, None, "header")


def test_an_empty_file_has_no_records():
    assert list(read_records(b"")) == []


def _flipped(content, position):
    damaged = bytearray(content)
    damaged[position] ^= 0x10
    return bytes(damaged)
