"""A growing run as the page gets it: what is sent, how much of it, and what is sent no more."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.serve.growing import TENSOR, Training

import torchatlas.serve.followed_run as module
from torchatlas.errors import RunError
from torchatlas.run import Document, from_json
from torchatlas.serve.followed_run import FollowedRun
from torchatlas.serve.shown_scalars import MOST_POINTS


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put off, whatever the time that anything takes."""
    for name in ("POLL_S", "EXAMINE_S"):
        monkeypatch.setattr(module, name, 0.0)
    monkeypatch.setattr(module, "SHARE", math.inf)


def steps_of(change: dict[str, Any], table: str = "scalars") -> tuple[int, list[int]]:
    """The row at which a change begins, and the steps of its rows."""
    found = change["tables"][table]
    return found["from"], found["cells"]["step"]


def test_the_document_is_what_a_report_carries(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training:
        training.train(3).spread()
        answer = FollowedRun(tmp_path / "net").document()
    document = from_json(Document, answer["document"], "document")
    assert document.run.name == "net"  # the model's own name is that of many runs
    assert document.run.tables["scalars"].cells["step"] == [1, 2, 3]
    assert document.run.tables["distributions"].cells["tensor"] == [TENSOR, TENSOR]
    assert {"nodes", "parameters"} <= set(document.run.tables)
    assert "curves" in {view.name for view in document.views}


def test_only_rows_that_came_are_sent(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        run = FollowedRun(tmp_path)
        training.train(3)
        run.refresh()
        position = run.position
        training.train(2).spread()
        run.refresh()
        change = run.changes(position)
    assert change is not None
    assert steps_of(change) == (3, [4, 5])
    assert change["tables"]["scalars"]["columns"] == []
    assert "parameters" not in change["tables"]
    assert run.changes(change["version"]) is None


def test_a_page_that_missed_some_versions_gets_what_came_in_all_of_them(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        run = FollowedRun(tmp_path)
        training.train(1)
        run.refresh()
        position = run.position
        for _ in range(5):
            training.train(2)
            run.refresh()
        change = run.changes(position)
    assert change is not None
    assert steps_of(change) == (1, list(range(2, 12)))


@pytest.mark.parametrize("position", [None, "", "other.1", "{epoch}.999", "{epoch}.x", "~"])
def test_a_page_of_another_reading_gets_every_table_anew(
    tmp_path: Path, position: str | None
) -> None:
    with Training(tmp_path) as training:
        training.train(4)
        run = FollowedRun(tmp_path)
        change = run.changes(position and position.format(epoch=run.epoch))
    assert change is not None
    assert steps_of(change) == (0, [1, 2, 3, 4])
    assert change["run"]["model"]["type"] == "Net"
    assert "graph" not in change["run"] or change["run"]["graph"] is None


def test_a_long_series_is_thinned_and_keeps_its_spike(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        run = FollowedRun(tmp_path)
        training.train(MOST_POINTS)
        training.add_scalar("loss", "train", 99.0, MOST_POINTS + 1)
        training.flush()
        run.refresh()
        position = run.position
        training.step += 1
        training.train(MOST_POINTS)
        run.refresh()
        change = run.changes(position)
    assert change is not None
    start, steps = steps_of(change)
    assert start == 0  # it began anew
    assert len(steps) <= MOST_POINTS
    assert MOST_POINTS + 1 in steps
    [curves] = run.views(["curves"])["views"]
    assert "of 2,001 points" in curves["panels"][0]["note"]


def test_a_closer_look_gives_the_points_of_a_stretch(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        training.train(5_000, accuracy=0.5)
        run = FollowedRun(tmp_path)
    [train] = run.detail("loss", 4_000, 4_003)
    assert train == {
        "split": "train",
        "rank": 0,
        "x": [3_999, 4_000, 4_001, 4_002, 4_003, 4_004],
        "y": [1 / step for step in range(3_999, 4_005)],
        "points": 6,
    }
    assert run.detail("nothing", 0, 10) == []
    assert len(run.detail("accuracy", 0, 5_000)[0]["x"]) <= 2_100


def test_a_training_that_went_back_is_sent_anew(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        training.train(6)
        run = FollowedRun(tmp_path)
        position = run.position
        for path in tmp_path.glob("*tfevents*"):
            path.write_bytes(path.read_bytes()[:40])
        run.refresh()
        change = run.changes(position)
    assert change is not None
    assert change["tables"]["scalars"]["from"] == 0


def test_findings_are_drawn_again_when_the_run_has_grown(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        training.train(3).spread()
        run = FollowedRun(tmp_path)
        run.refresh()
        before = {finding.rule for finding in run.run().findings}
        training.add_scalar("loss", "train", math.nan, 4)
        training.flush()
        run.refresh()
        run.refresh()
        after = {finding.rule for finding in run.run().findings}
    assert "nonfinite" not in before
    assert "nonfinite" in after


def test_of_very_many_scalars_no_findings_are_drawn_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EXAMINED", 10)
    with Training(tmp_path) as training:
        training.train(11)
        run = FollowedRun(tmp_path).run()
    assert run.findings == ()
    [gap] = [gap for gap in run.gaps if gap.what == "findings"]
    assert "11 scalars is followed (more than 10)" in gap.reason


def test_another_graph_has_another_structure(tmp_path: Path) -> None:
    from dataclasses import replace

    with Training(tmp_path) as training:
        run = FollowedRun(tmp_path)
        first = run.changes(None)
        training.describe(replace(training.run, facts={"seed": "1"}))
        run.refresh()
        second = run.changes(None)
        training.describe(replace(training.run, graph=None))
        run.refresh()
        third = run.changes(None)
    assert first
    assert second
    assert third
    assert second["run"]["facts"]["seed"] == "1"
    assert first["structure"] == second["structure"] != third["structure"]


def test_a_folder_that_is_deleted_is_said_and_what_was_read_stays(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training:
        training.train(3)
        run = FollowedRun(tmp_path / "net")
    shutil.rmtree(tmp_path / "net")
    with pytest.raises(RunError, match="the folder of this run is gone"):
        run.refresh()
    assert len(run.run().tables["scalars"]) == 3


def test_a_half_written_description_leaves_the_curves(tmp_path: Path) -> None:
    with Training(tmp_path) as training:
        training.train(3)
    (tmp_path / "run.json").write_text('{"format": "torchatlas run", "tab')
    run = FollowedRun(tmp_path)
    assert len(run.run().tables["scalars"]) == 3
    assert any("run.json" in gap.reason for gap in run.run().gaps)


def test_views_are_made_once_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(name: str, *arguments: Any) -> Any:
        made.append(name)
        return build(name, *arguments)

    build = module.build_view
    monkeypatch.setattr(module, "build_view", counted)
    with Training(tmp_path) as training:
        training.train(2)
        run = FollowedRun(tmp_path)
        run.refresh()
        run.views(["curves"])
        run.views(["curves", "ridges"])
        assert made == ["curves", "ridges"]
        training.train(1)
        run.refresh()
        run.views(["curves"])
    assert made == ["curves", "ridges", "curves"]


def test_an_unknown_view_is_said(tmp_path: Path) -> None:
    with Training(tmp_path):
        run = FollowedRun(tmp_path)
    with pytest.raises(RunError, match="no view 'secret'"):
        run.views(["secret"])


def test_many_steps_are_thinned_whole_and_never_the_last(tmp_path: Path) -> None:
    from torchatlas.run import build_table
    from torchatlas.serve.shown_steps import ShownSteps

    def rows(steps: range) -> list[dict[str, Any]]:
        return [
            {"tensor": tensor, "quantity": quantity, "step": step}
            for step in steps
            for quantity in ("parameter", "gradient")
            for tensor in ("a", "b", "c")
        ]

    shown = ShownSteps(build_table("distributions", rows(range(10))))
    for start in range(10, 3_000, 10):
        shown.add(build_table("distributions", rows(range(start, start + 10))))
    cells = shown.table.table().cells
    steps, counts = np.unique(cells["step"], return_counts=True)
    assert len(cells["step"]) <= 6_000
    assert (steps[0], steps[-1]) == (0, 2_999)
    assert set(counts) == {6}
