"""`atlas.overlay`: a person's own numbers by node, from the call to the saved report."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.run import Run


@pytest.fixture(scope="module")
def atlas() -> ta.Atlas:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    return ta.visualize_model(model, torch.zeros(2, 4), include="backward")


def test_numbers_become_a_table_of_a_new_atlas(atlas: ta.Atlas) -> None:
    values = {"0": 1.5, "2": math.nan, "1": None}
    made = atlas.overlay(
        "influence", values, unit="nat", label="My influence", meaning="what it is"
    )
    frame = made.table("influence")
    assert frame["node"].tolist() == ["0", "2", "1"]
    assert frame["value"][0] == 1.5
    assert frame.attrs["units"]["value"] == "nat"
    assert frame.attrs["meanings"]["value"] == "what it is"
    assert made.overlays == ("influence",)
    assert atlas.overlays == ()
    assert "influence" not in atlas.tables
    assert list(made.tables)[-1] == "influence"


def test_whatever_is_a_number_is_taken(atlas: ta.Atlas) -> None:
    values = {"0": np.float32(2.5), "1": torch.tensor(3), "2": 4}
    made = atlas.overlay("mine", values)
    assert made.tables["mine"].cells["value"] == [2.5, 3.0, 4.0]


def test_steps_of_the_autograd_graph_can_have_numbers(atlas: ta.Atlas) -> None:
    assert atlas.backward is not None
    step = next(id for id, node in atlas.backward.nodes.items() if node.kind == "backward")
    assert atlas.overlay("mine", {step: 1.0}).tables["mine"].cells["node"] == [step]


@pytest.mark.parametrize("ending", ["html", "json"])
def test_it_is_saved_and_opens_again(atlas: ta.Atlas, tmp_path: Path, ending: str) -> None:
    made = atlas.overlay("mine", {"0": 1.0, "2": math.inf}, unit="s", groups="sum")
    opened = ta.load(made.save(tmp_path / f"report.{ending}"))
    assert opened.overlays == ("mine",)
    assert opened.tables["mine"].cells["value"] == [1.0, math.inf]
    assert opened.tables["mine"].columns == made.tables["mine"].columns


def test_an_unknown_node_is_answered_with_those_that_are_called_alike(atlas: ta.Atlas) -> None:
    with pytest.raises(ta.RunError, match=r"no node '0/linaer:0' \(near: 0/linear:0"):
        atlas.overlay("mine", {"0/linaer:0": 1.0})
    with pytest.raises(ta.RunError, match="and 2 more"):
        atlas.overlay("mine", dict.fromkeys("abcde", 1.0))


@pytest.mark.parametrize("value", ["high", True, [1.0], torch.zeros(2), 1j])
def test_what_is_no_number_is_refused_by_node(atlas: ta.Atlas, value: object) -> None:
    with pytest.raises(ta.RunError, match="the value of 0 is"):
        atlas.overlay("mine", {"0": value})  # type: ignore[dict-item]


def test_a_name_is_new_and_plain(atlas: ta.Atlas) -> None:
    made = atlas.overlay("mine", {"0": 1.0})
    with pytest.raises(ta.RunError, match="'mine' already"):
        made.overlay("mine", {"0": 2.0})
    with pytest.raises(ta.RunError, match=r"'my loss' cannot.*label="):
        atlas.overlay("my loss", {"0": 2.0})
    for taken in ("nodes", "scalars"):
        with pytest.raises(ta.RunError, match=taken):
            atlas.overlay(taken, {"0": 2.0})


def test_it_wants_a_mapping_a_known_rule_and_a_graph(atlas: ta.Atlas) -> None:
    with pytest.raises(ta.RunError, match="not a list"):
        atlas.overlay("mine", [1.0])  # type: ignore[arg-type]
    with pytest.raises(ta.RunError, match="'sum', 'max', 'none'"):
        atlas.overlay("mine", {}, groups="mean")  # type: ignore[arg-type]
    with pytest.raises(ta.RunError, match="no graph"):
        ta.Atlas(Run("bare", "")).overlay("mine", {})


def test_numbers_for_a_drawing_are_held_to_the_same_rules(atlas: ta.Atlas) -> None:
    with pytest.raises(ta.RunError, match="the graph has no node 'nope'"):
        atlas.plot("architecture", "svg", color={"nope": 1.0})
    with pytest.raises(ta.RunError, match="takes numbers by node id"):
        atlas.plot("architecture", "svg", color=5)
