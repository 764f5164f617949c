"""TorchScript and torch.compile: what was compiled is followed as it would run eagerly."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")
case = Collection()
X = torch.ones(1, 4)


def sine_plus_one(x: torch.Tensor) -> torch.Tensor:
    return x.sin() + 1


class Squares(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if bool(x.sum() > 0):
            x = self.linear(x)
        return x * x


@case
def a_scripted_function() -> Case:
    scripted = torch.jit.script(sine_plus_one)
    return Case(
        Runs(lambda self, x: scripted(x) * 2),
        X,
        edges={
            ("input:x", "/aten.sin:0"),
            ("/aten.sin:0", "/aten.add:0"),
            ("/aten.add:0", "/mul:0"),
            ("/mul:0", "output:0"),
        },
    )


@case
def a_scripted_module() -> Case:
    model = Runs(lambda self, x: self.inner(x) + 1, inner=torch.jit.script(Squares()))
    return Case(
        model,
        X,
        edges={
            ("input:x", "inner/aten.sum:0"),
            ("inner/aten.sum:0", "inner/aten.gt:0"),
            ("inner/aten.gt:0", "inner/aten._local_scalar_dense:0"),
            ("input:x", "inner/aten.addmm:0"),
            ("inner.linear.bias", "inner/aten.addmm:0"),
            ("inner.linear.weight", "inner/aten.t:0"),
            ("inner/aten.t:0", "inner/aten.addmm:0"),
            ("inner/aten.addmm:0", "inner/aten.mul:0"),
            ("inner/aten.mul:0", "/add:0"),
            ("/add:0", "output:0"),
        },
    )


@case
def a_traced_module() -> Case:
    traced = torch.jit.trace(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), X)
    model = Runs(lambda self, x: self.inner(x) + 1, inner=traced)
    return Case(
        model,
        X,
        edges={("inner/aten.relu:0", "/add:0"), ("/add:0", "output:0")},
        only=False,
    )


@case
def a_scripted_model() -> Case:
    return Case(torch.jit.script(Squares()), X, edges={("/aten.mul:0", "output:0")}, only=False)


@case
def a_compiled_model() -> Case:
    """The wrapper is not drawn: ids are those of the model itself."""
    model = torch.compile(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    return Case(
        model,
        (X,),
        edges={
            ("input:input", "0/linear:0"),
            ("0/linear:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@case
def a_compiled_part() -> Case:
    model = nn.Sequential(torch.compile(nn.Linear(4, 4)), nn.ReLU())
    return Case(
        model,
        X,
        edges={
            ("input:input", "0/linear:0"),
            ("0/linear:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@case
def a_part_compiled_in_place() -> Case:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model[0].compile()
    return Case(
        model,
        X,
        edges={
            ("input:input", "0/linear:0"),
            ("0/linear:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@case
def a_model_compiled_in_place() -> Case:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.compile()
    return Case(
        model,
        X,
        edges={
            ("input:input", "0/linear:0"),
            ("0/linear:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@case
def a_compiled_function() -> Case:
    compiled = torch.compile(sine_plus_one)
    return Case(
        Runs(lambda self, x: compiled(x) * 2),
        X,
        edges={
            ("input:x", "/sin:0"),
            ("/sin:0", "/add:0"),
            ("/add:0", "/mul:0"),
            ("/mul:0", "output:0"),
        },
    )


@case
def an_exported_program() -> Case:
    exported = torch.export.export(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), (X,)).module()
    edges = {
        ("input:input", "/linear:0"),
        ("0.weight", "/linear:0"),
        ("0.bias", "/linear:0"),
        ("/linear:0", "/relu:0"),
        ("/relu:0", "output:0"),
    }
    return Case(exported, (X,), edges=edges, flip=False)


@case
def a_graph_module() -> Case:
    traced = torch.fx.symbolic_trace(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    return Case(
        traced,
        (X,),
        edges={
            ("input:input", "0/linear:0"),
            ("0/linear:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())


def test_a_compiled_model_runs_compiled_again_afterwards() -> None:
    calls = []

    def backend(graph: Any, _inputs: Any) -> Any:
        calls.append(graph)
        return graph.forward

    model = torch.compile(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), backend=backend)
    check(Case(model, X, edges={("0/linear:0", "1/relu:0")}, only=False))
    assert calls == []
    model(X)
    assert len(calls) == 1
    torch._dynamo.reset()
