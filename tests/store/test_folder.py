"""Runs as folders: round trips, interrupted saves, and what is said of anything else."""

import json
from dataclasses import replace

import numpy as np
import pytest

from torchatlas.errors import RunError
from torchatlas.run import (
    Finding,
    Gap,
    Graph,
    ModelInfo,
    Node,
    Run,
    TensorSummary,
    build_table,
    to_json,
)
from torchatlas.store import EventWriter, load_run, save_run
from torchatlas.store.folder import RUN_FILE

HOSTILE = "<script>alert(1)</script>/../$x$"


def make_run():
    root = Node(".", "module", "net", "Net", None)
    layer = Node(HOSTILE, "module", HOSTILE, "Linear", ".", flops=float("inf"))
    summary = TensorSummary.of(np.array([1.0, np.nan, -2.5]))
    return Run(
        name=HOSTILE,
        created="2026-01-01T00:00:00+00:00",
        model=ModelInfo("net", "Net", False, 6, 6, 24),
        graph=Graph({".": root, HOSTILE: layer}),
        tables={
            "parameters": build_table(
                "parameters", [{"node": HOSTILE, "tensor": f"{HOSTILE}.weight", "count": 6}]
            ),
            "distributions": build_table(
                "distributions", [{"node": HOSTILE, "quantity": "parameter", "summary": summary}]
            ),
        },
        findings=(Finding("rule", "error", "title", "detail", "advice", (HOSTILE,), 1.5),),
        gaps=(Gap("cost", "no time", HOSTILE),),
        classes=("cat", "dog"),
        facts={"seed": "0"},
    )


def test_a_run_comes_back_as_it_was(tmp_path):
    save_run(make_run(), tmp_path / "new" / "run")
    assert to_json(load_run(tmp_path / "new" / "run")) == to_json(make_run())


def test_series_join_the_tables(tmp_path):
    run = make_run()
    save_run(replace(run, tables={"parameters": run.tables["parameters"]}), tmp_path)
    summary = TensorSummary.of(np.array([1.0]))
    with EventWriter(tmp_path, rank=2) as writer:
        writer.add_scalar("loss", "train", 0.5, step=10)
        writer.add_summary("gradient", f"{HOSTILE}.weight", 6, summary, step=10)
        writer.add_summary("gradient", "elsewhere.weight", 6, summary, step=10)
    loaded = load_run(tmp_path)
    (scalar,) = loaded.tables["scalars"].rows()
    assert (scalar["name"], scalar["split"], scalar["step"], scalar["rank"], scalar["value"]) == (
        "loss",
        "train",
        10,
        2,
        0.5,
    )
    assert 0 <= scalar["time_s"] < 60
    known, unknown = loaded.tables["distributions"].rows()
    assert (known["node"], known["elements"], known["rank"]) == (HOSTILE, 6, 2)
    assert unknown["node"] == "elsewhere"


def test_a_saved_table_takes_the_place_of_the_series(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.add_scalar("loss", "train", 0.5, step=10)
    save_run(Run("r", "", tables={"scalars": build_table("scalars", [{"value": 7.0}])}), tmp_path)
    assert load_run(tmp_path).tables["scalars"].cells["value"] == [7.0]


def test_event_files_alone_give_a_run_of_scalars(tmp_path):
    with EventWriter(tmp_path / "log") as writer:
        writer.add_scalar("loss", "train", 0.5, step=10)
    run = load_run(tmp_path / "log")
    assert run.name == "log"
    assert run.tables["scalars"].cells["value"] == [0.5]
    assert run.gaps == (
        Gap("graph", "log holds event files alone: there is no run.json with the model"),
    )


def test_what_is_lost_of_the_series_is_a_gap(tmp_path):
    save_run(make_run(), tmp_path)
    with EventWriter(tmp_path) as writer:
        writer.add_scalar("loss", "train", 0.5, step=10)
    writer.path.write_bytes(writer.path.read_bytes()[:-3])
    *_, gap = load_run(tmp_path).gaps
    assert gap.what == "scalars"
    assert "was cut off at the end of the file" in gap.reason


def test_saving_again_replaces_and_leaves_no_old_tables(tmp_path):
    save_run(make_run(), tmp_path)
    save_run(replace(make_run(), tables={}), tmp_path)
    assert load_run(tmp_path).tables == {}
    assert list((tmp_path / "tables").iterdir()) == []


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_an_interrupted_save_leaves_the_run_that_was(tmp_path, monkeypatch, failing):
    from torchatlas.store import folder as module

    save_run(make_run(), tmp_path)
    other = replace(
        make_run(),
        name="other",
        tables={
            "parameters": build_table("parameters", [{"node": "other"}]),
            "distributions": build_table("distributions", [{"node": "other"}]),
        },
    )
    calls, real = [], module.write_whole

    def failing_write(path, content):
        calls.append(path)
        if len(calls) == failing:
            raise KeyboardInterrupt
        real(path, content)

    monkeypatch.setattr(module, "write_whole", failing_write)
    with pytest.raises(KeyboardInterrupt):
        save_run(other, tmp_path)
    assert to_json(load_run(tmp_path)) == to_json(make_run())


def test_a_failed_write_keeps_the_old_file_and_leaves_no_scraps(tmp_path, monkeypatch):
    save_run(make_run(), tmp_path)
    before = (tmp_path / RUN_FILE).read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match=r"could not write .*No space left on device"):
        save_run(replace(make_run(), name="other"), tmp_path)
    assert (tmp_path / RUN_FILE).read_bytes() == before
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "a b"])
def test_a_table_name_that_is_no_file_name_is_refused(tmp_path, name):
    table = build_table("cost", [])
    with pytest.raises(RunError, match="cannot be the name of a table"):
        save_run(Run("r", "", tables={name: table}), tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(RunError, match=r"there is no folder .*nothing"):
        load_run(tmp_path / "nothing")


def test_a_file(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"")
    with pytest.raises(RunError, match=r"model\.pt is a file, and a run is a folder with a run"):
        load_run(tmp_path / "model.pt")


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(RunError, match=r"is no run: it has no run\.json and no event files$"):
        load_run(tmp_path)


def test_the_folder_above_a_run_points_to_it(tmp_path):
    save_run(make_run(), tmp_path / "run")
    with pytest.raises(RunError, match=r"; did you mean .*run\?$"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"run\.json cannot be read: "),
        ("[]", r"run\.json was not written by TorchAtlas"),
        ('{"name": "x"}', r"run\.json was not written by TorchAtlas"),
        ('{"format": "torchatlas run"}', "is damaged: it lacks the run or its list of tables"),
        ("[" * 100_000, r"run\.json cannot be read: "),
        (b"\xff\xfe\x00", r"run\.json cannot be read: "),
    ],
)
def test_a_damaged_run_file(tmp_path, content, message):
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / RUN_FILE).write_bytes(raw)
    with pytest.raises(RunError, match=message):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"schema_version": 2},
            "has version 2 of the run format, and this .* reads up to 1; update",
        ),
        ({"schema_version": "1"}, "has version '1' of the run format"),
        ({"name": 5}, r"run\.json\.name: expected str, found '5'"),
        ({"gaps": [{}]}, r"run\.json\.gaps\[0\]: Gap lacks 'what'"),
    ],
)
def test_a_run_of_another_form(tmp_path, change, message):
    save_run(make_run(), tmp_path)
    document = json.loads((tmp_path / RUN_FILE).read_text(encoding="utf-8"))
    document["run"] |= change
    (tmp_path / RUN_FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(RunError, match=message):
        load_run(tmp_path)


@pytest.mark.parametrize("name", ["../other.npz", "/etc/passwd", "", 7])
def test_a_table_outside_the_run_is_not_opened(tmp_path, name):
    save_run(make_run(), tmp_path)
    document = json.loads((tmp_path / RUN_FILE).read_text(encoding="utf-8"))
    document["tables"]["parameters"] = name
    (tmp_path / RUN_FILE).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(RunError, match=r"for the table 'parameters': not a file name"):
        load_run(tmp_path)


def test_a_missing_table_is_named(tmp_path):
    save_run(make_run(), tmp_path)
    for path in (tmp_path / "tables").glob("parameters.*"):
        path.unlink()
    with pytest.raises(RunError, match=r"the table .*parameters\..*\.npz cannot be read"):
        load_run(tmp_path)
