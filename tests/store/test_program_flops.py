"""FLOPs from shapes: counted by hand, and the same as a trace counts while it runs."""

from __future__ import annotations

import pytest
import torch
from tests.store.programs import export
from torch import nn
from torch.nn import functional

import torchatlas as ta
from torchatlas.run import ROOT
from torchatlas.store.program_flops import count_flops


@pytest.mark.parametrize(
    ("base", "given", "out", "flops"),
    [
        ("linear", {"input": [(2, 3, 4)], "weight": [(5, 4)]}, (2, 3, 5), 2 * 2 * 3 * 5 * 4),
        ("matmul", {"self": [(2, 3, 4)], "other": [(4, 5)]}, (2, 3, 5), 2 * 2 * 3 * 5 * 4),
        ("dot", {"self": [(7,)], "other": [(7,)]}, (), 14),
        ("addmm", {"self": [(5,)], "mat1": [(3, 4)], "mat2": [(4, 5)]}, (3, 5), 120),
        ("conv2d", {"input": [(1, 4, 8, 8)], "weight": [(6, 2, 3, 3)]}, (1, 6, 6, 6), 7776),
        (
            "conv_transpose2d",
            {"input": [(1, 4, 8, 8)], "weight": [(4, 6, 3, 3)]},
            (1, 6, 10, 10),
            2 * 4 * 8 * 8 * 6 * 9,
        ),
        (
            "scaled_dot_product_attention",
            {"query": [(1, 2, 5, 4)], "key": [(1, 2, 7, 4)], "value": [(1, 2, 7, 3)]},
            (1, 2, 5, 3),
            2 * 2 * 5 * 7 * (4 + 3),
        ),
        ("relu", {"self": [(3,)]}, (3,), None),
        ("linear", {"input": [(-1, 4)], "weight": [(5, 4)]}, (-1, 5), None),
        ("linear", {"strange": [(1, 4)]}, (1, 5), None),
    ],
)
def test_counted_by_hand(base, given, out, flops):
    assert count_flops(base, given, [out]) == flops


class Products(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.up = nn.ConvTranspose1d(12, 4, 3, groups=2)

    def forward(self, x):
        states, _ = self.lstm(x)
        up = self.up(states.transpose(1, 2))
        attended = functional.scaled_dot_product_attention(states, states, states)
        return (
            up @ up.transpose(1, 2),
            attended.sum(1) @ attended[0].T,
            torch.mv(up[0].T, up[0, :, 0]),
        )


def test_as_a_trace_counts_them():
    model, x = Products().eval(), torch.randn(2, 5, 4)
    traced, exported = ta.trace(model, (x,)).graph, ta.trace(export(model, x)).graph
    counted = {n.id: n.flops for n in traced.nodes.values() if n.flops is not None}
    assert counted.keys() > {ROOT, "lstm", "up"}
    assert {n.id: n.flops for n in exported.nodes.values() if n.flops is not None} == counted
