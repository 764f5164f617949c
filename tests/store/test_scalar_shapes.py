"""The short way of reading scalars gives what the long way gives."""

import math
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.scalar.metadata import create_summary_metadata
from tensorboard.util import tensor_util

from torchatlas.store import event_file
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
    max_size=60,
)


@given(points, st.data(), st.booleans())
def test_every_way_of_writing_scalars_is_read_as_the_long_way_reads_it(
    tmp_path_factory, given, data, is_together
):
    path = tmp_path_factory.mktemp("x") / "events.out.tfevents.1.x"
    messages = [write(tag, value, step, time_s) for write, tag, value, step, time_s in given]
    broken = data.draw(st.sets(st.sampled_from(range(len(messages))))) if messages else set()
    frames = [bytearray(frame(message)) for message in messages]
    for number in broken:
        frames[number][-1] ^= 1
    path.write_bytes(b"".join(frames))
    file = EventFile(path)
    with patch.multiple(event_file, _FIRST_BLOCK=300, _FEW=2 if is_together else 10**9):
        file.forget()
        file.read_on(1)
    assert len(file.notes) == max(len(broken), not messages)
    messages = [message for number, message in enumerate(messages) if number not in broken]
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
    shapes, series = ScalarShapes(), object()
    first = write("loss", 0.5, 3, 1.0)
    assert shapes.point(first) is None
    shapes.learn(first, decode(first), series)
    later = write("loss", math.nan, 70_000, 2.0)
    assert shapes.point(later)[:3] == (series, 70_000, 2.0)
    assert math.isnan(shapes.point(later)[3])
    assert shapes.point(write("other", 0.5, 3, 1.0)) is None


@pytest.mark.parametrize("write", [simple, tensor, ours])
def test_what_was_learnt_is_used_for_many_at_once(write):
    shapes = ScalarShapes()
    for tag in ("loss", "rate"):
        first = write(tag, 0.5, 3, 1.0)
        shapes.learn(first, decode(first), tag)
    steps = range(126, 132)  # steps of one byte, and of two
    messages = [
        write(tag, step / 4, step, 2.0) for step in steps for tag in ("loss", "rate", "abcd")
    ]
    found = {tag: {} for tag in ("loss", "rate")}
    for size in {len(message) for message in messages}:
        rows = [message for message in messages if len(message) == size]
        for lot in shapes.points(rows):
            found[lot.series] |= dict(zip(lot.steps.tolist(), lot.values.tolist(), strict=True))
            assert set(lot.times.tolist()) == {2.0}
    assert found == {tag: {step: step / 4 for step in steps} for tag in ("loss", "rate")}


def test_points_come_in_the_order_of_the_file(tmp_path):
    """Also where some were found together and some, written in another way, one by one."""
    path = tmp_path / "events.out.tfevents.1.x"
    ways = [simple, tensor, ours]
    messages = [ways[i % 97 % 3 if i % 5 else 0]("loss", i, i * 7 % 300, 1.0) for i in range(3_000)]
    path.write_bytes(b"".join(map(frame, messages)))
    file = EventFile(path)
    file.read_on(1)
    assert list(file.scalars["loss"].values) == list(range(3_000))
