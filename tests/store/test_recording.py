"""A run folder while it is recorded into."""

import pytest

from torchatlas.errors import RunError
from torchatlas.run import Run
from torchatlas.store import EventWriter, Recording, load_run


def record(folder, name, value):
    with Recording(folder) as recording:
        recording.describe(Run(name, ""))
        recording.add_scalar("loss", "train", value, step=1)


def test_description_and_series_make_a_run(tmp_path):
    record(tmp_path / "run", "first", 1.0)
    run = load_run(tmp_path / "run")
    assert run.name == "first"
    assert run.tables["scalars"].cells["value"] == [1.0]


def test_an_earlier_run_is_set_aside_whole(tmp_path):
    for name, value in [("first", 1.0), ("second", 2.0), ("third", 3.0)]:
        record(tmp_path, name, value)
    assert load_run(tmp_path).tables["scalars"].cells["value"] == [3.0]
    earlier = sorted((tmp_path / "earlier").iterdir())
    assert [load_run(folder).name for folder in earlier] == ["first", "second"]
    assert load_run(earlier[0]).tables["scalars"].cells["value"] == [1.0]


def test_other_ranks_join_the_run_that_is_there(tmp_path):
    with Recording(tmp_path) as first, Recording(tmp_path, rank=1) as second:
        first.describe(Run("run", ""))
        first.add_scalar("loss", "train", 1.0, step=1)
        second.add_scalar("loss", "train", 2.0, step=1)
    assert sorted(load_run(tmp_path).tables["scalars"].cells["rank"]) == [0, 1]


def test_all_ranks_go_on_from_the_last_step_of_the_first_one(tmp_path):
    for rank, last in [(0, 5), (1, 3), (2, 8)]:
        with EventWriter(tmp_path, rank) as writer:
            writer.add_scalar("loss", "train", 1.0, step=last)
    again = [Recording(tmp_path, rank, resume=True) for rank in range(3)]
    assert [recording.step for recording in again] == [5, 5, 5]
    for recording in again:
        recording.close()
    cells = load_run(tmp_path).tables["scalars"].cells
    assert sorted(zip(cells["rank"], cells["step"], strict=True)) == [(0, 5), (1, 3)]


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match=r"cannot record into .*run: it is a file, not a folder"):
        Recording(tmp_path / "run")
