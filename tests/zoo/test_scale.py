"""Long, large and deep models; the same model again; several threads."""

from __future__ import annotations

import sys
import threading
from itertools import pairwise
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Runs, check, check_invariants, edges_of
from torch import nn

import torchatlas as ta


def test_a_chain_of_1500_layers() -> None:
    model = nn.Sequential(*(nn.ReLU() for _ in range(1500)))
    names = ["input:input", *(f"{n}/relu:0" for n in range(1500)), "output:0"]
    check(Case(model, torch.ones(1), edges=set(pairwise(names)), flip=False))


def test_a_graph_of_20000_ops() -> None:
    def forward(self: Any, x: Any) -> Any:
        for _ in range(10_000):
            x = x.mul(0.5).add(1)
        return x

    graph = ta.trace(Runs(forward), torch.ones(1)).graph
    names = ["input:x"]
    names += [f"/{op}:{n}" for n in range(10_000) for op in ("mul", "add")] + ["output:0"]
    assert edges_of(graph) == set(pairwise(names))
    check_invariants(graph)


def test_an_op_that_takes_2000_tensors() -> None:
    def forward(self: Any, x: Any) -> Any:
        return torch.cat([x + n for n in range(2000)])

    edges = {("/cat:0", "output:0")}
    for n in range(2000):
        edges |= {("input:x", f"/add:{n}"), (f"/add:{n}", "/cat:0")}
    check(Case(Runs(forward), torch.ones(1), edges=edges, flip=False))


def test_modules_nested_500_deep() -> None:
    """Python's own stack ends near there: torch takes several frames a level, and the trace more.

    The model must run untraced with the same limit, so the limit is raised for both.
    """
    model: nn.Module = nn.ReLU()
    for _ in range(500):
        model = nn.Sequential(model)
    found: list[Any] = []

    def run() -> None:
        found.append(ta.trace(model, torch.ones(1)))

    run_with_room(run)
    traced = found[0]
    assert traced.error is None
    deepest = ".".join("0" * 500)
    assert edges_of(traced.graph) == {
        ("input:input", f"{deepest}/relu:0"),
        (f"{deepest}/relu:0", "output:0"),
    }
    assert len(list(traced.graph.ancestors(f"{deepest}/relu:0"))) == 501
    check_invariants(traced.graph)


def run_with_room(run: Any) -> None:
    """Run in a thread with a large stack and a recursion limit to match."""
    limit, size = sys.getrecursionlimit(), threading.stack_size(512 * 1024 * 1024)
    sys.setrecursionlimit(20_000)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)


def test_inputs_nested_500_deep() -> None:
    def forward(self: Any, value: Any) -> Any:
        while not isinstance(value, torch.Tensor):
            value = value[0]
        return value + 1

    value: Any = torch.ones(1)
    for _ in range(500):
        value = [value]
    name = "input:value" + ".0" * 500
    edges = {(name, "/add:0"), ("/add:0", "output:0")}
    check(Case(Runs(forward), (value,), edges=edges, flip=False))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.norm(self.linear(x)).relu()


BLOCK = {
    ("input:x", "linear/linear:0"),
    ("linear/linear:0", "norm/batch_norm:0"),
    ("norm/batch_norm:0", "/relu:0"),
    ("input:x", "/add:0"),
    ("/relu:0", "/add:0"),
    ("/add:0", "output:0"),
}


@pytest.mark.parametrize("training", [True, False])
def test_the_same_model_on_other_inputs(training: bool) -> None:
    """A trace holds nothing of the one before: ids count from zero again."""
    model = Block().train(training)
    for rows in (2, 3, 2):
        graph = check(Case(model, torch.randn(rows, 4), edges=BLOCK))
        assert graph.nodes["linear"].outputs[0].shape == (rows, 4)


def test_several_threads_one_after_another() -> None:
    model, failures = Block(), []

    def run() -> None:
        try:
            check(Case(model, torch.randn(2, 4), edges=BLOCK))
        except BaseException as error:  # noqa: BLE001 (told to the main thread)
            failures.append(error)

    for _ in range(3):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    run()
    assert failures == []


def test_a_trace_of_a_part_and_then_of_the_whole() -> None:
    model = Block()
    part = {("input:input", "/linear:0"), ("/linear:0", "output:0")}
    check(Case(model.linear, torch.randn(2, 4), edges=part))
    check(Case(model, torch.randn(2, 4), edges=BLOCK))


def test_a_trace_inside_a_forward_ends_with_it() -> None:
    """A model may ask for the graph of a part while it is traced itself; both see that pass."""
    graphs = []

    def forward(self: Any, x: Any) -> Any:
        graphs.append(ta.trace(self.block, x).graph)
        return self.block(x).exp()

    outer = Runs(forward, block=Block())
    graph = ta.trace(outer, torch.randn(2, 4)).graph
    assert edges_of(graphs[0]) == BLOCK
    assert ("block#1/add:0", "/exp:0") in edges_of(graph)
