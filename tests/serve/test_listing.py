"""The list of runs: what is in it, what changed, and what a short look shows."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path

import pytest
from tests.serve.growing import Training

import torchatlas.serve.glance as glance_module
import torchatlas.serve.listing as module
from torchatlas.errors import RunError
from torchatlas.serve.listing import Listing, Row


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders are looked through whenever somebody asks."""
    monkeypatch.setattr(module, "REFRESH_S", 0.0)
    monkeypatch.setattr(module, "SHARE", math.inf)


def looked_at(listing: Listing, count: int) -> list[Row]:
    """The rows once all of them were looked at; the thread that looks needs a moment."""
    for _ in range(1_000):
        rows = listing.rows()
        if len(rows) == count and all(row.glance for row in rows):
            return rows
        time.sleep(0.01)
    raise AssertionError("the runs were not looked at")


def test_a_row_says_what_a_run_is_and_how_its_loss_went(tmp_path: Path) -> None:
    with Training(tmp_path / "deep" / "net") as training:
        training.train(4)
        listing = Listing([tmp_path])
        [row] = looked_at(listing, 1)
    assert (row.place, row.state, row.last_step) == ("deep/net", "running", 4)
    assert row.glance is not None
    assert (row.glance.model, row.glance.loss, row.glance.step) == ("Net", "loss train", 4)
    assert row.glance.steps == (1, 2, 3, 4)
    assert row.glance.values == (1, 1 / 2, 1 / 3, 1 / 4)
    assert row.glance.last == 1 / 4


def test_ids_say_nothing_and_are_the_same_another_time(tmp_path: Path) -> None:
    with Training(tmp_path / "secret-name"):
        first, second = Listing([tmp_path]).rows(), Listing([tmp_path]).rows()
    assert first[0].id == second[0].id
    assert "secret" not in first[0].id
    assert Listing([tmp_path]).folder(first[0].id) == tmp_path / "secret-name"
    assert Listing([tmp_path]).folder("secret-name") is None


def test_a_run_folder_itself_can_be_named(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training:
        training.train(1)
        [row] = Listing([tmp_path / "net"]).rows()
    assert row.place == "net"


def test_newest_first(tmp_path: Path) -> None:
    for name, created in [("a", "2026-01-01"), ("b", "2026-03-01"), ("c", "2026-02-01")]:
        with Training(tmp_path / name, f"{created}T00:00:00+00:00") as training:
            training.train(1)
    assert [row.place for row in Listing([tmp_path]).rows()] == ["b", "c", "a"]


def test_only_rows_that_changed_are_told(tmp_path: Path) -> None:
    with Training(tmp_path / "a") as a, Training(tmp_path / "b") as b:
        a.train(1)
        b.train(1)
        listing = Listing([tmp_path])
        looked_at(listing, 2)
        version = listing.refresh()
        assert listing.changes(version) == {"whole": False, "rows": [], "gone": []}
        b.train(3)
        listing.refresh()
        change = listing.changes(version)
    assert [row["place"] for row in change["rows"]] == ["b"]
    assert change["rows"][0]["last_step"] == 4
    assert [row["place"] for row in listing.changes(None)["rows"]] == ["a", "b"]


def test_a_run_that_went_is_told_and_one_that_came_back_is_there(tmp_path: Path) -> None:
    with Training(tmp_path / "a") as training:
        training.train(1)
    listing = Listing([tmp_path])
    [row] = listing.rows()
    version = listing.refresh()
    (tmp_path / "a").rename(tmp_path.parent / "elsewhere")
    listing.refresh()
    assert listing.changes(version)["gone"] == [row.id]
    (tmp_path.parent / "elsewhere").rename(tmp_path / "a")
    listing.refresh()
    change = listing.changes(version)
    assert change["gone"] == []
    assert [row["place"] for row in change["rows"]] == ["a"]
    shutil.rmtree(tmp_path)
    listing.refresh()
    assert listing.rows() == []


def test_a_half_written_run_is_listed_with_its_trouble(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "run.json").write_text('{"format": "torchatlas run", "tab')
    [row] = looked_at(Listing([tmp_path]), 1)
    assert row.place == "half"
    assert row.glance is not None
    assert row.glance.trouble.startswith("run.json cannot be read")
    assert str(tmp_path) not in row.glance.trouble


def test_a_loss_that_is_no_number_is_said_by_its_name(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training:
        training.train(1)
        training.add_scalar("loss", "train", math.nan, 2)
        training.flush()
        [row] = looked_at(Listing([tmp_path]), 1)
    assert row.glance is not None
    assert row.glance.values == (1, "NaN")
    assert row.glance.last == "NaN"


def test_a_run_that_logged_no_loss_has_none(tmp_path: Path) -> None:
    with Training(tmp_path / "net") as training:
        training.add_scalar("accuracy", "test", 0.5, 3)
        training.flush()
        [row] = looked_at(Listing([tmp_path]), 1)
    assert row.glance is not None
    assert (row.glance.loss, row.glance.last, row.glance.step) == ("", None, 3)


def test_a_very_long_run_is_not_read_for_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance_module, "LARGEST_BYTES", 100)
    with Training(tmp_path / "net") as training:
        training.train(10)
        [row] = looked_at(Listing([tmp_path]), 1)
    assert row.glance is not None
    assert row.glance.trouble == "a long run: open it to see its loss"
    assert row.last_step == 10


@pytest.mark.parametrize(("name", "words"), [("none", "there is no folder"), ("file", "a file")])
def test_what_is_no_folder_is_said(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=words):
        Listing([tmp_path / name])
