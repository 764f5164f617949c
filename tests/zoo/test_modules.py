"""Modules kept, shared, named, wrapped and called in every way."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn
from torch.nn.utils import parametrizations

case = Collection()
X = torch.ones(1, 2)


def chain(*nodes: str) -> set[tuple[str, str]]:
    return set(pairwise(nodes))


@case
def a_module_called_twice() -> Case:
    model = Runs(lambda self, x: self.layer(self.layer(x)), layer=nn.Linear(2, 2))
    edges = chain("input:x", "layer/linear:0", "layer#1/linear:0", "output:0")
    return Case(model, X, edges=edges)


@case
def a_module_kept_under_two_names() -> Case:
    layer = nn.Linear(2, 2)
    model = Runs(lambda self, x: self.second(self.first(x)), first=layer, second=layer)
    edges = chain("input:x", "first/linear:0", "first#1/linear:0", "output:0")
    return Case(model, X, edges=edges)


@case
def tied_weights() -> Case:
    """The embedding's weight is its own business in its call, and is drawn where it is lent."""

    def forward(self: Any, ids: Any) -> Any:
        return self.head(self.embed(ids))

    model = Runs(forward, embed=nn.Embedding(5, 2), head=nn.Linear(2, 5, bias=False))
    model.head.weight = model.embed.weight
    return Case(
        model,
        torch.arange(3),
        edges={
            *chain("input:ids", "embed/embedding:0", "head/linear:0", "output:0"),
            ("embed.weight", "head/linear:0"),
        },
    )


@case
def a_plain_list_a_tuple_and_a_dict_of_modules() -> Case:
    def forward(self: Any, x: Any) -> Any:
        for layer in (*self.listed, *self.kept, *self.named.values()):
            x = layer(x)
        return x

    model = Runs(forward)
    model.listed = [nn.Linear(2, 2), nn.ReLU()]
    model.kept = (nn.Tanh(),)
    model.named = {"last": nn.Linear(2, 2)}
    edges = chain(
        "input:x",
        "listed[0]/linear:0",
        "listed[1]/relu:0",
        "kept[0]/tanh:0",
        "named[last]/linear:0",
        "output:0",
    )
    return Case(model, X, edges=edges)


@case
def a_method_by_another_name() -> Case:
    class Coder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def encode(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x).relu()

    model = Runs(lambda self, x: self.coder.encode(x) + 1, coder=Coder())
    return Case(
        model, X, edges=chain("input:x", "coder.inner/linear:0", "/relu:0", "/add:0"), only=False
    )


@case
def forward_called_directly() -> Case:
    """Without `__call__` no hook runs: its op belongs to the caller and its weights are drawn."""
    model = Runs(lambda self, x: self.layer.forward(x), layer=nn.Linear(2, 2))
    return Case(
        model,
        X,
        edges={
            *chain("input:x", "/linear:0", "output:0"),
            ("layer.weight", "/linear:0"),
            ("layer.bias", "/linear:0"),
        },
    )


@case
def a_module_made_inside_forward() -> Case:
    model = Runs(lambda self, x: nn.Softmax(-1)(nn.ReLU()(x)))
    return Case(model, X, edges=chain("input:x", "ReLU/relu:0", "Softmax/softmax:0", "output:0"))


@case
def names_with_odd_characters() -> Case:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("a/b:0#1", nn.Linear(2, 2))
            self.add_module("<b> &~[", nn.ReLU())
            self.add_module("größe 层", nn.ReLU())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.children():
                x = layer(x)
            return x

    edges = chain("input:x", "a/b:0#1/linear:0", "<b> &~[/relu:0", "größe 层/relu:0", "output:0")
    return Case(Odd(), X, edges=edges)


@case
def containers_of_modules_and_parameters() -> Case:
    def forward(self: Any, x: Any) -> Any:
        x = self.parts["only"](x)
        for scale in self.scales:
            x = x * scale
        return x + self.shifts["by"]

    model = Runs(
        forward,
        parts=nn.ModuleDict({"only": nn.Linear(2, 2)}),
        scales=nn.ParameterList([torch.ones(2), torch.ones(2)]),
        shifts=nn.ParameterDict({"by": torch.zeros(2)}),
    )
    return Case(
        model,
        X,
        edges={
            *chain("input:x", "parts.only/linear:0", "/mul:0", "/mul:1", "/add:0", "output:0"),
            ("scales.0", "/mul:0"),
            ("scales.1", "/mul:1"),
            ("shifts.by", "/add:0"),
        },
    )


@case
def parameters_that_are_views_of_one() -> Case:
    whole = torch.zeros(2, 2)
    model = Runs(
        lambda self, x: x * self.top + self.bottom,
        top=nn.Parameter(whole[0]),
        bottom=nn.Parameter(whole[1]),
    )
    return Case(
        model,
        X,
        edges={
            *chain("input:x", "/mul:0", "/add:0", "output:0"),
            ("top", "/mul:0"),
            ("bottom", "/add:0"),
        },
    )


@case
def attributes_by_magic() -> Case:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wrapped = nn.Linear(2, 2)

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(super().__getattr__("wrapped"), name)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.wrapped(x) * self.in_features

    return Case(Wrapper(), X, edges=chain("input:x", "wrapped/linear:0", "/mul:0", "output:0"))


@case
def weight_norm() -> Case:
    """The weight is computed in a call of its own; the layer's op uses what came of it."""
    model = nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 2)))
    return Case(
        model,
        X,
        edges={
            ("0.parametrizations.weight.original0", "0.parametrizations.weight.0/_weight_norm:0"),
            ("0.parametrizations.weight.original1", "0.parametrizations.weight.0/_weight_norm:0"),
            ("0.parametrizations.weight.0/_weight_norm:0", "0/linear:0"),
            ("input:input", "0/linear:0"),
            ("0.bias", "0/linear:0"),  # the class is no longer one of torch.nn
            ("0/linear:0", "output:0"),
        },
    )


@case
def spectral_norm() -> Case:
    """In training mode it turns its vectors, which are put back after the trace."""
    model = nn.Sequential(parametrizations.spectral_norm(nn.Linear(2, 2))).train()
    return Case(
        model,
        X,
        edges={
            ("input:input", "0/linear:0"),
            ("0.parametrizations.weight.0/div:0", "0/linear:0"),
            ("0/linear:0", "output:0"),
        },
        only=False,
    )


@case
def a_parametrisation_of_the_user() -> Case:
    class Symmetric(nn.Module):
        def forward(self, w: torch.Tensor) -> torch.Tensor:
            return w.triu() + w.triu(1).mT

    model = nn.Linear(2, 2, bias=False)
    nn.utils.parametrize.register_parametrization(model, "weight", Symmetric())
    within = "parametrizations.weight.0"
    return Case(
        nn.Sequential(model),
        X,
        edges={
            ("0.parametrizations.weight.original", f"0.{within}/triu:0"),
            ("0.parametrizations.weight.original", f"0.{within}/triu:1"),
            (f"0.{within}/triu:1", f"0.{within}/mT:0"),
            (f"0.{within}/triu:0", f"0.{within}/add:0"),
            (f"0.{within}/mT:0", f"0.{within}/add:0"),
            (f"0.{within}/add:0", "0/linear:0"),
            ("input:input", "0/linear:0"),
            ("0/linear:0", "output:0"),
        },
    )


@case
def the_old_weight_norm_by_a_hook() -> Case:
    with pytest.warns(FutureWarning, match="deprecated"):
        model = nn.Sequential(nn.utils.weight_norm(nn.Linear(2, 2)))
    return Case(
        model,
        X,
        edges={
            *chain("input:input", "0/linear:0", "output:0"),
            ("0/_weight_norm:0", "0/linear:0"),
        },
        only=False,
    )


@case
def hooks_that_change_what_goes_in_and_out() -> Case:
    """What a pre-hook computes lies in the module's call; a hook runs after it has ended."""
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[0].register_forward_pre_hook(lambda _module, args: (args[0] * 2,))
    model[0].register_forward_hook(lambda _module, _args, output: output + 1)
    edges = chain("input:input", "0/mul:0", "0/linear:0", "/add:0", "1/relu:0", "output:0")
    return Case(model, X, edges=edges)


@case
def hooks_with_keyword_arguments_and_always_called() -> Case:
    called = []

    def before(_module: Any, args: Any, kwargs: Any) -> Any:
        return args, kwargs | {"shift": kwargs["shift"] * 2}

    def after(_module: Any, _args: Any, kwargs: Any, output: Any) -> Any:
        called.append(kwargs)
        return output - kwargs["shift"]

    inner = Runs(lambda self, x, shift: x + shift)
    inner.register_forward_pre_hook(before, with_kwargs=True)
    inner.register_forward_hook(after, with_kwargs=True, always_call=True)
    model = Runs(lambda self, x: self.inner(x, shift=x.exp()).relu(), inner=inner)
    return Case(
        model,
        X,
        edges={
            *chain("input:x", "/exp:0", "inner/mul:0", "inner/add:0", "/sub:0", "/relu:0"),
            ("input:x", "inner/add:0"),
            ("inner/mul:0", "/sub:0"),
            ("/relu:0", "output:0"),
        },
    )


@case
def a_hook_on_the_backward_pass() -> Case:
    """torch wraps what goes into such a module and what comes out; the edges go on through it."""
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    model[1].register_full_backward_hook(lambda *_: None)
    model[2].register_full_backward_pre_hook(lambda *_: None)
    edges = chain(
        *("input:input", "0/linear:0", "1/view_as:0", "1/relu:0", "/view_as:0"),
        *("2/view_as:0", "2/linear:0", "/view_as:1", "output:0"),
    )
    return Case(model, X, edges=edges, only=False)


@case
def stochastic_and_identity_layers() -> Case:
    model = nn.Sequential(nn.Identity(), nn.Dropout(0.5), nn.Identity(), nn.Flatten())
    edges = chain(
        "input:input",
        *("0/identity:0", "1/dropout:0", "2/identity:0", "3/flatten:0"),
        "output:0",
    )
    return Case(model.eval(), X, edges=edges)


@case
def a_module_of_which_one_output_is_used() -> Case:
    def both(self: Any, x: Any) -> Any:
        return x + 1, x * 2

    model = Runs(lambda self, x: self.inner(x)[1], inner=Runs(both))
    edges = {("input:x", "inner/add:0"), ("input:x", "inner/mul:0"), ("inner/mul:0", "output:0")}
    return Case(model, X, edges=edges)


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
