"""Recurrent layers, attention, einsum and einops."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check, check_invariants, edges_of
from torch import nn
from torch.nn import functional as F  # noqa: N812

import torchatlas as ta

case = Collection()


@case
def a_recurrent_layer() -> Case:
    return Case(
        nn.LSTM(4, 8, 2, batch_first=True, bidirectional=True),
        (torch.randn(2, 5, 4),),
        edges={
            ("input:input", "/lstm:0"),
            ("/lstm:0", "output:0"),
            ("/lstm:0", "output:1.0"),
            ("/lstm:0", "output:1.1"),
        },
        only=False,
    )


@case
def states_that_are_handed_over() -> Case:
    model = nn.GRU(4, 8)
    return Case(
        model,
        (torch.randn(5, 2, 4), torch.zeros(1, 2, 8)),
        edges={
            ("input:input", "/gru:0"),
            ("input:hx", "/gru:0"),
            ("/gru:0", "output:0"),
            ("/gru:0", "output:1"),
        },
    )


@case
def packed_sequences() -> Case:
    def forward(self: Any, x: Any, lengths: Any) -> Any:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
        padded, _ = nn.utils.rnn.pad_packed_sequence(self.cell(packed)[0], batch_first=True)
        return self.head(padded[:, -1])

    return Case(
        Runs(forward, cell=nn.GRU(4, 8, batch_first=True), head=nn.Linear(8, 2)),
        (torch.randn(2, 5, 4), torch.tensor([3, 5])),
        edges={
            ("input:lengths", "/sort:0"),
            ("/sort:0", "/index_select:0"),
            ("input:x", "/index_select:0"),
            ("/index_select:0", "/_pack_padded_sequence:0"),
            ("/_pack_padded_sequence:0", "cell/gru:0"),
            ("cell/gru:0", "/_pad_packed_sequence:0"),
            ("head/linear:0", "output:0"),
        },
        only=False,
    )


@case
def a_packed_sequence_as_input_and_output() -> Case:
    packed = nn.utils.rnn.pack_sequence([torch.randn(3, 4), torch.randn(2, 4)])
    return Case(
        nn.GRU(4, 8),
        (packed,),
        edges={
            ("input:input.data", "/gru:0"),
            ("input:input.batch_sizes", "/gru:0"),
            ("/gru:0", "output:0.data"),
            ("input:input.batch_sizes", "output:0.batch_sizes"),
            ("/gru:0", "output:1"),
        },
        only=False,
    )


@case
def a_loop_over_a_cell() -> Case:
    def forward(self: Any, x: Any) -> Any:
        state = (torch.zeros(2, 8), torch.zeros(2, 8))
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return state[0]

    return Case(
        Runs(forward, cell=nn.LSTMCell(4, 8)),
        torch.randn(2, 3, 4),
        edges={
            ("input:x", "/getitem:0"),
            ("input:x", "/getitem:1"),
            ("input:x", "/getitem:2"),
            ("/zeros:0", "cell/lstm_cell:0"),
            ("/zeros:1", "cell/lstm_cell:0"),
            ("/getitem:0", "cell/lstm_cell:0"),
            ("/getitem:1", "cell#1/lstm_cell:0"),
            ("/getitem:2", "cell#2/lstm_cell:0"),
            ("cell/lstm_cell:0", "cell#1/lstm_cell:0"),
            ("cell#1/lstm_cell:0", "cell#2/lstm_cell:0"),
            ("cell#2/lstm_cell:0", "output:0"),
        },
    )


@case
def multi_head_attention() -> Case:
    def forward(self: Any, x: Any, memory: Any) -> Any:
        return self.attention(x, memory, memory * 2)

    return Case(
        Runs(forward, attention=nn.MultiheadAttention(8, 2, batch_first=True)),
        (torch.randn(2, 5, 8), torch.randn(2, 3, 8)),
        edges={
            ("input:x", "attention/transpose:0"),
            ("input:memory", "attention/transpose:1"),
            ("/mul:0", "attention/transpose:2"),
            ("attention/transpose:0", "attention/multi_head_attention_forward:0"),
            ("attention/transpose:1", "attention/multi_head_attention_forward:0"),
            ("attention/transpose:2", "attention/multi_head_attention_forward:0"),
            ("input:memory", "/mul:0"),
            ("attention/multi_head_attention_forward:0", "attention/transpose:3"),
            ("attention/transpose:3", "output:0"),
            ("attention/multi_head_attention_forward:0", "output:1"),
        },
    )


@case
def a_transformer_encoder_in_evaluation_mode() -> Case:
    """torch's fused path is off while a function mode is on: the graph has the separate ops."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    return Case(
        model,
        torch.randn(2, 5, 8),
        edges={
            ("input:src", "layers.0/add:0"),
            ("layers.0/add:0", "layers.0.norm1/layer_norm:0"),
            ("layers.0.norm1/layer_norm:0", "layers.0.linear1/linear:0"),
            ("layers.0.norm1/layer_norm:0", "layers.0/add:1"),
            ("layers.0/add:1", "layers.0.norm2/layer_norm:0"),
            ("layers.0.norm2/layer_norm:0", "layers.1/add:0"),
            ("layers.1.norm2/layer_norm:0", "output:0"),
        },
        only=False,
    )


@case
def a_whole_transformer() -> Case:
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    return Case(
        model,
        (torch.randn(2, 5, 8), torch.randn(2, 3, 8)),
        {"tgt_mask": mask, "tgt_is_causal": True},
        edges={
            ("input:src", "encoder.layers.0/add:0"),
            ("input:tgt", "decoder.layers.0/add:0"),
            ("encoder.norm/layer_norm:0", "decoder.layers.0.multihead_attn/transpose:1"),
            ("decoder.norm/layer_norm:0", "output:0"),
        },
        only=False,
    )


@case
def scaled_dot_product_attention() -> Case:
    def forward(self: Any, x: Any, mask: Any) -> Any:
        query, key, value = x.unflatten(-1, (3, 8)).unbind(-2)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)

    return Case(
        Runs(forward),
        (torch.randn(2, 2, 5, 24), torch.ones(5, 5).tril().bool()),
        edges={
            ("input:x", "/unflatten:0"),
            ("/unflatten:0", "/unbind:0"),
            ("/unbind:0", "/scaled_dot_product_attention:0"),
            ("input:mask", "/scaled_dot_product_attention:0"),
            ("/scaled_dot_product_attention:0", "output:0"),
        },
    )


@case
def einsum() -> Case:
    model = Runs(
        lambda self, x, y: torch.einsum("bid,bjd,de->bije", x, y, self.mix),
        mix=nn.Parameter(torch.ones(2, 3)),
    )
    return Case(
        model,
        (torch.ones(1, 4, 2), torch.ones(1, 5, 2)),
        edges={
            ("input:x", "/einsum:0"),
            ("input:y", "/einsum:0"),
            ("mix", "/einsum:0"),
            ("/einsum:0", "output:0"),
        },
    )


@case
def einops_rearrange() -> Case:
    einops = pytest.importorskip("einops")
    layers = pytest.importorskip("einops.layers.torch")

    def forward(self: Any, x: Any) -> Any:
        h = einops.rearrange(x, "b (h w) c -> b c h w", h=2)
        return einops.reduce(self.patches(h), "b n d -> b d", "mean")

    patches = layers.Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p=2, q=2)
    return Case(
        Runs(forward, patches=patches),
        torch.randn(1, 8, 3),
        edges={
            ("input:x", "/reshape:0"),
            ("/reshape:0", "/permute:0"),
            ("/permute:0", "patches/reshape:0"),
            ("patches/reshape:0", "patches/permute:0"),
            ("patches/permute:0", "patches/reshape:1"),
            ("patches/reshape:1", "/permute:1"),
            ("/permute:1", "/mean:0"),
            ("/mean:0", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())


def test_the_fused_encoder_as_executed() -> None:
    """Without gradients and without a function mode, torch runs each layer as one op."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    x = torch.randn(2, 5, 8)
    with torch.no_grad():
        graph = ta.trace(model, x, level="executed").graph
        user = ta.trace(model, x).graph
    first, second = (f"layers.{n}/aten._transformer_encoder_layer_fwd:0" for n in range(2))
    assert edges_of(graph) == {("input:src", first), (first, second), (second, "output:0")}
    assert (graph.capture.level, user.capture.level) == ("executed", "user")
    assert graph.capture.fast_paths_off == ()
    assert user.capture.fast_paths_off
    assert ("layers.0.norm2/layer_norm:0", "layers.1/add:0") in edges_of(user)
    check_invariants(graph)


def test_fused_attention_as_executed() -> None:
    model = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x = torch.randn(2, 5, 8)
    with torch.no_grad():
        graph = ta.trace(model, (x, x, x), {"need_weights": False}, level="executed").graph
    op = "/aten._native_multi_head_attention:0"
    assert {(op, "output:0"), ("input:query", op)} <= edges_of(graph)
