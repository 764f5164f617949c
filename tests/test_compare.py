"""`ta.compare`: what it takes, and the atlas that it gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import torchatlas as ta


def small(*extra: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), *extra, nn.Linear(8, 2)).eval()


def trace(*extra: nn.Module) -> Any:
    return ta.trace(small(*extra), torch.zeros(1, 4))


def kinds(atlas: ta.Atlas) -> list[tuple[str, str, str]]:
    rows = atlas.tables["differences"].rows()
    return [(row["run"], row["kind"], row["node"]) for row in rows if row["what"] == "node"]


def test_two_traces() -> None:
    atlas = ta.compare(trace(), trace(nn.Dropout()))
    assert atlas.run.name == "Sequential → Sequential"
    assert kinds(atlas) == [("Sequential", "added", "2"), ("Sequential", "moved", "3")]
    assert atlas.graph is not None
    assert "2/dropout:0" in atlas.graph.nodes
    assert repr(atlas).startswith("<Atlas of Sequential → Sequential: 11 nodes, 3 differences, 0 ")
    assert len(atlas.table("differences")) == 3


def test_whatever_has_a_graph_can_be_compared(tmp_path: Path) -> None:
    inputs = torch.zeros(1, 4)
    atlas = ta.visualize_model(small(), inputs, include=())
    report = atlas.save(tmp_path / "report.html")
    data = atlas.save(tmp_path / "data.json")
    for source in (atlas, ta.trace(small(), inputs), atlas.graph, report, str(data)):
        found = ta.compare(atlas, source)
        assert len(found.tables["differences"]) == 0
        assert "0 differences" in repr(found)


def test_a_saved_comparison_opens_again(tmp_path: Path) -> None:
    saved = ta.compare(trace(), trace(nn.Dropout())).save(tmp_path / "compared.html")
    assert kinds(ta.load(saved)) == [("Sequential", "added", "2"), ("Sequential", "moved", "3")]


def test_further_ones_are_compared_with_the_first_and_told_apart() -> None:
    atlas = ta.compare(trace(), trace(), trace(nn.Dropout()))
    assert atlas.run.name == "Sequential → Sequential → Sequential"
    assert {run for run, _, _ in kinds(atlas)} == {"Sequential (2)"}
    assert atlas.graph is not None
    assert "3" not in atlas.graph.nodes


def test_what_was_measured_of_the_second_stays() -> None:
    atlas = ta.visualize_model(small(), torch.zeros(1, 4), include="parameters")
    compared = ta.compare(trace(), atlas)
    assert len(compared.tables["distributions"]) == len(atlas.tables["distributions"]) > 0


def test_a_model_is_no_graph_and_the_message_says_what_to_do() -> None:
    with pytest.raises(ta.RunError) as caught:
        ta.compare(trace(), small())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "cannot compare a Sequential: hand over an atlas, a trace, a graph or a path; of a model, "
        "what trace(model, inputs) gives"
    )


def test_a_run_without_a_graph_is_named(tmp_path: Path) -> None:
    model = small()
    with ta.record(tmp_path / "run", model) as recorder:
        recorder.log(loss=1.0)
    recorded = ta.load(tmp_path / "run")
    if recorded.graph is not None:
        recorded = ta.Atlas(type(recorded.run)("run", recorded.run.created))
    compared = ta.compare(trace(), recorded)
    assert len(compared.table("differences")) == 0
    (gap,) = (gap for gap in compared.gaps if gap.what == "comparison")
    assert gap.reason.startswith("run: it has no graph")
    assert "give ta.record an example" in gap.reason


def test_runs_without_graphs_are_compared_by_their_curves(tmp_path: Path) -> None:
    for name, end in (("first", 1.0), ("second", 2.0)):
        with ta.record(tmp_path / name, small()) as recorder:
            for step in range(3):
                recorder.log(loss=end / (1 + step), step=step)
    runs = [ta.load(tmp_path / name).run for name in ("first", "second")]
    compared = ta.compare(*(ta.Atlas(replace(run, graph=None)) for run in runs))
    assert [gap.what for gap in compared.gaps].count("comparison") == 2
    comparison = compared.comparison
    assert comparison is not None
    assert len(comparison.runs) == 1
    rows = compared.tables["scalars"].rows()
    assert [row["value"] for row in rows if row["name"] == "loss"] == [2.0, 1.0, 2 / 3]


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(ta.RunError, match="there is no file or folder nowhere"):
        ta.compare(trace(), "nowhere")


def test_folds_are_a_table_and_travel_in_the_document(tmp_path: Path) -> None:
    blocks = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3)))
    atlas = ta.visualize_model(blocks, torch.zeros(1, 4), include=())
    assert [row["node"] for row in atlas.tables["folds"].rows()] == ["0", "1", "2"]
    assert set(atlas.table("folds")["fold"]) == {"0..2"}
    loaded = ta.load(atlas.save(tmp_path / "data.json"))
    assert "folds" in loaded.run.tables
    plain = ta.visualize_model(small(), torch.zeros(1, 4), include=())
    assert len(plain.tables["folds"]) == 0
    assert "folds" not in ta.load(plain.save(tmp_path / "plain.json")).run.tables


def test_a_comparison_carries_all_runs_and_opens_with_them(tmp_path: Path) -> None:
    compared = ta.compare(trace(), trace(nn.Dropout()), trace(nn.Tanh()))
    assert compared.comparison is not None
    assert compared.comparison.names == ("Sequential (first)", "Sequential", "Sequential (2)")
    assert [len(run.graph.nodes) for run in compared.comparison.runs if run.graph] == [9, 11]
    for ending in ("html", "json"):
        opened = ta.load(compared.save(tmp_path / f"compared.{ending}"))
        assert opened.comparison is not None
        assert opened.comparison.names == compared.comparison.names
        assert [run.graph for run in opened.comparison.runs] == [
            run.graph for run in compared.comparison.runs
        ]


def test_matches_say_which_node_is_which() -> None:
    compared = ta.compare(trace(), trace(nn.Dropout()))
    rows = compared.tables["matches"].rows()
    pairs = {row["node"]: row["before_node"] for row in rows}
    assert pairs["3"] == "2"
    assert pairs["3/linear:0"] == "2/linear:0"
    assert pairs["0"] == "0"
    assert "2" not in pairs
    assert {row["run"] for row in rows} == {"Sequential"}


def test_a_file_from_before_comparisons_opens(tmp_path: Path) -> None:
    import json

    path = ta.visualize_model(small(), torch.zeros(1, 4), include=()).save(tmp_path / "old.json")
    data = json.loads(path.read_text())
    del data["comparison"], data["run"]["excerpts"]
    for table in data["run"]["tables"].values():
        for column in table["columns"]:
            del column["label"], column["groups"]
    path.write_text(json.dumps(data))
    opened = ta.load(path)
    assert opened.comparison is None
    assert opened.graph is not None


def test_no_two_runs_of_a_comparison_have_one_name() -> None:
    taken = [replace(ta.compare(trace(), trace()).run, name=name) for name in ("net", "net (2)")]
    first, second = (ta.Atlas(run) for run in taken)
    compared = ta.compare(first, first, first, second)
    assert compared.comparison is not None
    assert len(set(compared.comparison.names)) == 4
