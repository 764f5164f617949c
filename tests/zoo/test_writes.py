"""Writes in place: who reads later hangs on the last writer, through whatever view it wrote."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check
from torch import nn

case = Collection()


@case
def in_place_ops() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x + 1
        h.mul_(2)
        h += x
        return h.relu()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("/add:0", "/mul_:0"),
            ("/mul_:0", "/add_:0"),
            ("input:x", "/add_:0"),
            ("/add_:0", "/relu:0"),
            ("/relu:0", "output:0"),
        },
    )


@case
def out_arguments() -> Case:
    def forward(self: Any, x: Any) -> Any:
        total = torch.empty(2)
        torch.add(x, x, out=total)
        torch.mul(x[:1], 2, out=total[:1])
        return total.exp()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/add:0"),
            ("input:x", "/getitem:0"),
            ("/add:0", "/getitem:1"),
            ("/getitem:0", "/mul:0"),
            ("/mul:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
        only=False,
        absent={("/add:0", "/exp:0")},
    )


@case
def a_chain_of_views() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * 2
        h.view(4).unsqueeze(0)[:, 1:].t().add_(1)
        return h.sum()

    return Case(
        Runs(forward),
        torch.ones(2, 2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/view:0"),
            ("/view:0", "/unsqueeze:0"),
            ("/unsqueeze:0", "/getitem:0"),
            ("/getitem:0", "/t:0"),
            ("/t:0", "/add_:0"),
            ("/add_:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@case
def a_view_made_before_the_write() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * 2
        row = h[0]
        h.add_(1)
        return row.exp()

    return Case(
        Runs(forward),
        torch.ones(2, 2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/getitem:0"),
            ("/mul:0", "/add_:0"),
            ("/add_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def a_write_through_a_view_of_the_input() -> Case:
    def forward(self: Any, x: Any) -> Any:
        x[:, 0].zero_()
        return x * 2

    return Case(
        Runs(forward),
        torch.ones(2, 2),
        edges={
            ("input:x", "/getitem:0"),
            ("/getitem:0", "/zero_:0"),
            ("/zero_:0", "/mul:0"),
            ("/mul:0", "output:0"),
        },
    )


class Cache(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.zeros(3, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.kept[1:2] = x
        return self.kept.sum(0)


@case
def a_write_to_a_slice_of_a_buffer() -> Case:
    return Case(
        Cache(),
        torch.ones(1, 2),
        edges={
            ("kept", "/setitem:0"),
            ("input:x", "/setitem:0"),
            ("/setitem:0", "/sum:0"),
            ("/sum:0", "output:0"),
        },
    )


@case
def setitem_by_mask_and_by_index() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * 1
        h[x > 0] = 0
        h[torch.tensor([0])] = x[1]
        return h + 1

    return Case(
        Runs(forward),
        torch.ones(2, 2),
        edges={
            ("input:x", "/mul:0"),
            ("input:x", "/gt:0"),
            ("/mul:0", "/setitem:0"),
            ("/gt:0", "/setitem:0"),
            ("/setitem:0", "/setitem:1"),
            ("input:x", "/getitem:0"),
            ("/getitem:0", "/setitem:1"),
            ("/setitem:1", "/add:0"),
            ("/add:0", "output:0"),
        },
        only=False,
        absent={("/mul:0", "/add:0"), ("/setitem:0", "/add:0")},
    )


@case
def scatter_and_index_put() -> Case:
    def forward(self: Any, x: Any, index: Any) -> Any:
        h = x.clone()
        h.index_put_((index,), x[:1])
        h.scatter_(0, index.unsqueeze(1), 3.0)
        h.masked_fill_(x > 5, 0.0)
        return h.exp()

    return Case(
        Runs(forward),
        (torch.ones(2, 1), torch.tensor([0])),
        edges={
            ("input:x", "/clone:0"),
            ("/clone:0", "/index_put_:0"),
            ("input:index", "/index_put_:0"),
            ("input:x", "/getitem:0"),
            ("/getitem:0", "/index_put_:0"),
            ("/index_put_:0", "/scatter_:0"),
            ("input:index", "/unsqueeze:0"),
            ("/unsqueeze:0", "/scatter_:0"),
            ("/scatter_:0", "/masked_fill_:0"),
            ("input:x", "/gt:0"),
            ("/gt:0", "/masked_fill_:0"),
            ("/masked_fill_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def a_write_through_data() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * 2
        h.data.add_(1)
        return h.exp()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/data:0"),
            ("/data:0", "/add_:0"),
            ("/add_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def new_data_for_a_tensor() -> Case:
    def forward(self: Any, x: Any, y: Any) -> Any:
        h = x * 2
        h.data = y + 1
        return h.exp()

    return Case(
        Runs(forward),
        (torch.ones(2), torch.ones(2)),
        edges={("input:y", "/add:0"), ("/exp:0", "output:0")},
        only=False,
        absent={("/mul:0", "/exp:0")},
    )


@case
def a_write_to_a_detached_alias() -> Case:
    def forward(self: Any, x: Any) -> Any:
        h = x * 2
        h.detach().clamp_(max=1)
        return h.exp()

    return Case(
        Runs(forward),
        torch.ones(2),
        edges={
            ("input:x", "/mul:0"),
            ("/mul:0", "/detach:0"),
            ("/detach:0", "/clamp_:0"),
            ("/clamp_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
    )


@case
def another_storage_by_set() -> Case:
    def forward(self: Any, x: Any, y: Any) -> Any:
        h = x * 2
        with torch.no_grad():
            h.set_(y + 1)
        return h.exp()

    return Case(
        Runs(forward),
        (torch.ones(2), torch.ones(2)),
        edges={
            ("input:x", "/mul:0"),
            ("input:y", "/add:0"),
            ("/mul:0", "/aten.set_:0"),
            ("/add:0", "/aten.set_:0"),
            ("/aten.set_:0", "/exp:0"),
            ("/exp:0", "output:0"),
        },
        only=False,
        absent={("/mul:0", "/exp:0"), ("/add:0", "/exp:0")},
    )


@case
def many_tensors_at_once() -> Case:
    def forward(self: Any, x: Any, y: Any) -> Any:
        parts = [x * 1, y * 1]
        torch._foreach_add_(parts, [y, x])
        return parts[0] / 2, torch._foreach_mul(parts, 2.0)[1]

    return Case(
        Runs(forward),
        (torch.ones(2), torch.ones(2)),
        edges={
            ("input:x", "/mul:0"),
            ("input:y", "/mul:1"),
            ("/mul:0", "/_foreach_add_:0"),
            ("/mul:1", "/_foreach_add_:0"),
            ("input:x", "/_foreach_add_:0"),
            ("input:y", "/_foreach_add_:0"),
            ("/_foreach_add_:0", "/div:0"),
            ("/_foreach_add_:0", "/_foreach_mul:0"),
            ("/div:0", "output:0"),
            ("/_foreach_mul:0", "output:1"),
        },
    )


@case
def copies_into_a_preallocated_list() -> Case:
    """`copy_` and `split` views of one buffer, each written by itself."""

    def forward(self: Any, x: Any) -> Any:
        room = torch.empty(2, 2)
        top, bottom = room.split(1)
        top.copy_(x)
        bottom.copy_(x * 2)
        return room @ x.t()

    return Case(
        Runs(forward),
        torch.ones(1, 2),
        edges={
            ("/split:0", "/copy_:0"),
            ("input:x", "/copy_:0"),
            ("input:x", "/mul:0"),
            ("/mul:0", "/copy_:1"),
            ("/split:0", "/copy_:1"),
            ("/copy_:0", "/matmul:0"),
            ("/copy_:1", "/matmul:0"),
            ("input:x", "/t:0"),
            ("/t:0", "/matmul:0"),
            ("/matmul:0", "output:0"),
        },
        only=False,
    )


@case
def normalisation_in_training_mode() -> Case:
    """The statistics that BatchNorm writes are put back after the trace."""
    model = nn.Sequential(nn.BatchNorm1d(2), nn.ReLU(inplace=True)).train()
    return Case(
        model,
        torch.randn(3, 2),
        edges={
            ("input:input", "0/batch_norm:0"),
            ("0/batch_norm:0", "1/relu:0"),
            ("1/relu:0", "output:0"),
        },
    )


@case
def a_counter_in_a_buffer() -> Case:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("steps", torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.steps += 1
            return x * self.steps

    return Case(
        Counts(),
        torch.ones(2),
        edges={
            ("steps", "/add_:0"),
            ("/add_:0", "/mul:0"),
            ("input:x", "/mul:0"),
            ("/mul:0", "output:0"),
        },
    )


@case
def a_weight_rescaled_before_its_layer_runs() -> Case:
    class Rescales(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                self.layer.weight.div_(2)
            return self.layer(x)

    return Case(
        Rescales(),
        torch.ones(1, 2),
        edges={
            ("layer.weight", "/div_:0"),
            ("/div_:0", "layer/linear:0"),
            ("input:x", "layer/linear:0"),
            ("layer/linear:0", "output:0"),
        },
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
