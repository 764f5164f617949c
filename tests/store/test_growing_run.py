"""A run that is written to while it is read."""

import json
import os
import resource
import shutil
import subprocess
import sys

import numpy as np
import pytest

from torchatlas.errors import RunError
from torchatlas.run import Run, TensorSummary, build_table
from torchatlas.store import EventWriter, GrowingRun, Recording, load_run, save_run
from torchatlas.store.events import Event, Value, encode
from torchatlas.store.records import frame

SUMMARY = TensorSummary.of(np.array([-2.0, 0.0, 0.5, 3.0, np.nan]))


def scalars(tables):
    cells = tables["scalars"].cells
    return list(zip(cells["name"], cells["step"], cells["value"], strict=True))


def log(writer, *steps, value=1.0, name="loss"):
    for step in steps:
        writer.add_scalar(name, "train", value, step)
    writer.flush()


def test_a_poll_reads_what_was_appended_and_nothing_twice(tmp_path, monkeypatch):
    from torchatlas.store import event_file

    growing = GrowingRun(tmp_path)
    assert (growing.poll(), growing.version) == (False, 0)
    writer = EventWriter(tmp_path)
    log(writer, 1, 2)
    assert (growing.poll(), growing.version) == (True, 1)
    taken = []
    real = event_file.EventFile._take
    monkeypatch.setattr(
        event_file.EventFile,
        "_take",
        lambda self, data: taken.append(len(data)) or real(self, data),
    )
    before = writer.path.stat().st_size
    log(writer, 3)
    writer.add_summary("gradient", "fc.weight", 9, SUMMARY, 3)
    writer.close()
    assert growing.poll()
    assert taken == [writer.path.stat().st_size - before]
    assert not growing.poll()
    assert scalars(growing.rows_since(1).tables) == [("loss", 3, 1.0)]
    assert growing.rows_since(1).tables["distributions"].cells["step"] == [3]
    assert growing.rows_since(2).tables == {}
    assert [step for _, step, _ in scalars(growing.rows_since(0).tables)] == [1, 2, 3]
    assert [step for _, step, _ in scalars(growing.run.tables)] == [1, 2, 3]


def test_a_torn_tail_waits_and_is_told_only_when_the_run_is_silent(tmp_path):
    writer = EventWriter(tmp_path)
    log(writer, 1)
    record = frame(encode(Event(1.0, 2, (Value("loss/train", np.array(2.0)),))))
    growing = GrowingRun(tmp_path)
    growing.poll()
    for byte in range(len(record)):
        with writer.path.open("ab") as file:
            file.write(record[byte : byte + 1])
        growing.poll()
        whole = byte == len(record) - 1
        assert len(scalars(growing.run.tables)) == (2 if whole else 1)
        assert growing.notes == ()
    with writer.path.open("ab") as file:
        file.write(record[:9])
    assert growing.poll() is False
    growing._silent_after_s = -1.0
    assert growing.state == "silent"
    assert "was cut off at the end of the file; it is left out" in growing.notes[0]
    writer.close()


def test_whatever_byte_a_run_is_cut_off_at_the_records_before_are_read(tmp_path):
    with EventWriter(tmp_path / "whole") as writer:
        ends = [writer.path.stat().st_size]
        for step in range(4):
            log(writer, step, value=step / 2)
            ends.append(writer.path.stat().st_size)
        writer.add_summary("parameter", "w", 5, SUMMARY, 4)
        writer.flush()
        content = writer.path.read_bytes()
    cut = tmp_path / "cut"
    cut.mkdir()
    for size in range(len(content) + 1):
        (cut / writer.path.name).write_bytes(content[:size])
        run = load_run(cut)
        whole = sum(end <= size for end in ends[1:])
        found = scalars(run.tables) if "scalars" in run.tables else []
        assert found == [("loss", step, step / 2) for step in range(whole)]
        assert ("distributions" in run.tables) == (size == len(content))


@pytest.mark.parametrize("later", [[5, 6], [6], [11, 12]])
def test_steps_that_are_taken_again_take_the_place_of_the_earlier_ones(tmp_path, later):
    with EventWriter(tmp_path) as first:
        log(first, *range(10))
        log(first, *range(10), name="lr")
    growing = GrowingRun(tmp_path)
    growing.poll()
    with EventWriter(tmp_path) as second:
        log(second, *later, value=2.0)
    growing.poll()
    found = scalars(growing.run.tables)
    start = later[0]
    kept = [step for step in range(10) if step < start]
    assert [s for name, s, v in found if name == "loss"] == kept + later
    assert [s for name, s, _ in found if name == "lr"] == [s for s in range(10) if s <= start]
    series = growing.series()["loss", "train", 0]
    assert series.steps.tolist() == kept + later
    assert series.values.tolist() == [1.0] * len(kept) + [2.0] * len(later)
    rewound = start < 10
    assert growing.rows_since(1).rewound == rewound
    assert not growing.rows_since(2).rewound
    if rewound:
        (row,) = growing.run.tables["rewinds"].rows()
        assert (row["rank"], row["from_step"], row["step"]) == (0, 9, start)
        assert f"rank 0 went back from step 9 to step {start}" in growing.notes[0]
    else:
        assert "rewinds" not in growing.run.tables


def test_what_stands_at_the_step_that_a_writer_begins_at_is_void_though_not_written_again(tmp_path):
    with EventWriter(tmp_path) as first:
        log(first, *range(10))
    with EventWriter(tmp_path, first_step=6) as second:
        log(second, 7, 9, value=2.0)
    found = [(step, value) for _, step, value in scalars(load_run(tmp_path).tables)]
    assert found == [*((step, 1.0) for step in range(6)), (7, 2.0), (9, 2.0)]


def test_a_look_that_is_written_late_is_no_rewind(tmp_path):
    with EventWriter(tmp_path) as first:
        log(first, *range(10))
    with EventWriter(tmp_path, first_step=10) as second:
        log(second, 4, name="kept back")
        log(second, 10, value=2.0)
    tables = load_run(tmp_path).tables
    assert [step for name, step, _ in scalars(tables) if name == "loss"] == [*range(11)]
    assert "rewinds" not in tables


def test_other_ranks_are_left_alone_by_a_rewind(tmp_path):
    with EventWriter(tmp_path) as first, EventWriter(tmp_path, rank=1) as other:
        log(first, *range(5))
        log(other, *range(5))
    with EventWriter(tmp_path) as again:
        log(again, 2)
    cells = load_run(tmp_path).tables["scalars"].cells
    steps = [(rank, step) for rank, step in zip(cells["rank"], cells["step"], strict=True)]
    assert sorted(steps) == [(0, 0), (0, 1), (0, 2), *((1, step) for step in range(5))]


def test_every_rank_says_at_which_step_it_begins(tmp_path):
    for first_step, steps in [(None, range(10)), (6, (8, 9))]:
        for rank in (0, 1):
            with EventWriter(tmp_path, rank, first_step=first_step) as writer:
                log(writer, *steps)
    run = load_run(tmp_path)
    cells = run.tables["scalars"].cells
    steps = [(rank, step) for rank, step in zip(cells["rank"], cells["step"], strict=True)]
    assert sorted(steps) == [(rank, step) for rank in (0, 1) for step in (*range(6), 8, 9)]
    assert "texts" not in run.tables


def test_two_resumes_go_back_further_each(tmp_path):
    for steps, value in [(range(10), 1.0), (range(7, 12), 2.0), (range(3, 5), 3.0)]:
        with EventWriter(tmp_path) as writer:
            log(writer, *steps, value=value)
    found = scalars(load_run(tmp_path).tables)
    assert [(step, value) for _, step, value in found] == [
        (0, 1.0),
        (1, 1.0),
        (2, 1.0),
        (3, 3.0),
        (4, 3.0),
    ]


def test_the_description_may_come_later_and_be_replaced(tmp_path):
    growing = GrowingRun(tmp_path)
    growing.poll()
    assert growing.described.name == tmp_path.name
    with Recording(tmp_path) as recording:
        log(recording, 1)
        growing.poll()
        recording.describe(Run("net", "2026-01-01", facts={"seed": "0"}))
    assert growing.poll()
    assert (growing.run.name, growing.run.facts["seed"]) == ("net", "0")
    assert growing.rows_since(1).described
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    assert not growing.poll()
    assert "run.json cannot be read" in growing.problem
    assert growing.run.name == "net"


def test_a_folder_that_is_deleted_is_told_and_what_was_read_stays(tmp_path):
    folder = tmp_path / "run"
    with EventWriter(folder) as writer:
        log(writer, 1)
    growing = GrowingRun(folder)
    growing.poll()
    shutil.rmtree(folder)
    assert not growing.poll()
    assert growing.problem == f"{folder} is not there any more"
    assert scalars(growing.run.tables) == [("loss", 1, 1.0)]
    with EventWriter(folder) as writer:
        log(writer, 8)
    assert growing.poll()
    assert growing.rows_since(1).rewound
    assert scalars(growing.run.tables) == [("loss", 8, 1.0)]


def test_a_file_that_became_shorter_is_read_anew(tmp_path):
    with EventWriter(tmp_path) as writer:
        log(writer, 1)
        short = writer.path.read_bytes()
        log(writer, 2)
    growing = GrowingRun(tmp_path)
    growing.poll()
    writer.path.write_bytes(short)
    assert growing.poll()
    assert growing.rows_since(1).rewound
    assert [step for _, step, _ in scalars(growing.run.tables)] == [1]


def test_the_state_of_a_run(tmp_path):
    with EventWriter(tmp_path) as writer:
        log(writer, 1)
        growing = GrowingRun(tmp_path)
        growing.poll()
        assert growing.state == "running"
        os.utime(writer.path, (1.0, 1.0))
        assert growing.state == "silent"
    with writer.path.open("ab") as file:
        file.write(frame(encode(Event(2.0, 1, session="stop"))))
    growing.poll()
    assert growing.state == "ended"


def test_damage_in_the_middle_costs_one_record(tmp_path):
    with EventWriter(tmp_path) as writer:
        log(writer, 1)
        at = writer.path.stat().st_size
        log(writer, 2, 3)
    content = bytearray(writer.path.read_bytes())
    content[at] ^= 1
    writer.path.write_bytes(content)
    run = load_run(tmp_path)
    assert [step for _, step, _ in scalars(run.tables)] == [1, 3]
    told = f"the record at byte {at} has a damaged length; "
    assert any(told in gap.reason and "skipped" in gap.reason for gap in run.gaps)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"not an event file at all, but long enough", "is no event file: it does not begin"),
        (b"\0" * 4096, "is no event file: it does not begin with a record"),
        (frame(b"\xff\xff\xff"), "is no event: "),
        (frame(b""), ""),
    ],
)
def test_files_that_are_none_are_told_and_never_raise(tmp_path, content, told):
    (tmp_path / "events.out.tfevents.1.x").write_bytes(content)
    reasons = [gap.reason for gap in load_run(tmp_path).gaps]
    assert any(told in reason for reason in reasons)


def test_a_record_that_says_that_it_is_huge_is_not_waited_for_in_memory(tmp_path):
    import struct

    from torchatlas.store.record_block import masked_checksum

    length = struct.pack("<Q", 1 << 50)
    path = tmp_path / "events.out.tfevents.1.x"
    path.write_bytes(length + struct.pack("<I", masked_checksum(length)) + b"\x09" * 100)
    assert any("was cut off at the end" in gap.reason for gap in load_run(tmp_path).gaps)


def test_a_saved_table_wins_over_the_series(tmp_path):
    with EventWriter(tmp_path) as writer:
        log(writer, 1)
    save_run(Run("r", "", tables={"scalars": build_table("scalars", [{"value": 7.0}])}), tmp_path)
    growing = GrowingRun(tmp_path)
    growing.poll()
    assert growing.run.tables["scalars"].cells["value"] == [7.0]


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(RunError, match=r"there is no run folder .*nowhere"):
        GrowingRun(tmp_path / "nowhere")


def test_a_full_disk_leaves_what_was_written(tmp_path):
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
from torchatlas.errors import RunError
from torchatlas.store import EventWriter
writer = EventWriter(sys.argv[1])
for step in range(100):
    writer.add_scalar("loss", "train", float(step), step)
    try:
        writer.flush()
    except RunError:
        print(step)
        break
"""
    assert resource.RLIMIT_FSIZE is not None
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    failed = json.loads(done.stdout)
    run = load_run(tmp_path)
    assert [step for _, step, _ in scalars(run.tables)] == list(range(failed))
    assert 3 < failed < 100
    assert [gap.what for gap in run.gaps] == ["graph"]


def test_ten_million_points_need_no_python_rows(tmp_path):
    """As arrays: 24 bytes a point, whatever there are of them."""
    with EventWriter(tmp_path) as writer:
        log(writer, *range(2_000))
    growing = GrowingRun(tmp_path)
    growing.poll()
    (file,) = growing._log.files
    series = file.scalars["loss/train"]
    assert {array.itemsize for array in (series.steps, series.times, series.values)} == {8}
    assert growing.series()["loss", "train", 0].times_s.shape == (2_000,)


def test_how_much_was_read_is_known_while_it_is_read(tmp_path):
    with Recording(tmp_path / "run") as recording:
        for step in range(1_000):
            recording.add_scalar("loss", "train", 1.0, step)
    run = GrowingRun(tmp_path / "run")
    assert run.share_read == 0
    run.poll()
    assert run.share_read == 1
    with recording.path.open("ab") as file:
        file.write(bytes(recording.path.stat().st_size))
    assert 0.45 < run.share_read < 0.55
