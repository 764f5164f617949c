"""Graph networks of PyTorch Geometric: a Data object goes in, messages are gathered."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check

nn = pytest.importorskip("torch_geometric.nn")
geometric = pytest.importorskip("torch_geometric.data")
case = Collection()
EDGES = torch.tensor([[0, 1, 2], [1, 2, 0]])


@case
def two_convolutions_over_a_data_object() -> Case:
    def forward(self: Any, data: Any) -> Any:
        h = self.first(data.x, data.edge_index).relu()
        return self.second(h, data.edge_index)

    model = Runs(forward, first=nn.GCNConv(2, 4), second=nn.GCNConv(4, 3))
    return Case(
        model,
        (geometric.Data(x=torch.ones(3, 2), edge_index=EDGES),),
        edges={
            ("input:data.x", "first.lin/linear:0"),
            ("first/add:0", "/relu:0"),
            ("/relu:0", "second.lin/linear:0"),
            ("second/add:0", "output:0"),
        },
        only=False,
    )


@case
def attention_over_an_edge_list() -> Case:
    return Case(
        nn.GATConv(2, 4, heads=2),
        (torch.ones(3, 2), EDGES),
        edges={
            ("input:x", "lin/linear:0"),
            ("att_src", "/mul:0"),
            ("att_dst", "/mul:1"),
            ("aggr_module/scatter_add_:0", "/view:4"),
            ("bias", "/add:2"),
            ("/add:2", "output:0"),
        },
        only=False,
    )


@case
def a_batch_of_graphs() -> Case:
    def forward(self: Any, batch: Any) -> Any:
        h = self.conv(batch.x, batch.edge_index)
        return nn.global_mean_pool(h, batch.batch)

    graphs = [geometric.Data(x=torch.ones(3, 2), edge_index=EDGES) for _ in range(2)]
    return Case(
        Runs(forward, conv=nn.SAGEConv(2, 4)),
        (geometric.Batch.from_data_list(graphs),),
        edges={("input:batch.x", "conv.lin_r/linear:0"), ("conv.lin_l/linear:0", "conv/add:0")},
        only=False,
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
