"""The autograd graph as a section of the main call: in the run, in files, or a gap."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.store import load_run, save_run


def test_the_autograd_graph_is_part_of_the_run_and_comes_back_from_disk(tmp_path: Path) -> None:
    atlas = ta.visualize_model(nn.Sequential(nn.Linear(4, 3), nn.Tanh()), torch.randn(2, 4))
    assert atlas.backward is not None
    assert "1/TanhBackward0:0" in atlas.backward.nodes
    table = atlas.table("saved_tensors")
    assert list(
        table[["step", "tensor", "kind", "held_bytes"]].itertuples(index=False, name=None)
    ) == [
        ("0/AddmmBackward0:0", "mat1", "input", 0),
        ("1/TanhBackward0:0", "result", "activation", 24),
    ]
    for ending in ("html", "json"):
        again = ta.load(atlas.save(tmp_path / f"run.{ending}"))
        assert again.backward == atlas.backward
    assert load_run(save_run(atlas.run, tmp_path / "run")).backward == atlas.backward


def test_the_autograd_graph_is_left_out_where_nobody_asked_and_a_gap_where_there_is_none() -> None:
    model, x = nn.Linear(4, 3), torch.randn(2, 4)
    atlas = ta.visualize_model(model, x, include="parameters")
    assert atlas.backward is None
    assert not [gap for gap in atlas.gaps if gap.what == "backward"]
    frozen = ta.visualize_model(model.requires_grad_(False), x)
    assert frozen.backward is None
    (gap,) = [gap for gap in frozen.gaps if gap.what == "backward"]
    assert gap.reason.startswith("no backward graph: no parameter and no input requires a gradient")


def test_an_autograd_graph_that_cannot_be_read_is_a_gap_and_the_rest_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("torchatlas.capture.trace.backward_graph", refuse)
    atlas = ta.visualize_model(nn.Linear(4, 3), torch.randn(2, 4))
    (gap,) = [gap for gap in atlas.gaps if gap.what == "backward"]
    assert gap.reason == "the autograd graph could not be read: RuntimeError: no"
    assert atlas.graph is not None
