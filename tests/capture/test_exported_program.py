"""Exported programs in memory go the way of those on disk."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.capture.exported_program import program_text


class Unregistered(NamedTuple):
    """A named tuple that torch.export was not told of."""

    first: torch.Tensor
    second: torch.Tensor


@pytest.fixture(scope="module")
def program():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).eval()
    return torch.export.export(model, (torch.randn(2, 3),))


def test_a_trace_is_read_off_the_program(program):
    trace = ta.trace(program)
    assert trace.error is None
    assert trace.graph.capture.level == "executed"
    assert {(edge.source, edge.target) for edge in trace.graph.edges} == {
        ("input:input", "0/linear:0"),
        ("0/linear:0", "1/relu:0"),
        ("1/relu:0", "output:0"),
    }


def test_memory_and_disk_agree(program, tmp_path):
    torch.export.save(program, tmp_path / "model.pt2")
    assert ta.load(tmp_path / "model.pt2").graph == ta.trace(program).graph


def test_an_atlas_of_a_program_shows_its_structure(program):
    atlas = ta.visualize_model(program)
    assert atlas.run.name == "Sequential"
    assert atlas.run.model.parameter_count == 16
    assert "parameter" in {gap.what for gap in atlas.gaps}


def test_with_data_the_error_says_what_to_call(program):
    with pytest.raises(ta.CaptureError) as caught:
        ta.visualize_model(program, torch.randn(2, 3))
    assert str(caught.value) == (
        "an exported program is read and not run: call visualize_model(program) without data, or "
        "hand over the module that it was exported from"
    )


def test_weights_are_not_written_down():
    program = torch.export.export(nn.Linear(1000, 1000), (torch.randn(1, 1000),))
    assert len(program_text(program).program) < 20_000


def test_what_torch_cannot_write_down_is_said():
    class Model(nn.Module):
        def forward(self, x):
            return Unregistered(x + 1, x + 2)

    program = torch.export.export(Model(), (torch.randn(2),))
    with pytest.raises(ta.CaptureError, match="torch cannot write this exported program down: Not"):
        ta.trace(program)
