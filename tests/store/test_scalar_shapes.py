"""The short way of reading scalars gives what the long way gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.scalar.metadata import create_summary_metadata
from tensorboard.util import tensor_util

from torchatlas.store.event_file import EventFile
from torchatlas.store.events import Event, Value, decode, encode
from torchatlas.store.records import frame
from torchatlas.store.scalar_shapes import ScalarShapes


def simple(tag, value, step, time_s):
    event = event_pb2.Event(wall_time=time_s, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    return event.SerializeToString()


def tensor(tag, value, step, time_s):
    event = event_pb2.Event(wall_time=time_s, step=step)
    one = event.summary.value.add(tag=tag, metadata=create_summary_metadata(tag, ""))
    one.tensor.CopyFrom(tensor_util.make_tensor_proto(np.float32(value)))
    return event.SerializeToString()


def ours(tag, value, step, time_s):
    return encode(Event(time_s, step, (Value(tag, np.array(value)),)))


points = st.lists(
    st.tuples(
        st.sampled_from([simple, tensor, ours]),
        st.sampled_from(["a", "b/train", "a" * 200]),
        st.floats(width=32),
        st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300),
        st.floats(allow_nan=False),
    ),
    max_size=30,
)


@given(points)
def test_every_way_of_writing_scalars_is_read_as_the_long_way_reads_it(tmp_path_factory, given):
    path = tmp_path_factory.mktemp("x") / "events.out.tfevents.1.x"
    messages = [write(tag, value, step, time_s) for write, tag, value, step, time_s in given]
    path.write_bytes(b"".join(map(frame, messages)))
    file = EventFile(path)
    file.read_on(1)
    expected: dict[str, list[tuple[int, float, str]]] = {}
    for event in map(decode, messages):
        (value,) = event.values
        point = (event.step, event.time_s, repr(float(value.numbers)))
        expected.setdefault(value.tag, []).append(point)
    found = {
        tag: list(zip(s.steps, s.times, map(repr, s.values), strict=True))
        for tag, s in file.scalars.items()
    }
    assert found == expected


@pytest.mark.parametrize("write", [simple, tensor, ours])
def test_what_was_learnt_is_used(write):
    shapes, series = ScalarShapes(), EventFileSeries()
    first = write("loss", 0.5, 3, 1.0)
    assert not shapes.take(first)
    shapes.learn(first, decode(first), series)
    assert shapes.take(write("loss", math.nan, 70_000, 2.0))
    assert (series.steps, series.times) == ([70_000], [2.0])
    assert math.isnan(series.values[0])
    assert not shapes.take(write("other", 0.5, 3, 1.0))


class EventFileSeries:
    def __init__(self):
        self.steps, self.times, self.values = [], [], []
