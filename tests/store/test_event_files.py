"""Event files: written by EventWriter, read by read_events and by TensorBoard itself."""

import math
import os

import numpy as np
import pytest
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from torchatlas.errors import RunError
from torchatlas.run import TensorSummary, to_json
from torchatlas.store import EventWriter, read_events

SUMMARY = TensorSummary.of(np.array([-2.0, 0.0, 0.5, 3.0, np.nan]))


def points(folder):
    return [(p.name, p.split, p.step, p.value) for _, p in read_events(folder).scalars]


def test_what_was_added_is_read_back(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.add_scalar("loss", "train", 2.5, step=1)
        writer.add_scalar("loss", "test", math.inf, step=1)
        writer.add_summary("parameter", "fc.weight", 50, SUMMARY, step=2)
    events = read_events(tmp_path)
    assert points(tmp_path) == [("loss", "train", 1, 2.5), ("loss", "test", 1, math.inf)]
    ((rank, point),) = events.summaries
    assert (rank, point.quantity, point.tensor, point.step) == (0, "parameter", "fc.weight", 2)
    assert point.elements == 50
    assert to_json(point.summary) == to_json(SUMMARY)
    assert events.notes == ()
    times = [p.time_s for _, p in events.scalars]
    assert events.started_s <= times[0] <= times[1]


def test_tensorboard_reads_the_file(tmp_path):
    with EventWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("loss", "train", 1 / (step + 1), step)
            writer.add_summary("gradient", "fc.weight", 5, SUMMARY, step)
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    losses = accumulator.Tensors("loss/train")
    assert [event.step for event in losses] == [0, 1, 2, 3, 4]
    assert tensor_util.make_ndarray(losses[4].tensor_proto) == 1 / 5
    assert accumulator.SummaryMetadata("loss/train").plugin_data.plugin_name == "scalars"
    bins = tensor_util.make_ndarray(accumulator.Tensors("gradient/fc.weight")[0].tensor_proto)
    assert bins.shape == (4, 3)
    assert bins[:, 2].sum() == SUMMARY.finite
    metadata = accumulator.SummaryMetadata("gradient/fc.weight")
    assert metadata.plugin_data.plugin_name == "histograms"


def test_nothing_is_in_the_file_before_a_flush_and_all_after(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.add_scalar("loss", "train", 1.0, step=1)
        assert points(tmp_path) == []
        writer.flush()
        assert points(tmp_path) == [("loss", "train", 1, 1.0)]


def test_two_writers_never_share_a_file(tmp_path):
    writers = [EventWriter(tmp_path) for _ in range(20)]
    assert len({writer.path for writer in writers}) == 20
    for step, writer in enumerate(writers):
        writer.add_scalar("loss", "train", float(step), step)
        writer.close()
    assert sorted(point[2] for point in points(tmp_path)) == list(range(20))


def test_an_existing_file_is_never_written_over(tmp_path, monkeypatch):
    monkeypatch.setattr("torchatlas.store.event_writer._unique_name", lambda rank: "tfevents.x")
    EventWriter(tmp_path).close()
    with pytest.raises(RunError, match=r"cannot record into .*File exists"):
        EventWriter(tmp_path)


def test_the_rank_is_in_the_name_and_in_the_points(tmp_path):
    with EventWriter(tmp_path, rank=3) as writer:
        writer.add_scalar("loss", "train", 1.0, step=1)
    assert [rank for rank, _ in read_events(tmp_path).scalars] == [3]


def test_a_tail_torn_at_every_byte_loses_the_last_record_alone(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.add_scalar("loss", "train", 1.0, step=1)
        writer.flush()
        before = writer.path.stat().st_size
        writer.add_scalar("loss", "train", 2.0, step=2)
        writer.flush()
        content = writer.path.read_bytes()
    for kept in range(before + 1, len(content)):
        writer.path.write_bytes(content[:kept])
        assert points(tmp_path) == [("loss", "train", 1, 1.0)]
        (note,) = read_events(tmp_path).notes
        assert note == (
            f"{writer.path.name}: the record at byte {before} was cut off at the end of the file; "
            "it is left out"
        )


def test_damage_is_told_with_file_and_offset(tmp_path):
    with EventWriter(tmp_path) as writer:
        first = writer.path.stat().st_size
        writer.add_scalar("loss", "train", 1.0, step=1)
        writer.flush()
        second = writer.path.stat().st_size
        writer.add_scalar("loss", "train", 2.0, step=2)
        writer.flush()
        content = bytearray(writer.path.read_bytes())
    content[first + 20] ^= 1
    writer.path.write_bytes(content)
    assert points(tmp_path) == [("loss", "train", 2, 2.0)]
    assert read_events(tmp_path).notes == (
        f"{writer.path.name}: the record at byte {first} is damaged (its checksum does not fit); "
        "it is left out",
    )
    content[second] ^= 1
    writer.path.write_bytes(content)
    assert points(tmp_path) == []
    lost = len(content) - second
    assert read_events(tmp_path).notes[1] == (
        f"{writer.path.name}: the record at byte {second} has a damaged length; it and what "
        f"follows ({lost} bytes) cannot be read"
    )


def test_after_a_full_disk_the_file_can_still_be_read(tmp_path, monkeypatch):
    writer = EventWriter(tmp_path)
    writer.add_scalar("loss", "train", 1.0, step=1)
    real = os.open(writer.path, os.O_WRONLY | os.O_APPEND)

    def half(content):
        os.write(real, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "_write", half)
        with pytest.raises(RunError, match=r"cannot write to .*No space left on device"):
            writer.flush()
    os.close(real)
    writer.add_scalar("loss", "train", 2.0, step=2)
    writer.close()
    assert points(tmp_path) == [("loss", "train", 2, 2.0)]
    assert read_events(tmp_path).notes == ()


def test_a_closed_writer_says_so_and_closes_again_in_peace(tmp_path):
    writer = EventWriter(tmp_path)
    writer.close()
    writer.close()
    writer.add_scalar("loss", "train", 1.0, step=1)
    with pytest.raises(RunError, match="it has been closed"):
        writer.flush()


def test_a_split_with_a_slash_is_refused(tmp_path):
    with (
        EventWriter(tmp_path) as writer,
        pytest.raises(RunError, match="the split 'a/b' of 'loss' may not have a '/'"),
    ):
        writer.add_scalar("loss", "a/b", 1.0, step=1)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot record into .*file"):
        EventWriter(tmp_path / "file" / "run")


def test_the_log_of_torchs_own_writer_is_read(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("Loss/train", 0.5, 7)
        writer.add_histogram("weights", np.array([1.0, 2.0]), 7)
        writer.add_text("note", "hello")
    assert points(tmp_path) == [("Loss", "train", 7, 0.5)]
    assert read_events(tmp_path).notes == ()
