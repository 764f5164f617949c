"""Runs below a folder, found by their ends."""

import os

import numpy as np
import pytest
from tests.store.foreign_logs import TensorFlowLog

from torchatlas.errors import RunError
from torchatlas.run import Run, TensorSummary
from torchatlas.store import Recording, list_runs, save_run
from torchatlas.store.events import Event, encode
from torchatlas.store.records import frame


def record(folder, name="net", steps=3, stop=False):
    with Recording(folder) as recording:
        recording.describe(Run(name, "2026-01-01T00:00:00+00:00"))
        for step in range(steps):
            recording.add_scalar("loss", "train", 1.0, step)
    if stop:
        with recording.path.open("ab") as file:
            file.write(frame(encode(Event(1.0, session="stop"))))
    return recording.path


def test_runs_are_listed_with_what_their_ends_say(tmp_path):
    record(tmp_path / "a", 'a "quoted" näme\n', stop=True)
    path = record(tmp_path / "deep" / "er" / "b", steps=300)
    os.utime(path, (5.0, 5.0))
    os.utime(path.parent / "run.json", (4.0, 4.0))
    first, second = list_runs(tmp_path)
    assert (first.name, first.path) == ('a "quoted" näme\n', tmp_path / "a")
    assert (first.created, first.last_step) == ("2026-01-01T00:00:00+00:00", 2)
    assert (first.state, first.ended, first.described) == ("ended", True, True)
    assert (second.path, second.last_step) == (tmp_path / "deep" / "er" / "b", 299)
    assert (second.state, second.changed_s) == ("silent", 5.0)


def test_logs_of_other_programs_are_listed_as_they_open(tmp_path):
    for split in ("train", "validation"):
        TensorFlowLog(tmp_path / "keras" / split).scalar("loss", 1.0, 9)
    TensorFlowLog(tmp_path / "plain").scalar("loss", 1.0, 4)
    TensorFlowLog(tmp_path / "plain" / "loss_mine").scalar("loss", 1.0, 4)
    TensorFlowLog(tmp_path / "plain" / "apart").scalar("loss", 1.0, 5)
    found = [
        (run.path.relative_to(tmp_path).as_posix(), run.last_step) for run in list_runs(tmp_path)
    ]
    assert found == [("keras", 9), ("plain", 4), ("plain/apart", 5)]
    assert list_runs(tmp_path)[0].created == "2023-11-14T22:13:20+00:00"


def test_the_last_step_is_found_behind_damage_and_large_records(tmp_path):
    path = record(tmp_path, steps=2_000)
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    assert [run.last_step for run in list_runs(tmp_path)] == [1_998]
    path.write_bytes(content[:-60] + bytes(60))
    assert list_runs(tmp_path)[0].last_step in (1_997, 1_998, 1_999)
    path.write_bytes(b"\0" * 40_000)
    assert list_runs(tmp_path)[0].last_step is None


def test_a_run_that_is_set_aside_is_not_listed(tmp_path):
    record(tmp_path)
    record(tmp_path)
    assert (tmp_path / "earlier").is_dir()
    assert [run.path for run in list_runs(tmp_path)] == [tmp_path]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"run": {"name": "x', b"[]"])
def test_a_description_that_is_half_there_gives_the_folders_name(tmp_path, content):
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "run.json").write_bytes(content)
    (run,) = list_runs(tmp_path)
    assert (run.name, run.created, run.last_step) == ("half", "", None)


def test_only_ends_are_read_of_a_thousand_runs(tmp_path, monkeypatch):
    from pathlib import Path

    summary = TensorSummary.of(np.random.default_rng(0).normal(size=10_000))
    with Recording(tmp_path) as recording:
        recording.describe(Run("net", "", facts={f"fact {i}": "x" * 100 for i in range(1_000)}))
        for step in range(60):
            recording.add_summary("parameter", "w", 10_000, summary, step)
    read = []
    real = Path.open

    def opened(self, *arguments, **options):
        file = real(self, *arguments, **options)
        read.append(file)
        return file

    monkeypatch.setattr(Path, "open", opened)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail(f"read {self} whole"))
    assert list_runs(tmp_path)[0].last_step == 59
    assert len(read) <= 3


def test_a_folder_that_is_not_there_is_named_and_an_empty_one_has_no_runs(tmp_path):
    assert list_runs(tmp_path) == []
    with pytest.raises(RunError, match=r"there is no folder .*nowhere"):
        list_runs(tmp_path / "nowhere")


def test_a_run_without_events_is_a_run(tmp_path):
    save_run(Run("net", "2026-01-01", facts={"recording": "2 %"}), tmp_path / "saved")
    (run,) = list_runs(tmp_path)
    assert (run.name, run.state, run.last_step) == ("net", "ended", None)
