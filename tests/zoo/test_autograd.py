"""Custom autograd Functions, custom ops, checkpointing and the transforms of torch.func."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn
from torch.utils.checkpoint import checkpoint

SCRIPT = "ignore:`torch.jit:FutureWarning"  # torch scripts parts of its own for jvp
pytestmark = pytest.mark.filterwarnings(SCRIPT)
case = Collection()


class DoubledRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0) * 2

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return gradient * 2 * (x > 0)


class Halves(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, how: str) -> tuple[Any, ...]:
        assert how == "half"
        return x / 2, x.exp(), how, None

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0] / 2, None


class AddOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient


@case
def an_autograd_function() -> Case:
    model = Runs(lambda self, x: DoubledRelu.apply(self.first(x)).sum(), first=nn.Linear(4, 4))
    return Case(
        model,
        torch.randn(2, 4),
        edges={
            ("input:x", "first/linear:0"),
            ("first/linear:0", "/clamp:0"),
            ("/clamp:0", "/mul:0"),
            ("/mul:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@case
def an_autograd_function_with_several_outputs() -> Case:
    def forward(self: Any, x: Any) -> Any:
        half, exp, how, none = Halves.apply(x * self.scale, "half")
        assert (how, none) == ("half", None)
        return half - 1, exp

    return Case(
        Runs(forward, scale=nn.Parameter(torch.ones(2))),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("scale", "/mul:0"),
            ("/mul:0", "/div:0"),
            ("/mul:0", "/exp:0"),
            ("/div:0", "/sub:0"),
            ("/sub:0", "output:0"),
            ("/exp:0", "output:1"),
        },
    )


@case
def an_autograd_function_that_writes() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * self.scale
        AddOne.apply(h)
        return h.exp()

    return Case(
        Runs(forward, scale=nn.Parameter(torch.ones(2))),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("scale", "/mul:0"),
            ("/mul:0", "/add_:0"),
            ("/add_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@torch.library.custom_op("torchatlas_zoo::scaled", mutates_args=())
def scaled(x: torch.Tensor, by: float) -> torch.Tensor:
    return torch.from_numpy(x.numpy() * by)


@torch.library.custom_op("torchatlas_zoo::shift", mutates_args=("x",))
def shift(x: torch.Tensor, by: torch.Tensor) -> None:
    x.numpy()[...] += by.numpy()


@case
def a_custom_op() -> Case:
    """What it computes in NumPy within is its own affair: the op has its edges."""
    model = Runs(lambda self, x: torch.ops.torchatlas_zoo.scaled(x + 1, 2.0).exp())
    return Case(
        model,
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "/scaled:0"),
            ("/scaled:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def a_custom_op_that_writes() -> Case:
    def forward(self: Any, x: Any, y: Any) -> Any:
        h = x + 1
        torch.ops.torchatlas_zoo.shift(h[0], y)
        return h.exp()

    return Case(
        Runs(forward),
        (torch.ones(2, 2), torch.ones(2)),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "/getitem:0"),
            ("/getitem:0", "/shift:0"),
            ("input:y", "/shift:0"),
            ("/shift:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def a_custom_op_called_by_its_function() -> Case:
    model = Runs(lambda self, x: scaled(x + 1, 2.0).exp())
    return Case(
        model,
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "/scaled:0"),
            ("/scaled:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@pytest.mark.parametrize("reentrant", [True, False])
def test_activation_checkpointing(reentrant: bool) -> None:
    def forward(self: Any, x: Any) -> Any:
        return checkpoint(self.inner, x.requires_grad_(), use_reentrant=reentrant) + x

    model = Runs(forward, inner=nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    edges = {
        ("input:x", "/requires_grad_:0"),
        ("/requires_grad_:0", "inner.0/linear:0"),
        ("inner.0/linear:0", "inner.1/relu:0"),
        ("inner.1/relu:0", "/add:0"),
        ("/requires_grad_:0", "/add:0"),
        ("/add:0", "output:0"),
    }
    check(Case(model, torch.randn(2, 4), edges=edges))


@case
def vmap() -> Case:
    model = Runs(
        lambda self, x: torch.func.vmap(lambda row: (row @ self.weight).exp())(x),
        weight=nn.Parameter(torch.randn(4, 3)),
    )
    return Case(
        model,
        torch.randn(2, 4),
        edges={
            ("input:x", "/matmul:0"),
            ("weight", "/matmul:0"),
            ("/matmul:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def gradient_of_a_function() -> Case:
    model = Runs(lambda self, x: torch.func.grad(lambda row: (row**2).sum())(x * 2))
    return Case(
        model,
        torch.randn(4),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/requires_grad_:0"),
            ("/requires_grad_:0", "/pow:0"),
            ("/pow:0", "/sum:0"),
            ("/sum:0", "/grad:0"),
            ("/requires_grad_:0", "/grad:0"),
            ("/grad:0", "output:0"),
        },
    )


@case
def gradient_inside_forward() -> Case:
    """Forces from an energy: the gradient is one op, from what was summed to what it gives."""

    def forward(self: Any, x: Any) -> Any:
        x = x.requires_grad_()
        return torch.autograd.grad(self.energy(x).sum(), x, create_graph=True)[0] * -1

    return Case(
        Runs(forward, energy=nn.Linear(4, 1)),
        torch.randn(2, 4),
        edges={
            ("input:x", "/requires_grad_:0"),
            ("/requires_grad_:0", "energy/linear:0"),
            ("energy/linear:0", "/sum:0"),
            ("/sum:0", "/grad:0"),
            ("/requires_grad_:0", "/grad:0"),
            ("/grad:0", "/mul:0"),
            ("/mul:0", "output:0"),
        },
    )


@case
def forward_mode_derivative() -> Case:
    def forward(self: Any, x: Any, direction: Any) -> Any:
        return torch.func.jvp(lambda x: x.sin() * 2, (x,), (direction,))

    return Case(
        Runs(forward),
        (torch.ones(2), torch.ones(2)),
        edges={
            ("input:x", "/_make_dual:0"),
            ("input:direction", "/_make_dual:0"),
            ("/_make_dual:0", "/sin:0"),
            ("/sin:0", "/mul:0"),
            ("/mul:0", "output:0"),
            ("/mul:0", "/_unpack_dual:0"),
            ("/_unpack_dual:0", "output:1"),
        },
    )


@case
def functional_call_with_other_weights() -> Case:
    def forward(self: Any, x: Any, weight: Any) -> Any:
        given = {"weight": weight * 2, "bias": self.inner.bias}
        return torch.func.functional_call(self.inner, given, (x,))

    return Case(
        Runs(forward, inner=nn.Linear(4, 4)),
        (torch.ones(2, 4), torch.ones(4, 4)),
        edges={
            ("input:weight", "/mul:0"),
            ("/mul:0", "inner/linear:0"),
            ("input:x", "inner/linear:0"),
            ("inner/linear:0", "output:0"),
        },
    )


@case
def an_ensemble_by_vmap_over_functional_calls() -> Case:
    def forward(self: Any, x: Any) -> Any:
        def one(weight: Any) -> Any:
            return torch.func.functional_call(self.inner, {"weight": weight}, (x,))

        return torch.func.vmap(one)(self.stacked)

    return Case(
        Runs(forward, inner=nn.Linear(4, 4, bias=False), stacked=nn.Parameter(torch.ones(3, 4, 4))),
        torch.ones(2, 4),
        edges={
            ("input:x", "inner/linear:0"),
            ("stacked", "inner/linear:0"),
            ("inner/linear:0", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
