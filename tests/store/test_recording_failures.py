"""What a killed process and a full disk leave, and runs that are gone on with."""

import os
import resource
import signal
import subprocess
import sys
import warnings

import pytest
import torch
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from torch import nn

import torchatlas as ta
from torchatlas.run import Gap, Run
from torchatlas.store import Recording, list_runs, load_run

SCRIPT = """
import sys, torch, torchatlas as ta
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with ta.record(sys.argv[1], model, optimizer=optimizer, every=1) as recorder:
    for step in range(100_000):
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        recorder.log(loss=float(step))
        print(step, flush=True)
"""


def losses(folder):
    rows = load_run(folder).tables["scalars"].rows()
    return [(row["step"], row["value"]) for row in rows if row["name"] == "loss"]


def test_a_killed_training_keeps_what_was_logged(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    )
    said = [process.stdout.readline() for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    said += process.stdout.readlines()
    process.stdout.close()
    printed = int(said[-1]) if said[-1].strip().isdecimal() else int(said[-2])
    found = losses(tmp_path / "run")
    assert [step for step, _ in found] == list(range(1, len(found) + 1))
    assert printed + 1 <= len(found) <= printed + 2
    run = load_run(tmp_path / "run")
    steps = [r["step"] for r in run.tables["norms"].rows() + run.tables["distributions"].rows()]
    assert max(steps) >= printed
    assert not {"recording", "ended by", "steps"} & run.facts.keys()  # it never came to its end
    (listed,) = list_runs(tmp_path)
    assert not listed.ended


def test_a_full_disk_stops_recording_and_not_training(tmp_path):
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with ta.record(tmp_path / "run", model, optimizer=optimizer, every=1) as recorder:
                resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
                for step in range(60):
                    model(torch.ones(2, 4)).sum().backward()
                    optimizer.step()
                    recorder.log(loss=float(step))
                    if step == 40:
                        (event_file,) = (tmp_path / "run").glob("*tfevents*")
                        size = event_file.stat().st_size
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert recorder.step == 60
    assert 15_000 < size <= 20_000
    told = [str(warning.message) for warning in caught]
    assert told
    assert len(told) == len(set(told))
    assert all("File too large" in text and "Training goes on" in text for text in told)
    steps = [step for step, _ in losses(tmp_path / "run")]
    assert steps[:5] == list(range(1, 6))
    assert steps == sorted(set(steps))  # a small record may fit where a larger one did not
    run = load_run(tmp_path / "run")
    assert not [gap for gap in run.gaps if "cut off" in gap.reason]  # whole records only


def record(folder, values, **options):
    with Recording(folder, **options) as recording:
        recording.describe(Run(recording.earlier.name if recording.earlier else "run", ""))
        for step, value in values:
            recording.add_scalar("loss", "train", value, step)
    return recording


def test_a_run_is_gone_on_with_in_a_new_file(tmp_path):
    record(tmp_path, [(1, 1.0), (2, 2.0)])
    recording = record(tmp_path, [(3, 3.0)], resume=True)
    assert recording.step == 2
    assert recording.earlier.name == "run"
    assert losses(tmp_path) == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert len(list(tmp_path.glob("*tfevents*"))) == 2
    assert not (tmp_path / "earlier").exists()


def test_going_back_to_a_checkpoint_supersedes_later_steps(tmp_path):
    record(tmp_path, [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)])
    record(tmp_path, [(3, 30.0)], resume=True, step=2)
    assert losses(tmp_path) == [(1, 1.0), (2, 2.0), (3, 30.0)]
    accumulator = EventAccumulator(str(tmp_path)).Reload()
    seen = [event.step for event in accumulator.Tensors("loss/train")]
    assert seen == [1, 2, 3]  # TensorBoard drops the others, too


def test_going_back_within_a_process(tmp_path):
    with Recording(tmp_path) as recording:
        for step in (1, 2, 3):
            recording.add_scalar("loss", "train", float(step), step)
        recording.rewind(2)
        recording.add_scalar("loss", "train", 20.0, 2)
    assert losses(tmp_path) == [(1, 1.0), (2, 20.0)]


def test_a_recorder_goes_on_and_back(tmp_path):
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train(recorder, steps):
        for _ in range(steps):
            optimizer.step()
            recorder.log(loss=float(recorder.step))

    with ta.record(tmp_path, model, optimizer=optimizer, hparams={"width": 4}) as recorder:
        train(recorder, 5)
    with ta.record(tmp_path, model, optimizer=optimizer, resume=True) as recorder:
        assert recorder.step == 5
        train(recorder, 2)
        recorder.rewind(3)
        assert recorder.step == 3
        train(recorder, 1)
    with pytest.raises(ta.CaptureError, match="cannot go back to step 9: 4 were done"):
        recorder.rewind(9)
    assert [step for step, _ in losses(tmp_path)] == [1, 2, 3, 4]
    facts = load_run(tmp_path).facts
    assert (facts["width"], facts["steps"]) == ("4", "4")
    assert facts["resumed"].startswith("at step 5, ")


def test_to_go_on_with_nothing_is_to_begin(tmp_path):
    recording = record(tmp_path / "new", [(1, 1.0)], resume=True)
    assert (recording.step, recording.earlier) == (0, None)
    assert losses(tmp_path / "new") == [(1, 1.0)]


def test_gaps_are_in_the_file_as_they_happen(tmp_path):
    gap = Gap("activation", "no activations: ü", "layer1")
    with Recording(tmp_path) as first, Recording(tmp_path, rank=1) as second:
        first.describe(Run("run", ""))
        second.add_gap(gap)
        second.flush()
        assert gap in load_run(tmp_path).gaps


def test_norms_come_back_as_they_were(tmp_path):
    with Recording(tmp_path) as recording:
        recording.describe(Run("run", ""))
        for step in (1, 2):
            recording.add_norms(
                "gradient", ["a/b.weight", "c"], [10, 4], [10, 4], [1.5, float("nan")], [0, 3], step
            )
        recording.add_norms("gradient", ["c"], [4], [2], [2.0], [-1], 3)
        recording.add_norms("gradient", ["c"], [4], [2], [0.0], [-2], 4)
    rows = load_run(tmp_path).tables["norms"].rows()
    assert [
        (r["tensor"], r["step"], r["nonfinite"], r["elements"], r["sampled"]) for r in rows
    ] == [
        ("a/b.weight", 1, 0, 10, 10),
        ("c", 1, 3, 4, 4),
        ("a/b.weight", 2, 0, 10, 10),
        ("c", 2, 3, 4, 4),
        ("c", 3, None, 4, 2),
    ]
    assert rows[0]["norm"] == 1.5
