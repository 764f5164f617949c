"""DDP, FSDP2 and DTensor: alone in a group of one, and on two processes, which must agree."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Runs, check, check_invariants, edges_of
from torch import distributed as dist
from torch import nn

import torchatlas as ta

pytestmark = [
    pytest.mark.skipif(not dist.is_available(), reason="this build of torch has no distributed"),
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning"),
]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))


def wrapped_in_ddp() -> nn.Module:
    return nn.parallel.DistributedDataParallel(network())


def sharded() -> nn.Module:
    from torch.distributed.fsdp import fully_shard

    model = network()
    for part in (model[0], model[2], model):
        fully_shard(part, mesh=dist.device_mesh.init_device_mesh("cpu", (dist.get_world_size(),)))
    return model


MODELS = {"ddp": wrapped_in_ddp, "fsdp": sharded}
EDGES = {
    "ddp": {
        ("input:inputs.0", "module.0/linear:0"),
        ("module.0/linear:0", "module.1/relu:0"),
        ("module.1/relu:0", "module.2/linear:0"),
        ("module.2/linear:0", "output:0"),
    },
    "fsdp": {
        ("input:input", "0/linear:0"),
        ("0/linear:0", "1/relu:0"),
        ("1/relu:0", "2/view_as:0"),  # by which FSDP hears of the gradient
        ("2/view_as:0", "2/linear:0"),
        ("2/linear:0", "output:0"),
    },
}

GATHERED: dict[str, set[tuple[str, str]]] = {
    "ddp": set(),
    "fsdp": {
        (source, target)
        for layer in ("0", "2")
        for position, weight in enumerate(("weight", "bias"))
        for source, target in (
            (f"{layer}.{weight}", f"{layer}/copy_:{position}"),
            (f"{layer}/copy_:{position}", f"{layer}/linear:0"),
        )
    },
}
"""How FSDP puts whole weights together from shards, where there is one shard."""


@pytest.fixture
def alone() -> Iterator[None]:
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("name", MODELS)
def test_a_wrapped_model_in_a_group_of_one(name: str) -> None:
    model = MODELS[name]()
    x = torch.ones(1, 4)
    model(x)  # the first call sets the wrapper up
    check(Case(model, (x,), edges=EDGES[name] | GATHERED[name], only=name == "ddp"))


@pytest.mark.usefixtures("alone")
def test_a_distributed_tensor_as_input_and_weight() -> None:
    from torch.distributed.tensor import Shard, distribute_tensor

    mesh = dist.device_mesh.init_device_mesh("cpu", (1,))
    weight = nn.Parameter(distribute_tensor(torch.ones(4, 4), mesh, [Shard(0)]))
    model = Runs(lambda self, x: (x @ self.weight).relu(), weight=weight)
    edges = {
        ("input:x", "/matmul:0"),
        ("weight", "/matmul:0"),
        ("/matmul:0", "/relu:0"),
        ("/relu:0", "output:0"),
    }
    x = distribute_tensor(torch.ones(2, 4), mesh, [Shard(0)])
    graph = check(Case(model, (x,), edges=edges))
    assert graph.nodes["/matmul:0"].outputs[0].shape == (2, 4)


@pytest.mark.usefixtures("alone")
def test_a_distributed_tensor_made_and_left_inside_forward() -> None:
    from torch.distributed.tensor import DTensor, Replicate

    mesh = dist.device_mesh.init_device_mesh("cpu", (1,))

    def forward(self: Any, x: Any) -> Any:
        shared = DTensor.from_local(x + 1, mesh, [Replicate()], run_check=False)
        return (shared * 2).to_local().exp()

    names = ("input:x", "/add:0", "/view_as:0", "/mul:0", "/view_as:1", "/exp:0", "output:0")
    check(Case(Runs(forward), torch.ones(2), edges=set(pairwise(names))))


def _trace_on_a_rank(rank: int, folder: str) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    store = dist.FileStore(str(Path(folder) / "store"), 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    try:
        for name in MODELS:
            Path(folder, f"{name}{rank}.txt").write_text("\n".join(_traced(name, rank)))
    finally:
        dist.destroy_process_group()


def _traced(name: str, rank: int) -> list[str]:
    """What one process sees, on inputs of its own; the wrapper reduces gradients afterwards."""
    model = MODELS[name]()
    x = torch.ones(1, 4) + rank
    model(x)
    traced = ta.trace(model, (x,))
    if traced.error is not None:
        raise traced.error
    graph = traced.graph
    assert graph.capture.status == "complete", graph.capture
    assert edges_of(graph) >= EDGES[name], edges_of(graph)
    check_invariants(graph)
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    lines = [f"{node.id} {node.kind}" for node in graph.nodes.values()]
    return lines + [f"{edge.source} -> {edge.target}" for edge in graph.edges]


def test_two_processes_see_the_same_graph(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(_trace_on_a_rank, (str(tmp_path),), nprocs=2)
    for name in MODELS:
        first, second = ((tmp_path / f"{name}{rank}.txt").read_text() for rank in range(2))
        assert first == second


@pytest.mark.usefixtures("alone")
def test_a_model_that_is_sharded_as_one_trains_on_after_a_trace() -> None:
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import DTensor

    model = network()
    fully_shard(model, mesh=dist.device_mesh.init_device_mesh("cpu", (1,)))
    x = torch.ones(2, 4)
    assert ta.trace(model, (x,)).error is None
    assert all(isinstance(parameter, DTensor) for parameter in model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):
        model(x).sum().backward()
        optimizer.step()
