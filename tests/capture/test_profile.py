"""Times by node: every op of the graph has one, also those that nobody wrote."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.capture.batches import Batches
from torchatlas.capture.profile import forward_times


class Scripted(nn.Module):
    """Ops of a scripted function run without a call of the user's around them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.fc(x)
        return self.scripted(h) + h

    scripted: Any


def twice_and_a_sine(x: torch.Tensor) -> torch.Tensor:
    return x.sin() * 2


@pytest.fixture
def mixed() -> Scripted:
    with pytest.warns(FutureWarning, match="deprecated"):
        scripted = torch.jit.script(twice_and_a_sine)
    model = Scripted()
    model.__dict__["scripted"] = scripted
    return model


def test_every_op_has_a_time_dispatched_ones_too(mixed: Scripted) -> None:
    atlas = ta.visualize_model(mixed, torch.ones(2, 4), include="cost")
    assert atlas.graph is not None
    assert atlas.graph.capture.dispatched_only
    rows = {row["node"]: row["time_s"] for row in atlas.tables["cost"].rows()}
    ops = ["/aten.sin:0", "/aten.mul:0", "/add:0", "fc/linear:0"]
    assert [node for node in ops if rows[node] is None] == []


def test_without_being_asked_dispatched_ops_are_not_timed(mixed: Scripted) -> None:
    batch = Batches(torch.ones(2, 4), mixed, "train").first()
    assert "/aten.sin:0" not in forward_times(mixed, batch, steps=1)
    found = forward_times(mixed, batch, steps=1, dispatched=True)
    assert found["/aten.sin:0"] > 0
    assert found["/add:0"] > 0


def test_graphs_without_dispatched_ops_need_no_third_pass() -> None:
    graph = ta.trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2)).graph
    assert not graph.capture.dispatched_only


def test_flops_without_times_are_covered_by_number_of_ops() -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    atlas = ta.visualize_model(model, torch.ones(1, 2))
    assert atlas.graph is not None
    (whole, *_) = atlas.tables["flop_coverage"].rows()
    assert (whole["node"], whole["basis"], whole["counted"]) == (".", "ops", 0.5)
    assert "Ops were not timed" in whole["statement"]
