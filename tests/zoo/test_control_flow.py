"""Branches, loops and modes inside forward: the graph is of the path that was taken."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn

case = Collection()


@case
def a_branch_on_a_number_read_from_a_tensor() -> Case:
    model = Runs(lambda self, x: x * 2 if x.sum().item() > 0 else x - 3)
    return Case(
        model,
        torch.ones(2),
        edges={("input:x", "/sum:0"), ("input:x", "/mul:0"), ("/mul:0", "output:0")},
        only=False,
        absent={("input:x", "/sub:0")},
    )


@case
def the_other_branch() -> Case:
    model = Runs(lambda self, x: x * 2 if (x > 0).all() else x - 3)
    return Case(
        model,
        -torch.ones(2),
        edges={("input:x", "/gt:0"), ("/gt:0", "/all:0"), ("input:x", "/sub:0")},
        only=False,
    )


@case
def a_loop_as_long_as_the_data_say() -> Case:
    def forward(self: Any, x: Any) -> Any:
        while x.sum() < 10:
            x = x * 2
        return x

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/mul:1"),
            ("/mul:1", "/mul:2"),
            ("/mul:2", "/sum:3"),
            ("/mul:2", "output:0"),
        },
        only=False,
        absent={("/mul:2", "/mul:3")},
    )


@case
def a_number_that_goes_back_in_has_no_edge() -> Case:
    """The output still hangs on the input by `x`; that a value left and came back is noted."""
    model = Runs(lambda self, x: x * x.max().item())
    return Case(
        model,
        torch.ones(2),
        edges={("input:x", "/max:0"), ("input:x", "/mul:0"), ("/mul:0", "output:0")},
        only=False,
        absent={("/max:0", "/mul:0")},
    )


@case
def iteration_over_a_tensor() -> Case:
    def forward(self: Any, x: Any) -> Any:
        total = 0
        for row in x:
            total = total + row
        return total

    return Case(
        Runs(forward),
        torch.ones(2, 3),
        edges={
            ("input:x", "/unbind:0"),
            ("/unbind:0", "/add:0"),
            ("/unbind:0", "/add:1"),
            ("/add:0", "/add:1"),
            ("/add:1", "output:0"),
        },
    )


@case
def conditional_operator_of_torch() -> Case:
    """`torch.cond` runs eagerly what it was given; only the branch taken is there."""

    def forward(self: Any, x: Any) -> Any:
        return torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x,)) + 1

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/sum:0"),
            ("/sum:0", "/gt:0"),
            ("input:x", "/sin:0"),
            ("/sin:0", "/add:0"),
            ("/add:0", "output:0"),
        },
        only=False,
        absent={("input:x", "/cos:0")},
    )


@case
def while_loop_of_torch() -> Case:
    def forward(self: Any, x: Any) -> Any:
        steps = torch.tensor(0)
        return torch._higher_order_ops.while_loop(
            lambda step, _: step < 2, lambda step, x: (step + 1, x * 2), (steps, x)
        )[1]

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={("input:x", "/mul:0"), ("/mul:0", "/mul:1"), ("/mul:1", "output:0")},
        only=False,
    )


@case
def no_grad_inside_forward() -> Case:
    def forward(self: Any, x: Any) -> Any:
        with torch.no_grad():
            target = self.layer(x)
        return self.layer(x) - target

    return Case(
        Runs(forward, layer=nn.Linear(2, 2)),
        torch.ones(1, 2),
        edges={
            ("input:x", "layer/linear:0"),
            ("input:x", "layer#1/linear:0"),
            ("layer/linear:0", "/sub:0"),
            ("layer#1/linear:0", "/sub:0"),
            ("/sub:0", "output:0"),
        },
    )


@case
def inference_mode_inside_forward() -> Case:
    """Tensors made there have no version counter, and writes to them are seen all the same."""

    def forward(self: Any, x: Any) -> Any:
        with torch.inference_mode():
            h = x * 2
            h[0].add_(1)
            return h.sum()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/getitem:0"),
            ("/getitem:0", "/add_:0"),
            ("/add_:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
        only=False,
    )


@case
def autocast_inside_forward() -> Case:
    """Casts that autocast puts in belong to the op; the weights' casts are not drawn."""

    def forward(self: Any, x: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return self.second(self.first(x)).float()

    return Case(
        Runs(forward, first=nn.Linear(2, 2), second=nn.Linear(2, 2)),
        torch.ones(1, 2),
        edges={
            ("input:x", "first/linear:0"),
            ("first/linear:0", "second/linear:0"),
            ("second/linear:0", "/float:0"),
            ("/float:0", "output:0"),
        },
    )


@case
def a_conversion_with_nothing_to_convert() -> Case:
    """It gives back its argument: no node, or the residual stream would seem to pass through."""

    def forward(self: Any, x: Any) -> Any:
        normed = self.norm(x.to(torch.float32).contiguous()).cpu()
        return x + normed.to(torch.float64)

    return Case(
        Runs(forward, norm=nn.LayerNorm(2)),
        torch.ones(1, 2),
        edges={
            ("input:x", "norm/layer_norm:0"),
            ("norm/layer_norm:0", "/to:1"),
            ("/to:1", "/add:0"),
            ("input:x", "/add:0"),
            ("/add:0", "output:0"),
        },
    )


@case
def an_error_that_forward_catches() -> Case:
    def forward(self: Any, x: Any) -> Any:
        try:
            return x @ torch.ones(7, 7)
        except RuntimeError:
            return x.relu()

    return Case(
        Runs(forward),
        torch.ones(2, 3),
        edges={("input:x", "/relu:0"), ("/relu:0", "output:0")},
        only=False,
    )


@case
def random_numbers_inside_forward() -> Case:
    def forward(self: Any, x: Any) -> Any:
        noise = torch.randn_like(x) + torch.rand(2)
        return x + noise

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/randn_like:0"),
            ("/randn_like:0", "/add:0"),
            ("/rand:0", "/add:0"),
            ("/add:0", "/add:1"),
            ("input:x", "/add:1"),
            ("/add:1", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
