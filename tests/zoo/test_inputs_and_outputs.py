"""Tensors that come and go in containers of every kind, each with its edge."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn
from torch.utils import _pytree

case = Collection()


@case
def positional_keyword_string_none_and_number() -> Case:
    def forward(self: Any, x: Any, y: Any = None, *, how: str, z: Any = None, by: float = 1) -> Any:
        assert (y, how) == (None, "sum")
        return (x * by + z).sum()

    return Case(
        Runs(forward),
        (torch.ones(2), None),
        {"how": "sum", "z": torch.ones(2), "by": 2.0},
        {
            ("input:x", "/mul:0"),
            ("/mul:0", "/add:0"),
            ("input:z", "/add:0"),
            ("/add:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@case
def a_bare_tensor_as_the_only_argument() -> Case:
    model = Runs(lambda self, x: x + 1)
    edges = {("input:x", "/add:0"), ("/add:0", "output:0")}
    return Case(model, torch.ones(2), edges=edges)


@case
def nested_dicts_and_lists() -> Case:
    def forward(self: Any, batch: dict[str, Any]) -> dict[str, Any]:
        first, (second, none) = batch["images"][0], batch["deep"]["pair"]
        assert none is None
        return {"loss": first - second, "more": [{"same": first}]}

    args = {"images": [torch.ones(2)], "deep": {"pair": (torch.ones(2), None)}, "name": "x"}
    return Case(
        Runs(forward),
        (args,),
        edges={
            ("input:batch.images.0", "/sub:0"),
            ("input:batch.deep.pair.0", "/sub:0"),
            ("/sub:0", "output:loss"),
            ("input:batch.images.0", "output:more.0.same"),
        },
    )


class Point(NamedTuple):
    x: torch.Tensor
    y: torch.Tensor | None


@case
def named_tuples() -> Case:
    model = Runs(lambda self, p: Point(p.x * 2, None))
    edges = {("input:p.x", "/mul:0"), ("/mul:0", "output:x")}
    return Case(model, (Point(torch.ones(2), None),), edges=edges)


@dataclass
class Loose:
    value: torch.Tensor
    label: str = "none"


@dataclass
class Registered:
    value: torch.Tensor


_pytree.register_dataclass(Registered)


@case
def a_dataclass_that_is_no_pytree() -> Case:
    model = Runs(lambda self, item: Loose(item.value * 2, item.label))
    edges = {("input:item.value", "/mul:0"), ("/mul:0", "output:value")}
    return Case(model, (Loose(torch.ones(2)),), edges=edges)


@case
def a_dataclass_registered_as_a_pytree() -> Case:
    model = Runs(lambda self, item: Registered(item.value * 2))
    edges = {("input:item.value", "/mul:0"), ("/mul:0", "output:value")}
    return Case(model, (Registered(torch.ones(2)),), edges=edges)


@case
def plain_objects() -> Case:
    def forward(self: Any, item: Any) -> Any:
        return types.SimpleNamespace(logits=item.ids * 2, hidden=[item.ids, item.extra["mask"]])

    item = types.SimpleNamespace(ids=torch.ones(2), extra={"mask": torch.ones(2)})
    return Case(
        Runs(forward),
        (item,),
        edges={
            ("input:item.ids", "/mul:0"),
            ("/mul:0", "output:logits"),
            ("input:item.ids", "output:hidden.0"),
            ("input:item.extra.mask", "output:hidden.1"),
        },
    )


@case
def objects_with_slots() -> Case:
    class Only:
        __slots__ = ("value",)

        def __init__(self, value: torch.Tensor) -> None:
            self.value = value

    model = Runs(lambda self, item: Only(item.value + 1))
    edges = {("input:item.value", "/add:0"), ("/add:0", "output:value")}
    return Case(model, (Only(torch.ones(2)),), edges=edges)


@case
def an_object_that_knows_its_parent() -> Case:
    def forward(self: Any, tree: Any) -> Any:
        return tree.value + tree.child.value

    tree = types.SimpleNamespace(value=torch.ones(2))
    tree.child = types.SimpleNamespace(value=torch.ones(2), parent=tree)
    return Case(
        Runs(forward),
        (tree,),
        edges={
            ("input:tree.value", "/add:0"),
            ("input:tree.child.value", "/add:0"),
            ("/add:0", "output:0"),
        },
    )


@case
def a_distribution_as_output() -> Case:
    def forward(self: Any, x: Any) -> Any:
        return torch.distributions.Normal(x * 2, x.exp(), validate_args=False)

    model = Runs(forward)
    graph_edges = {
        ("input:x", "/mul:0"),
        ("input:x", "/exp:0"),
        ("/mul:0", "/broadcast_tensors:0"),
        ("/exp:0", "/broadcast_tensors:0"),
        ("/broadcast_tensors:0", "output:loc"),
        ("/broadcast_tensors:0", "output:scale"),
    }
    return Case(model, torch.ones(2), edges=graph_edges)


@case
def a_generator_as_input() -> Case:
    """What a generator gives while the model runs is an input, each thing by its position."""
    model = Runs(lambda self, rows: torch.stack([row * 2 for row in rows]))
    rows = torch.ones(2), torch.ones(2)
    return Case(
        model,
        lambda: ((row for row in rows),),
        edges={
            ("input:rows.0", "/mul:0"),
            ("input:rows.1", "/mul:1"),
            ("/mul:0", "/stack:0"),
            ("/mul:1", "/stack:0"),
            ("/stack:0", "output:0"),
        },
    )


@case
def a_generator_that_computes() -> Case:
    """What it computes is no part of the model."""
    model = Runs(lambda self, x, rows: torch.stack([row + x for row in rows]))
    rows = torch.ones(2)
    return Case(
        model,
        lambda: (torch.ones(2), (rows * n for n in (2, 3))),
        edges={
            ("input:rows.0", "/add:0"),
            ("input:rows.1", "/add:1"),
            ("input:x", "/add:0"),
            ("input:x", "/add:1"),
            ("/add:0", "/stack:0"),
            ("/add:1", "/stack:0"),
            ("/stack:0", "output:0"),
        },
    )


@case
def variable_arguments() -> Case:
    def forward(self: Any, *xs: Any, **named: Any) -> Any:
        return xs[0] + xs[1] * named["scale"]

    return Case(
        Runs(forward),
        (torch.ones(2), torch.ones(2)),
        {"scale": torch.ones(2)},
        {
            ("input:xs.1", "/mul:0"),
            ("input:scale", "/mul:0"),
            ("input:xs.0", "/add:0"),
            ("/mul:0", "/add:0"),
            ("/add:0", "output:0"),
        },
    )


@case
def an_output_used_twice() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x + 1
        return h, [h, h * 2]

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "output:0"),
            ("/add:0", "output:1.0"),
            ("/add:0", "/mul:0"),
            ("/mul:0", "output:1.1"),
        },
    )


@case
def an_output_that_is_an_input() -> Case:
    edges = {("input:x", "output:0"), ("input:x", "/add:0"), ("/add:0", "output:1")}
    return Case(Runs(lambda self, x: (x, x + 1)), torch.ones(2), edges=edges)


@case
def a_model_that_gives_back_what_it_gets() -> Case:
    model = Runs(lambda self, x: x)
    edges = {("input:x", "/identity:0"), ("/identity:0", "output:0")}
    return Case(model, torch.ones(2), edges=edges)


@case
def the_same_tensor_as_two_inputs() -> Case:
    x = torch.ones(2)
    model = Runs(lambda self, a, b: a * b)
    edges = {("input:a", "/mul:0"), ("input:b", "/mul:0"), ("/mul:0", "output:0")}
    return Case(model, (x, x), edges=edges)


@case
def no_input_at_all() -> Case:
    model = Runs(lambda self: self.weight * 2, weight=nn.Parameter(torch.ones(3)))
    return Case(model, edges={("weight", "/mul:0"), ("/mul:0", "output:0")})


@case
def no_tensor_comes_out() -> Case:
    model = Runs(lambda self, x: {"shape": list(x.shape), "name": "x", "none": None})
    return Case(model, torch.ones(2), verify=False)  # there is nothing to compare


@case
def a_parameter_is_the_output() -> Case:
    model = Runs(lambda self: self.weight, weight=nn.Parameter(torch.ones(3)))
    return Case(model, edges={("weight", "/identity:0"), ("/identity:0", "output:0")})


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
