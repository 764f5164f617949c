"""Events against TensorBoard's own protobuf classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2
from tensorboard.util import tensor_util

from torchatlas.store.events import Event, Value, decode, encode
from torchatlas.store.protobuf import MalformedMessage, bytes_field, varint_field

BINS = np.array([[-2.0, -1.0, 3.0], [1.0, 2.0, 4.0]])


def test_tensorboard_reads_what_we_write():
    values = (Value("loss/train", np.array(0.1)), Value("weights/fc", BINS, "histograms"))
    message = encode(Event(12.5, 7, values), frozenset({"loss/train", "weights/fc"}))
    event = event_pb2.Event.FromString(message)
    assert (event.wall_time, event.step) == (12.5, 7)
    scalar, histogram = event.summary.value
    assert scalar.tag == "loss/train"
    assert tensor_util.make_ndarray(scalar.tensor) == 0.1
    assert scalar.metadata.plugin_data.plugin_name == "scalars"
    assert scalar.metadata.data_class == 1
    assert np.array_equal(tensor_util.make_ndarray(histogram.tensor), BINS)
    assert histogram.metadata.plugin_data.plugin_name == "histograms"
    assert histogram.metadata.data_class == 2


def test_metadata_stand_only_with_new_tags():
    event = event_pb2.Event.FromString(encode(Event(0.0, 1, (Value("loss/train", np.array(1.0)),))))
    assert not event.summary.value[0].HasField("metadata")


def test_the_first_event_of_a_file_names_its_version():
    message = encode(Event(1.0, file_version="brain.Event:2"))
    assert event_pb2.Event.FromString(message).file_version == "brain.Event:2"
    assert decode(message) == Event(1.0, file_version="brain.Event:2")


@given(
    st.floats(allow_nan=False),
    st.integers(-(2**63), 2**63 - 1),
    st.text(),
    st.floats(allow_nan=True),
)
def test_a_scalar_comes_back(time_s, step, tag, number):
    event = decode(
        encode(
            Event(time_s, step, (Value(tag.encode(errors="replace").decode(), np.array(number)),))
        )
    )
    assert (event.time_s, event.step) == (time_s, step)
    assert np.array_equal(event.values[0].numbers, number, equal_nan=True)


def test_the_ways_others_write_scalars_are_read():
    event = event_pb2.Event(wall_time=1.0, step=3)
    event.summary.value.add(tag="old", simple_value=0.5)
    tensor = event.summary.value.add(tag="as float").tensor
    tensor.CopyFrom(tensor_util.make_tensor_proto(np.float32(0.25)))
    repeated = event.summary.value.add(tag="as double").tensor
    repeated.dtype = 2
    repeated.double_val.append(0.75)
    text = event.summary.value.add(tag="a text").tensor
    text.CopyFrom(tensor_util.make_tensor_proto(["hello"]))
    values = decode(event.SerializeToString()).values
    found = {value.tag: float(value.numbers) for value in values if value.numbers.ndim == 0}
    assert found == {"old": 0.5, "as float": 0.25, "as double": 0.75}


@pytest.mark.parametrize("shape", [[9], [-1], [2**63], [0, 2**64 - 1], [2**40, 2**40], [1] * 99])
def test_a_tensor_whose_bytes_do_not_fit_its_shape_is_refused(shape):
    dimensions = b"".join(bytes_field(2, varint_field(1, size)) for size in shape)
    tensor = varint_field(1, 2) + bytes_field(2, dimensions)
    summary = bytes_field(1, bytes_field(1, "t") + bytes_field(8, tensor + bytes_field(4, b"x")))
    with pytest.raises(MalformedMessage, match=r"a tensor of shape \[.*\] comes with 1 bytes"):
        decode(bytes_field(5, summary))


@given(st.binary(max_size=80), st.integers(0, 79), st.integers(0, 255))
def test_any_damage_gives_an_event_or_a_refusal(noise, position, byte):
    values = (Value("loss/train", np.array(0.1)), Value("weights/fc", BINS, "histograms"))
    whole = bytearray(encode(Event(12.5, 7, values), frozenset({"loss/train"})))
    whole[position] = byte
    for message in (bytes(whole), noise):
        try:
            event = decode(message)
        except MalformedMessage:
            continue
        assert isinstance(event, Event)
