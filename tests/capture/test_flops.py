"""FLOPs of every counted op against closed forms: on real tensors, fake ones, and undivided."""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 (the field's name for it)
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, register_flop_formula

from torchatlas.capture.flops import count_flops
from torchatlas.capture.trace import Mode, trace
from torchatlas.run import ROOT

Tensor = torch.Tensor
Function = Callable[..., Any]


class Calls(nn.Module):
    """A model that is one function."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)


def flops_of(model: Any, *args: Any, mode: Mode = "real") -> float | None:
    model = model if isinstance(model, nn.Module) else Calls(model)
    traced = trace(model, args, mode=mode)
    if traced.error is not None:
        raise traced.error
    return traced.graph.nodes[ROOT].flops


class Executed(TorchDispatchMode):
    """What runs below the user's ops, fused paths and all."""

    def __init__(self) -> None:
        super().__init__()
        self.flops: float | None = None
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        flops = count_flops(func, args, kwargs or {}, out)
        self.names.append(str(func.overloadpacket))
        if flops is not None:
            self.flops = (self.flops or 0.0) + flops
        return out


def executed(function: Function, *args: Any) -> Executed:
    with Executed() as seen:
        function(*args)
    return seen


def ones(*shape: int, dtype: torch.dtype | None = None) -> Tensor:
    return torch.ones(*shape, dtype=dtype)


def spd(n: int) -> Tensor:
    return torch.eye(n) * 2


PRODUCTS: dict[str, tuple[Function, tuple[Tensor, ...], float]] = {
    "mm": (torch.mm, (ones(2, 3), ones(3, 5)), 2 * 2 * 3 * 5),
    "matmul of batches": (torch.matmul, (ones(4, 2, 3), ones(3, 5)), 4 * 2 * 2 * 3 * 5),
    "bmm": (torch.bmm, (ones(4, 2, 3), ones(4, 3, 5)), 4 * 2 * 2 * 3 * 5),
    "addmm": (torch.addmm, (ones(5), ones(2, 3), ones(3, 5)), 2 * 2 * 3 * 5),
    "baddbmm": (torch.baddbmm, (ones(1), ones(4, 2, 3), ones(4, 3, 5)), 4 * 2 * 2 * 3 * 5),
    "addbmm": (torch.addbmm, (ones(2, 5), ones(4, 2, 3), ones(4, 3, 5)), 4 * 2 * 2 * 3 * 5),
    "mv": (torch.mv, (ones(4, 3), ones(3)), 2 * 4 * 3),
    "addmv": (torch.addmv, (ones(4), ones(4, 3), ones(3)), 2 * 4 * 3),
    "dot": (torch.dot, (ones(7), ones(7)), 2 * 7),
    "vdot": (torch.vdot, (ones(7), ones(7)), 2 * 7),
    "addr": (torch.addr, (ones(4, 3), ones(4), ones(3)), 2 * 4 * 3),
    "linear": (F.linear, (ones(2, 6, 3), ones(5, 3), ones(5)), 2 * 12 * 3 * 5),
    "bilinear": (
        F.bilinear,
        (ones(2, 3), ones(2, 4), ones(5, 3, 4)),
        2 * 2 * 5 * (3 * 4 + 4),
    ),
    "einsum": (
        lambda a, b: torch.einsum("bij,bjk->bik", a, b),
        (ones(4, 2, 3), ones(4, 3, 5)),
        4 * 2 * 2 * 3 * 5,
    ),
    "tensordot": (torch.tensordot, (ones(2, 3, 4), ones(3, 4, 5)), 2 * 2 * 12 * 5),
    "multi_dot": (
        lambda *m: torch.linalg.multi_dot(m),
        (ones(2, 3), ones(3, 4), ones(4, 1)),
        2 * (3 * 4 * 1 + 2 * 3 * 1),
    ),
    "complex mm": (
        torch.mm,
        (ones(2, 3, dtype=torch.complex64), ones(3, 5, dtype=torch.complex64)),
        8 * 2 * 3 * 5,
    ),
    "cdist, few points": (torch.cdist, (ones(3, 6), ones(4, 6)), 3 * 3 * 4 * 6),
    "cdist, many points": (torch.cdist, (ones(30, 6), ones(4, 6)), 2 * 30 * 4 * (6 + 2)),
    "pdist": (torch.pdist, (ones(5, 6),), 10 * 3 * 6),
}

CONVOLUTIONS: dict[str, tuple[Function, tuple[Tensor, ...], float]] = {
    "conv1d": (F.conv1d, (ones(2, 3, 10), ones(4, 3, 3)), 2 * (2 * 4 * 8) * 3 * 3),
    "conv2d, strided and dilated": (
        lambda x, w: F.conv2d(x, w, stride=2, padding=2, dilation=2),
        (ones(2, 3, 9, 9), ones(4, 3, 3, 3)),
        2 * (2 * 4 * 5 * 5) * 27,
    ),
    "conv2d, grouped": (
        lambda x, w: F.conv2d(x, w, groups=2),
        (ones(2, 4, 8, 8), ones(6, 2, 3, 3)),
        2 * (2 * 6 * 6 * 6) * 18,
    ),
    "conv2d, one image": (F.conv2d, (ones(3, 8, 8), ones(4, 3, 3, 3)), 2 * (4 * 36) * 27),
    "conv2d, same": (
        lambda x, w: F.conv2d(x, w, padding="same"),
        (ones(1, 3, 8, 8), ones(4, 3, 3, 3)),
        2 * (4 * 64) * 27,
    ),
    "conv3d": (F.conv3d, (ones(1, 2, 4, 5, 6), ones(3, 2, 2, 2, 2)), 2 * (3 * 3 * 4 * 5) * 16),
    "conv_transpose2d, grouped": (
        lambda x, w: F.conv_transpose2d(x, w, stride=2, groups=2),
        (ones(2, 4, 5, 5), ones(4, 3, 3, 3)),
        2 * (2 * 4 * 25) * 27,
    ),
    "conv_tbc": (torch.conv_tbc, (ones(9, 2, 3), ones(3, 3, 4), ones(4)), 2 * (7 * 2 * 4) * 9),
}

TRANSFORMS: dict[str, tuple[Function, tuple[Tensor, ...], float]] = {
    "fft": (torch.fft.fft, (ones(4, 16, dtype=torch.complex64),), 4 * 5 * 16 * log2(16)),
    "fft2": (torch.fft.fft2, (ones(3, 8, 4, dtype=torch.complex64),), 3 * 5 * 32 * log2(32)),
    "rfft": (torch.fft.rfft, (ones(4, 16),), 4 * 2.5 * 16 * log2(16)),
    "irfft": (torch.fft.irfft, (ones(4, 9, dtype=torch.complex64),), 4 * 2.5 * 16 * log2(16)),
    "stft": (
        lambda x, w: torch.stft(x, 16, window=w, center=False, return_complex=True),
        (ones(32), ones(16)),
        5 * 2.5 * 16 * log2(16),
    ),
}

FACTORISATIONS: dict[str, tuple[Function, tuple[Tensor, ...], float]] = {
    "cholesky": (torch.linalg.cholesky, (spd(6),), 6**3 / 3),
    "inv": (torch.linalg.inv, (spd(6),), 2 * 6**3),
    "solve": (torch.linalg.solve, (spd(6), ones(6, 2)), 2 * 6**3 / 3 + 2 * 2 * 6**2),
    "solve of a vector": (torch.linalg.solve, (spd(6), ones(6)), 2 * 6**3 / 3 + 2 * 6**2),
    "solve_triangular": (
        lambda a, b: torch.linalg.solve_triangular(a, b, upper=True),
        (spd(6), ones(6, 2)),
        2 * 6**2,
    ),
    "cholesky_solve": (torch.cholesky_solve, (ones(6, 2), spd(6)), 2 * 2 * 6**2),
    "lu_factor": (
        torch.linalg.lu_factor,
        (torch.eye(8, 6).expand(3, 8, 6),),
        3 * (8 * 36 - 6**3 / 3),
    ),
    "det": (torch.linalg.det, (spd(6),), 2 * 6**3 / 3),
    "qr": (torch.linalg.qr, (ones(8, 6),), 2 * (2 * 8 * 36 - 2 * 6**3 / 3)),
    "qr, R alone": (
        lambda a: torch.linalg.qr(a, mode="r"),
        (ones(8, 6),),
        2 * 8 * 36 - 2 * 6**3 / 3,
    ),
    "qr of a wide matrix": (
        torch.linalg.qr,
        (ones(4, 8),),
        (2 * 8 * 16 - 2 * 4**3 / 3) + 4 * 4**3 / 3,
    ),
}

CASES = PRODUCTS | CONVOLUTIONS | TRANSFORMS | FACTORISATIONS
NOT_FAKED = {"pdist"}  # has no meta kernel


@pytest.mark.parametrize("name", CASES)
def test_an_op_costs_what_its_formula_says(name: str) -> None:
    function, args, expected = CASES[name]
    assert flops_of(function, *args) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if name not in NOT_FAKED])
def test_fake_tensors_cost_the_same(name: str) -> None:
    function, args, expected = CASES[name]
    assert flops_of(function, *args, mode="fake") == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_inference_mode_where_torch_takes_nothing_apart_costs_the_same(name: str) -> None:
    function, args, expected = CASES[name]
    with torch.inference_mode():
        assert executed(function, *args).flops == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        torch.relu,
        torch.softmax,
        lambda x, _: x + x,
        lambda x, _: F.layer_norm(x, (8,)),
        lambda x, _: F.max_pool1d(x, 2),
        lambda x, _: x.reshape(-1),
        lambda x, _: torch.linalg.svd(x),
        lambda x, _: torch.linalg.eigvals(x),
        lambda x, _: torch.fft.fftshift(x),
    ],
)
def test_what_has_no_formula_is_none_and_never_zero(function: Function) -> None:
    seen = executed(
        lambda x: function(x, 0) if function is not torch.relu else function(x), ones(8, 8)
    )
    assert seen.flops is None
    with torch.inference_mode():
        assert executed(lambda: torch.fft.fftshift(ones(4))).flops is None


def test_nothing_to_multiply_is_zero() -> None:
    assert flops_of(torch.mm, ones(0, 3), ones(3, 5)) == 0.0


def test_an_outer_product_counts_its_products_where_torch_calls_it_one() -> None:
    with torch.inference_mode():
        assert executed(torch.outer, ones(4), ones(3)).flops == 12


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_convolution_costs_twice_as_much_backward(groups: int, transposed: bool) -> None:
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layer = kind(4, 6, 3, stride=2, groups=groups)
    x = torch.randn(2, 4, 9, 9, requires_grad=True)
    with Executed() as forward:
        out = layer(x).sum()
    with Executed() as backward:
        out.backward()
    assert forward.flops
    assert backward.flops == 2 * forward.flops


# ------------------------------------------------------------------------ attention


def attention_flops(heads: int, queries: int, keys: int, width: int, of_values: int) -> float:
    return 2.0 * heads * queries * keys * (width + of_values)


QUERY, KEY, VALUE = ones(2, 4, 6, 8), ones(2, 4, 7, 8), ones(2, 4, 7, 8)
ATTENTION = attention_flops(2 * 4, 6, 7, 8, 8)


@pytest.mark.parametrize("mode", ["real", "fake"])
@pytest.mark.parametrize("backend", [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION])
def test_attention_costs_the_same_on_every_path(backend: SDPBackend, mode: Mode) -> None:
    with sdpa_kernel(backend):
        found = flops_of(F.scaled_dot_product_attention, QUERY, KEY, VALUE, mode=mode)
    assert found == ATTENTION


def test_attention_on_meta_and_undivided_costs_the_same() -> None:
    on_meta = [tensor.to("meta") for tensor in (QUERY, KEY, VALUE)]
    assert flops_of(F.scaled_dot_product_attention, *on_meta) == ATTENTION
    with torch.inference_mode():
        seen = executed(F.scaled_dot_product_attention, QUERY, KEY, VALUE)
    assert (seen.names, seen.flops) == (["aten.scaled_dot_product_attention"], ATTENTION)


def test_a_mask_or_causality_changes_nothing_and_shared_keys_count_for_each_head() -> None:
    def causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    def shared(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    def masked(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=ones(6, 7).bool().tril())

    assert flops_of(causal, QUERY, KEY, VALUE) == ATTENTION
    assert flops_of(masked, QUERY, KEY, VALUE) == ATTENTION
    assert flops_of(shared, QUERY, KEY[:, :2], VALUE[:, :2]) == ATTENTION


def test_values_may_be_wider_than_keys() -> None:
    expected = attention_flops(8, 6, 7, 8, 12)
    assert flops_of(F.scaled_dot_product_attention, QUERY, KEY, ones(2, 4, 7, 12)) == expected


def test_attention_backward_is_five_products() -> None:
    args = [tensor.clone().requires_grad_() for tensor in (QUERY, KEY, VALUE)]
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        out = F.scaled_dot_product_attention(*args).sum()
        with Executed() as backward:
            out.backward()
    assert backward.flops == 5 * 2 * 2 * 4 * 6 * 7 * 8


def test_sequences_end_to_end_are_counted_by_their_lengths() -> None:
    starts = torch.tensor([0, 2, 7], dtype=torch.int32)
    packed = torch.ops.aten._flash_attention_forward.default
    query = ones(7, 3, 8)
    found = count_flops(
        packed, (query, query, query, starts, starts, 5, 5, 0.0, False, False), {}, None
    )
    assert found == 2 * 3 * (2 * 2 + 5 * 5) * (8 + 8)
    batched = ones(2, 5, 3, 8)
    dense = (batched, batched, batched, None, None, 5, 5, 0.0, False, False)
    assert count_flops(packed, dense, {}, None) == 2 * 2 * 3 * 25 * 16


def layer_flops(batch: int, length: int, width: int, hidden: int) -> float:
    projections = 4 * 2 * batch * length * width * width
    attention = 2 * batch * length * length * width * 2
    return projections + attention + 2 * 2 * batch * length * width * hidden


def encoder(layers: int = 2) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return nn.TransformerEncoder(layer, layers)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("mode", ["real", "fake"])
def test_a_transformer_encoder_costs_its_projections_attention_and_mlp(
    training: bool, mode: Mode
) -> None:
    model = encoder().train(training)
    assert flops_of(model, ones(3, 5, 8), mode=mode) == 2 * layer_flops(3, 5, 8, 16)


def test_the_fused_encoder_layer_costs_the_same() -> None:
    model = encoder(1).eval()
    with torch.no_grad():
        seen = executed(model, ones(3, 5, 8))
    assert "aten._transformer_encoder_layer_fwd" in seen.names
    assert seen.flops == layer_flops(3, 5, 8, 16)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype")
def test_the_fused_encoder_counts_only_what_padding_leaves() -> None:
    model = encoder(1).eval()
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    with torch.no_grad():
        seen = executed(lambda x: model(x, src_key_padding_mask=padding), ones(2, 5, 8))
    assert "aten._transformer_encoder_layer_fwd" in seen.names
    assert seen.flops == layer_flops(1, 5, 8, 16) + layer_flops(1, 3, 8, 16)


@pytest.mark.parametrize("training", [False, True])
def test_multi_head_attention_costs_the_same_fused_and_apart(training: bool) -> None:
    model = nn.MultiheadAttention(8, 2, batch_first=True).train(training)
    x = ones(3, 5, 8)
    expected = 4 * 2 * 3 * 5 * 8 * 8 + 2 * 3 * 5 * 5 * 8 * 2
    assert flops_of(model, x, x, x) == expected
    with torch.no_grad():
        seen = executed(model, x, x, x)
    assert ("aten._native_multi_head_attention" in seen.names) is not training
    assert seen.flops == expected


@pytest.mark.parametrize("training", [False, True])
def test_vit_costs_the_same_on_the_cpu_as_on_meta(training: bool) -> None:
    models = pytest.importorskip("torchvision").models
    with torch.device("meta"):
        model = models.vit_b_16(weights=None).train(training)
    on_meta = flops_of(model, torch.empty(1, 3, 224, 224, device="meta"))
    tiny = {"num_layers": 2, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32}
    small = models.VisionTransformer(image_size=32, patch_size=16, num_classes=3, **tiny)
    small.train(training)
    assert on_meta == pytest.approx(2 * 17.564e9, rel=1e-4)
    tokens = (32 // 16) ** 2 + 1
    expected = 2 * layer_flops(1, tokens, 16, 32) + 2 * 4 * 16 * 768 + 2 * 16 * 3
    assert flops_of(small, ones(1, 3, 32, 32)) == expected


# ------------------------------------------------------------------ recurrent layers

GATES = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}


def recurrent_flops(
    gates: int, rows: int, width: int, hidden: int, layers: int, both: int
) -> float:
    flops, size = 0.0, width
    for _ in range(layers):
        flops += both * 2 * rows * gates * hidden * (size + hidden)
        size = hidden * both
    return flops


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("both", [1, 2])
@pytest.mark.parametrize("training", [False, True])
def test_a_recurrent_layer_meets_its_weights_every_step(
    kind: type[nn.RNNBase], both: int, training: bool
) -> None:
    model = kind(4, 5, 2, bidirectional=both == 2).train(training)
    x = ones(6, 3, 4)
    expected = recurrent_flops(GATES[kind], 18, 4, 5, 2, both)
    assert flops_of(model, x) == expected
    assert flops_of(model, x, mode="fake") == expected
    with torch.inference_mode():
        assert executed(model, x).flops == expected


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_projections_of_an_lstm_are_counted() -> None:
    model = nn.LSTM(4, 5, 1, bidirectional=True, proj_size=3)
    expected = 2 * 2 * 18 * (4 * 5 * (4 + 3) + 3 * 5)
    assert flops_of(model, ones(6, 3, 4)) == expected
    with torch.inference_mode():
        assert executed(model, ones(6, 3, 4)).flops == expected


@pytest.mark.parametrize("kind", GATES)
def test_packed_sequences_cost_by_their_true_lengths(kind: type[nn.RNNBase]) -> None:
    model = kind(4, 5, 2)
    packed = nn.utils.rnn.pack_sequence([ones(3, 4), ones(2, 4)])
    expected = recurrent_flops(GATES[kind], 5, 4, 5, 2, 1)
    assert flops_of(model, packed) == expected
    with torch.inference_mode():
        assert executed(model, packed).flops == expected


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTMCell, 4), (nn.GRUCell, 3), (nn.RNNCell, 1)])
def test_a_cell_is_one_step(kind: Any, gates: int) -> None:
    model = kind(4, 5)
    expected = 2 * 3 * gates * 5 * (4 + 5)
    assert flops_of(model, ones(3, 4)) == expected
    with torch.inference_mode():
        assert executed(model, ones(3, 4)).flops == expected


def test_cudnn_layers_count_every_matrix_that_they_are_given() -> None:
    layer = nn.LSTM(4, 5, 2, bidirectional=True, proj_size=3)
    op = torch.ops.aten._cudnn_rnn.default
    x = ones(6, 3, 4)
    args = (
        x,
        list(layer.parameters()),
        5,
        None,
        ones(1),
        None,
        2,
        5,
        3,
        2,
        False,
        0.0,
        False,
        True,
        [],
    )
    assert count_flops(op, args, {}, None) == flops_of(layer, x)


# ------------------------------------------------------- other layouts and element types


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_a_sparse_factor_counts_what_it_holds() -> None:
    matrix = torch.tensor([[1.0, 0, 0], [0, 2, 3]])
    for sparse in (matrix.to_sparse(), matrix.to_sparse_csr()):
        assert executed(torch.mm, sparse, ones(3, 5)).flops == 2 * 3 * 5
        assert executed(torch.mv, sparse, ones(3)).flops == 2 * 3
    assert executed(torch.sparse.mm, matrix.to_sparse(), ones(3, 5)).flops == 2 * 3 * 5
    assert executed(F.linear, ones(7, 3), matrix.to_sparse()).flops == 2 * 3 * 7
    both = executed(torch.sparse.mm, matrix.to_sparse(), matrix.T.to_sparse())
    assert both.flops is None


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype")
@pytest.mark.parametrize("layout", [torch.jagged, torch.strided])
def test_nested_tensors_count_no_padding(layout: torch.layout) -> None:
    def nested(*shapes: tuple[int, ...]) -> Tensor:
        return torch.nested.nested_tensor([ones(*shape) for shape in shapes], layout=layout)

    assert executed(F.linear, nested((2, 4), (3, 4)), ones(5, 4)).flops == 2 * 5 * 4 * 5
    if layout is torch.jagged:
        heads = nested((2, 4), (3, 4)).unflatten(-1, (2, 2)).transpose(1, 2)
    else:
        heads = nested((2, 2, 2), (2, 3, 2))
    seen = executed(F.scaled_dot_product_attention, heads, heads, heads)
    assert seen.flops == 2 * 2 * (2 * 2 + 3 * 3) * (2 + 2)


def test_integer_products_count_as_well() -> None:
    a = ones(32, 16, dtype=torch.int8)
    assert executed(torch._int_mm, a, ones(16, 32, dtype=torch.int8)).flops == 2 * 32 * 16 * 32


@pytest.mark.filterwarnings("ignore:.*quantize:UserWarning")
def test_quantised_layers_count_as_the_layers_that_they_stand_for() -> None:
    x = torch.quantize_per_tensor(torch.ones(2, 3, 8, 8), 0.1, 0, torch.quint8)
    weight = torch.quantize_per_tensor(torch.ones(4, 3, 3, 3), 0.1, 0, torch.qint8)
    packed = torch.ops.quantized.conv2d_prepack(weight, None, [1, 1], [0, 0], [1, 1], 1)
    conv = executed(lambda: torch.ops.quantized.conv2d(x, packed, 0.1, 0))
    assert conv.flops == 2 * (2 * 4 * 36) * 27
    lines = torch.quantize_per_tensor(torch.ones(5, 4), 0.1, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(lines, None)
    assert executed(torch.ops.quantized.linear_dynamic, ones(2, 4), packed).flops == 2 * 2 * 4 * 5


def test_grouped_products_count_each_row_once() -> None:
    op = torch.ops.aten._grouped_mm.default
    rows, matrices = ones(10, 4), ones(3, 4, 6)
    assert count_flops(op, (rows, matrices), {}, ones(10, 6)) == 2 * 10 * 4 * 6
    assert count_flops(op, (ones(5, 10), ones(10, 6)), {}, ones(3, 5, 6)) == 2 * 5 * 10 * 6
    assert count_flops(op, (ones(3, 5, 4), ones(3, 4, 6)), {}, ones(3, 5, 6)) == 2 * 3 * 5 * 4 * 6


# ------------------------------------------------------------------ against torch itself


@pytest.mark.parametrize("kind", [nn.Linear, nn.Conv2d])
def test_forward_and_backward_agree_with_torchs_own_counter(kind: Any) -> None:
    layer = kind(4, 6) if kind is nn.Linear else kind(4, 6, 3, padding=1)
    x = torch.randn(3, 4) if kind is nn.Linear else torch.randn(3, 4, 8, 8)
    x.requires_grad_()

    def both() -> None:
        layer(x).sum().backward()

    with FlopCounterMode(display=False) as torchs:
        both()
    assert executed(both).flops == torchs.get_total_flops()


def test_a_custom_op_counts_by_the_formula_that_its_author_registered() -> None:
    @torch.library.custom_op("torchatlas_test::cube", mutates_args=())
    def cube(x: Tensor) -> Tensor:
        return x**3

    assert flops_of(torch.ops.torchatlas_test.cube, ones(7)) is None

    @torch.library.custom_op("torchatlas_test::square", mutates_args=())
    def square(x: Tensor) -> Tensor:
        return x**2

    @register_flop_formula(torch.ops.torchatlas_test.square)
    def square_flops(shape: Any, out_shape: Any = None) -> int:
        return int(shape[0])

    assert flops_of(torch.ops.torchatlas_test.square, ones(7)) == 7


def test_an_odd_call_is_left_uncounted_and_does_not_stop_the_capture() -> None:
    assert count_flops(torch.ops.aten.mm.default, ("not a tensor", None), {}, None) is None
