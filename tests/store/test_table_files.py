"""Tables and series of a run as files of other programs, and back."""

import csv
import math

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tests.store.foreign_logs import TensorFlowLog, png

import torchatlas as ta
from torchatlas.cli import main
from torchatlas.errors import MissingDependency, RunError
from torchatlas.run import Run, TensorSummary, build_table, to_json
from torchatlas.store import EventWriter, load_run, save_run, save_tables

SUMMARY = TensorSummary.of(np.array([-2.0, 0.0, 0.5, 3.0, np.nan]))
PARAMETER = {"tensor": "w", "shape": "2", "trainable": True}
HOSTILE = '=1+1,"x"\n<b>\u202e'


def make_run():
    def scalar(name, split, step, value, rank=0):
        return {"name": name, "split": split, "step": step, "rank": rank, "value": value} | {
            "time_s": step / 2
        }

    scalars = [
        scalar("loss", "train", 1, 0.1),
        scalar("loss", "train", 2, math.nan),
        scalar("lr/group0", None, 2, math.inf),
        scalar(HOSTILE, "test", 2, None),
        scalar("loss", "train", 2, 0.5, rank=1),
    ]
    distribution = {"node": "fc", "tensor": "fc.weight", "quantity": "parameter", "step": 2}
    distribution |= {"rank": 0, "elements": 50, "summary": SUMMARY}
    text = {"name": "note", "step": 1, "rank": 0, "time_s": 0.5, "text": "héllo"}
    return Run(
        "net",
        "2026-01-01T00:00:00+00:00",
        tables={
            "scalars": build_table("scalars", scalars),
            "distributions": build_table("distributions", [distribution]),
            "texts": build_table("texts", [text]),
            "parameters": build_table(
                "parameters", [{"tensor": "w", "shape": "2", "trainable": True}]
            ),
        },
        facts={"seed": "0"},
    )


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_file_a_table_and_says_what_is_not_measured(tmp_path):
    run = make_run()
    folder = save_tables(run, run.tables, tmp_path / "out", "csv")
    assert sorted(path.name for path in folder.iterdir()) == [
        "distributions.csv",
        "parameters.csv",
        "scalars.csv",
        "texts.csv",
    ]
    scalars = rows(folder / "scalars.csv")
    assert [row["value"] for row in scalars] == ["0.1", "nan", "inf", "", "0.5"]
    assert scalars[3]["name"] == HOSTILE
    assert scalars[2]["split"] == ""
    (distribution,) = rows(folder / "distributions.csv")
    assert (distribution["count"], distribution["nan"], distribution["maximum"]) == (
        "5",
        "1",
        "3.0",
    )
    assert rows(folder / "parameters.csv")[0]["trainable"] == "true"


def test_parquet_keeps_kinds_units_and_bins(tmp_path):
    from pyarrow import parquet

    run = make_run()
    folder = save_tables(run, run.tables, tmp_path / "out", "parquet")
    scalars = parquet.read_table(folder / "scalars.parquet")
    assert scalars.schema.field("time_s").metadata[b"unit"] == b"s"
    values = scalars.column("value").to_pylist()
    assert (values[0], math.isnan(values[1]), values[2], values[3]) == (0.1, True, math.inf, None)
    (row,) = parquet.read_table(folder / "distributions.parquet").to_pylist()
    assert (row["count"], row["minimum"], row["std"]) == (5, -2.0, SUMMARY.std)
    assert row["bin_count"] == SUMMARY.bin_counts.tolist()
    assert row["bin_low"][-1] <= 3.0 < row["bin_high"][-1]


def test_a_log_comes_back_as_it_was(tmp_path):
    run = make_run()
    back = load_run(save_tables(run, run.tables, tmp_path / "out", "tensorboard"))
    points = {
        (row["name"], row["split"], row["step"], row["rank"], row["time_s"]): row["value"]
        for row in back.tables["scalars"].rows()
    }
    expected = {
        (row["name"], row["split"], row["step"], row["rank"], row["time_s"]): row["value"]
        for row in run.tables["scalars"].rows()
        if row["value"] is not None
    }
    assert str(sorted(points.items(), key=str)) == str(sorted(expected.items(), key=str))
    (row,) = back.tables["distributions"].rows()
    assert to_json(row["summary"]) == to_json(SUMMARY)
    assert (row["tensor"], row["elements"], row["converted"]) == ("fc.weight", 50, None)
    assert back.created == run.created
    texts = {row["name"]: row["text"] for row in back.tables["texts"].rows()}
    assert texts["note"] == "héllo"
    assert "| seed | 0 |" in texts["facts"]


def test_a_log_of_another_program_keeps_its_pictures_and_claims_no_exact_figures(tmp_path):
    log = TensorFlowLog(tmp_path / "in")
    log.image("seen", [png()], 2)
    log.histogram("fc/kernel", [[-1, 0, 10], [0, 1, 30]], 2)
    run = load_run(tmp_path / "in")
    back = load_run(save_tables(run, run.tables, tmp_path / "out", "tensorboard"))
    assert back.tables["images"].cells["data"] == run.tables["images"].cells["data"]
    (row,) = back.tables["distributions"].rows()
    assert (row["summary"].count, row["quantity"]) == (40, "parameter")
    assert "of TensorBoard" in row["converted"]


def test_tensorboard_itself_shows_a_run_and_what_is_exported(tmp_path):
    run = make_run()
    (tmp_path / "logs").mkdir()
    save_tables(run, run.tables, tmp_path / "logs" / "exported", "tensorboard")
    with EventWriter(tmp_path / "logs" / "recorded") as writer:
        writer.add_scalar("loss", "train", 0.25, 3)
        writer.add_summary("gradient", "fc.weight", 5, SUMMARY, 3)
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path / "logs"))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path / "logs"))
    asked = {"ctx": RequestContext(), "experiment_id": "x"}
    scalars = provider.list_scalars(**asked, plugin_name="scalars")
    assert set(scalars) == {"exported", "recorded"}
    assert "loss/train" in scalars["recorded"]
    read = provider.read_scalars(**asked, plugin_name="scalars", downsample=100)
    assert [(one.step, one.value) for one in read["recorded"]["loss/train"]] == [(3, 0.25)]
    histograms = provider.read_tensors(**asked, plugin_name="histograms", downsample=100)
    (one,) = histograms["recorded"]["gradient/fc.weight"]
    assert one.numpy[:, 2].sum() == SUMMARY.finite
    assert set(histograms["exported"]) == {"parameter/fc.weight"}
    texts = provider.list_tensors(**asked, plugin_name="text")
    assert set(texts["exported"]) == {"note/text_summary", "facts/text_summary"}


@pytest.mark.parametrize("form", ["csv", "parquet", "tensorboard"])
def test_nothing_half_written_stays(tmp_path, monkeypatch, form):
    from pathlib import Path

    run = make_run()
    before = {path.name for path in tmp_path.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        patch.setattr(Path, "open", full)
        patch.setattr("pyarrow.parquet.write_table", full)
        with pytest.raises(RunError, match=r"could not write .*No space left on device"):
            save_tables(run, run.tables, tmp_path / "out", form)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_what_is_there_already_is_left_alone(tmp_path):
    run = make_run()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match=r"out: it is there already; name a new folder"):
        save_tables(run, run.tables, tmp_path / "out", "csv")
    with pytest.raises(RunError, match=r"there is no folder .*nowhere"):
        save_tables(run, run.tables, tmp_path / "nowhere" / "out", "csv")
    with pytest.raises(RunError, match="there is no format 'xls'; choose csv, parquet"):
        save_tables(run, run.tables, tmp_path / "x", "xls")
    with pytest.raises(RunError, match="cannot be the name of a file"):
        save_tables(run, {"../x": run.tables["texts"]}, tmp_path / "x", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_parquet_without_its_library_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    run = make_run()
    with pytest.raises(MissingDependency, match=r"needs pyarrow to write .*\[parquet\]"):
        save_tables(run, run.tables, tmp_path / "out", "parquet")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_exports_a_run(tmp_path, capsys):
    save_run(make_run(), tmp_path / "run")
    for form in ("csv", "parquet", "tensorboard"):
        out = tmp_path / form
        assert main(["export", str(tmp_path / "run"), "--to", form, "-o", str(out)]) == 0
        assert capsys.readouterr().out == f"Written: {out}\n"
        assert any(out.iterdir())
    given = ["export", str(tmp_path / "run"), "--to", "csv", "--depth", "1"]
    assert main([*given, "-o", str(tmp_path / "x")]) == 1
    assert "depth: options of a drawing or a .dot file" in capsys.readouterr().err
    atlas = ta.load(tmp_path / "run")
    assert (atlas.save(tmp_path / "again", "csv") / "findings.csv").exists()
