"""Modules that were changed after they were written: patched, pruned, adapted, copied."""

from __future__ import annotations

import copy
import functools
from itertools import pairwise
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn
from torch.nn.utils import prune

case = Collection()
X = torch.ones(1, 2)


def chain(*nodes: str) -> set[tuple[str, str]]:
    return set(pairwise(nodes))


@case
def a_forward_that_was_patched() -> Case:
    """As accelerate and PEFT do it: the old forward is called by a new one."""
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    old = model[0].forward

    @functools.wraps(old)
    def patched(*args: Any, **kwargs: Any) -> Any:
        return old(*args, **kwargs) * 2

    model[0].forward = patched
    edges = chain("input:input", "0/linear:0", "0/mul:0", "1/relu:0", "output:0")
    return Case(model, X, edges=edges)


@case
def a_call_that_was_overridden() -> Case:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def __call__(self, x: torch.Tensor) -> Any:
            return super().__call__(x * 2).exp()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x)

    edges = chain("input:x", "/mul:0", "inner.layer/linear:0", "/exp:0", "output:0")
    return Case(Runs(lambda self, x: self.inner(x), inner=Scaled()), X, edges=edges)


@case
def pruned_weights() -> Case:
    """A pre-hook multiplies the weight by its mask before the layer runs."""
    model = nn.Sequential(nn.Linear(2, 2))
    prune.random_unstructured(model[0], "weight", 0.5)
    edges = chain("input:input", "0/linear:0", "output:0")
    return Case(model, X, edges={*edges, ("0/mul:0", "0/linear:0")}, only=False)


@case
def a_low_rank_adapter() -> Case:
    class Adapted(nn.Module):
        def __init__(self, base: nn.Linear) -> None:
            super().__init__()
            self.base_layer = base.requires_grad_(False)
            self.lora_a, self.lora_b = nn.Linear(2, 1, False), nn.Linear(1, 2, False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result = self.base_layer(x)
            result += self.lora_b(self.lora_a(x)) * 0.5
            return result

    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model[0] = Adapted(model[0])
    return Case(
        model,
        X,
        edges={
            *chain("input:input", "0.base_layer/linear:0", "0/add_:0", "1/relu:0", "output:0"),
            *chain("input:input", "0.lora_a/linear:0", "0.lora_b/linear:0", "0/mul:0", "0/add_:0"),
        },
    )


@case
def a_copy_of_a_model() -> Case:
    model = copy.deepcopy(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    return Case(model, X, edges=chain("input:input", "0/linear:0", "1/relu:0", "output:0"))


@case
def a_layer_that_was_replaced_and_one_taken_out() -> Case:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 3))
    model[2] = nn.Identity()
    model[1] = nn.Tanh()
    edges = chain("input:input", "0/linear:0", "1/tanh:0", "2/identity:0", "output:0")
    return Case(model, X, edges=edges)


@case
def a_module_that_holds_itself_through_a_list() -> Case:
    class Tree(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.registry = [self]

        def forward(self, x: torch.Tensor, depth: int = 1) -> torch.Tensor:
            h = self.layer(x)
            return self.registry[0](h, depth - 1) if depth else h

    edges = chain("input:x", "layer/linear:0", "layer#1/linear:0", "output:0")
    return Case(Tree(), X, edges=edges)


@case
def weights_under_no_gradient_and_in_half() -> Case:
    model = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)).to(torch.bfloat16)
    model[0].requires_grad_(False)
    edges = chain("input:input", "0/linear:0", "1/layer_norm:0", "output:0")
    return Case(model, X.to(torch.bfloat16), edges=edges)


@case
def a_layer_of_two_inputs() -> Case:
    return Case(
        nn.Bilinear(2, 3, 4),
        (torch.ones(1, 2), torch.ones(1, 3)),
        edges={
            ("input:input1", "/bilinear:0"),
            ("input:input2", "/bilinear:0"),
            ("/bilinear:0", "output:0"),
        },
    )


@case
def a_loss_as_the_last_layer() -> Case:
    def forward(self: Any, x: Any, target: Any) -> Any:
        logits = self.head(x)
        return {"loss": self.loss(logits, target), "logits": logits}

    return Case(
        Runs(forward, head=nn.Linear(2, 3), loss=nn.CrossEntropyLoss()),
        (X, torch.tensor([1])),
        edges={
            *chain("input:x", "head/linear:0", "loss/cross_entropy:0", "output:loss"),
            ("input:target", "loss/cross_entropy:0"),
            ("head/linear:0", "output:logits"),
        },
    )


@case
def data_parallel_without_a_device() -> Case:
    model = nn.DataParallel(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    edges = chain("input:inputs.0", "module.0/linear:0", "module.1/relu:0", "output:0")
    return Case(model, X, edges=edges)


@case
def early_exit_by_an_exception() -> Case:
    """Feature extractors stop a network by raising; the module that raised is no failure."""

    class Done(Exception):  # noqa: N818
        pass

    kept = []

    def stop(_module: Any, _args: Any, output: Any) -> None:
        kept.append(output)
        raise Done

    body = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    body[1].register_forward_hook(stop)

    def forward(self: Any, x: Any) -> Any:
        try:
            self.body(x)
        except Done:
            return kept.pop() + 1
        raise AssertionError

    edges = chain("input:x", "body.0/linear:0", "body.1/relu:0", "/add:0", "output:0")
    return Case(Runs(forward, body=body), X, edges=edges)


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
