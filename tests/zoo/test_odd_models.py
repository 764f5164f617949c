"""Models of the kinds that tracers lose silently: every output must hang on the inputs by edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.checkpoint import checkpoint

from torchatlas.capture.trace import trace
from torchatlas.run import Graph

Case = tuple[nn.Module, tuple[Any, ...], str, str]
"""A model, its arguments, and an edge that its graph must have: source and target."""

CASES: list[Callable[[], Case]] = []


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES.append(make)
    return make


class Calls(nn.Module):
    """Runs a function as its forward, so that a case is a few lines."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, *args: Any) -> Any:
        return self._forward(self, *args)


@case
def recurrent_layer() -> Case:
    model = nn.LSTM(4, 8, 2, batch_first=True, bidirectional=True)
    return model, (torch.randn(2, 5, 4),), "input:input", "/lstm:0"


@case
def packed_sequence() -> Case:
    def forward(self: Any, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
        padded, _ = nn.utils.rnn.pad_packed_sequence(self.cell(packed)[0], batch_first=True)
        return self.head(padded[:, -1])

    model = Calls(forward, cell=nn.GRU(4, 8, batch_first=True), head=nn.Linear(8, 2))
    inputs = (torch.randn(2, 5, 4), torch.tensor([5, 3]))
    return model, inputs, "cell/gru:0", "/_pad_packed_sequence:0"


@case
def loop_over_a_cell() -> Case:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        state = (torch.zeros(2, 8), torch.zeros(2, 8))
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return state[0]

    model = Calls(forward, cell=nn.LSTMCell(4, 8))
    return model, (torch.randn(2, 3, 4),), "cell/lstm_cell:0", "cell#1/lstm_cell:0"


@case
def transformer_encoder_in_evaluation_mode() -> Case:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    source, target = "layers.0.norm2/layer_norm:0", "layers.1/add:0"
    return model, (torch.randn(2, 5, 8),), source, target


class DoubledRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0) * 2

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return gradient * 2 * (x > 0)


@case
def autograd_function() -> Case:
    model = Calls(lambda self, x: DoubledRelu.apply(self.first(x)).sum(), first=nn.Linear(4, 4))
    return model, (torch.randn(2, 4),), "/mul:0", "/sum:0"


@case
def vmap() -> Case:
    weight = nn.Parameter(torch.randn(4, 3))
    model = Calls(lambda self, x: torch.func.vmap(lambda row: row @ self.weight)(x), weight=weight)
    return model, (torch.randn(2, 4),), "input:args.0", "/matmul:0"


@case
def gradient_of_a_function() -> Case:
    model = Calls(lambda _, x: torch.func.grad(lambda row: (row**2).sum())(x))
    return model, (torch.randn(4),), "/requires_grad_:0", "/pow:0"


@case
def gradient_inside_forward() -> Case:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        x = x.requires_grad_()
        return torch.autograd.grad(self.energy(x).sum(), x, create_graph=True)[0]

    model = Calls(forward, energy=nn.Linear(4, 1))
    return model, (torch.randn(2, 4),), "energy/linear:0", "/sum:0"


@case
def activation_checkpointing() -> Case:
    model = Calls(
        lambda self, x: checkpoint(self.inner, x, use_reentrant=False) + x, inner=nn.Linear(4, 4)
    )
    return model, (torch.randn(2, 4),), "inner/linear:0", "/add:0"


@case
def autocast() -> Case:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return self.inner(x)

    model = Calls(forward, inner=nn.Linear(4, 4))
    return model, (torch.randn(2, 4),), "input:args.0", "inner/linear:0"


@case
def nested_tensor() -> Case:
    def forward(self: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        both = torch.nested.nested_tensor_from_jagged(torch.cat([a, b]), torch.tensor([0, 2, 5]))
        return self.inner(both).values()

    model = Calls(forward, inner=nn.Linear(4, 4))
    return model, (torch.randn(2, 4), torch.randn(3, 4)), "input:args.0", "/cat:0"


@case
def sparse_product() -> Case:
    model = Calls(lambda _, x: torch.sparse.mm(x.to_sparse(), x.t()))
    return model, (torch.eye(4),), "/to_sparse:0", "/_sparse_mm:0"


@case
def complex_numbers_and_fft() -> Case:
    model = Calls(lambda _, x: torch.fft.irfft(torch.fft.rfft(x) * 2j))
    return model, (torch.randn(2, 4),), "/mul:0", "/fft_irfft:0"


@case
def compiled_part() -> Case:
    model = nn.Sequential(torch.compile(nn.Linear(4, 4)), nn.ReLU())
    return model, (torch.randn(2, 4),), "0/linear:0", "1/relu:0"


@case
def parametrised_weights() -> Case:
    normed = torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
    model = nn.Sequential(normed, torch.nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4)))
    return model, (torch.randn(2, 4),), "0/linear:0", "1/linear:0"


@case
def hooks_of_the_user() -> Case:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model[0].register_forward_hook(lambda _module, _inputs, output: output + 1)
    return model, (torch.randn(2, 4),), "/add:0", "1/relu:0"


@case
def generator_as_input() -> Case:
    def forward(_: Any, rows: Any) -> torch.Tensor:
        return torch.stack([row * 2 for row in rows]).sum()

    return Calls(forward), ((torch.ones(2) for _ in range(3)),), "/mul:0", "/stack:0"


@case
def data_dependent_branch() -> Case:
    model = Calls(lambda _, x: x * 2 if x.sum().item() > 0 else x * 3)
    return model, (torch.ones(2),), "input:args.0", "/mul:0"


@case
def no_input_at_all() -> Case:
    model = Calls(lambda self: self.weight * 2, weight=nn.Parameter(torch.ones(3)))
    return model, (), "weight", "/mul:0"


@case
def module_called_by_another_method() -> Case:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)

        def encode(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x)

    model = Calls(lambda self, x: self.encoder.encode(x) + 1, encoder=Encoder())
    return model, (torch.randn(2, 4),), "encoder.inner/linear:0", "/add:0"


@case
def detection() -> Case:
    make = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn
    model = make(weights=None, weights_backbone=None).eval()
    source, target = "rpn.head.conv.0.0/conv2d:0", "rpn.head.conv.0.1/relu:0"
    return model, ([torch.rand(3, 64, 64)],), source, target


@case
def segmentation() -> Case:
    make = torchvision.models.segmentation.lraspp_mobilenet_v3_large
    model = make(weights=None, weights_backbone=None).eval()
    return model, (torch.rand(1, 3, 64, 64),), "classifier/add:0", "/interpolate:0"


@case
def video() -> Case:
    model = torchvision.models.video.r3d_18().eval()
    return model, (torch.rand(1, 3, 4, 32, 32),), "stem.0/conv3d:0", "stem.1/batch_norm:0"


def edges_of(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_every_output_hangs_on_the_inputs(make: Callable[[], Case]) -> None:
    torch.manual_seed(0)
    model, inputs, source, target = make()
    traced = trace(model, inputs)
    assert traced.error is None
    assert traced.graph.capture.unlinked == ()
    assert traced.graph.capture.status == "complete"
    assert (source, target) in edges_of(traced.graph)


def test_a_numpy_round_trip_is_said_to_cut_the_edge() -> None:
    model = Calls(lambda _, x: torch.from_numpy(x.detach().numpy() * 2) + 1)
    capture = trace(model, torch.ones(2)).graph.capture
    assert capture.status == "partial"
    assert capture.unlinked == (
        "output:0: no path of tensors leads to it from an input; "
        "values left for the host at /numpy:0",
    )
    assert capture.host_reads == ("/numpy:0",)
    (note,) = capture.notes
    assert note.startswith("/constant:0 appeared after values were read on the host at /numpy:0")
