"""The checker of the zoo finds what it is there to find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Runs, Snapshot, check, check_invariants
from torch import nn

import torchatlas as ta
from torchatlas.run import Edge, Graph, TensorSpec

SPEC = TensorSpec((1,), "float32", "cpu", 4)
X = torch.ones(1, 2)


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2))


EDGES = {
    ("input:input", "0/linear:0"),
    ("0/linear:0", "1/relu:0"),
    ("1/relu:0", "2/batch_norm:0"),
    ("2/batch_norm:0", "output:0"),
}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (Case(model().eval(), X, edges=EDGES | {("0/linear:0", "output:0")}), "edges missing"),
        (Case(model().eval(), X, edges=EDGES - {("0/linear:0", "1/relu:0")}), "not expected"),
        (Case(model().eval(), X, edges=EDGES, absent={("1/relu:0", "2/batch_norm:0")}), "false"),
        (Case(model().eval(), X, edges=EDGES, unlinked=("output:0",)), "unlinked"),
    ],
)
def test_a_wrong_expectation_fails(case: Case, words: str) -> None:
    check(replace(case, edges=EDGES, absent=set(), unlinked=()))
    with pytest.raises(AssertionError, match=words):
        check(case)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("nowhere", "1/relu:0", "dangling"),
        ("1/relu:0", "nowhere", "dangling"),
        ("0", "1/relu:0", "from a group"),
        ("0/linear:0", "1", "into what takes nothing"),
        ("0/linear:0", "input:input", "into what takes nothing"),
        ("1/relu:0", "0/linear:0", "back in time"),
        ("1/relu:0", "1/relu:0", "back in time"),
    ],
)
def test_a_false_edge_fails(source: str, target: str, words: str) -> None:
    graph = ta.trace(model().eval(), X).graph
    check_invariants(graph)
    planted = Graph(graph.nodes, (*graph.edges, Edge(source, target, SPEC)), graph.capture)
    with pytest.raises(AssertionError, match=words):
        check_invariants(planted)


def untrained(m: Any) -> None:
    m.train(not m.training)


def written(m: Any) -> None:
    with torch.no_grad():
        m[0].weight.add_(1)


def counted(m: Any) -> None:
    m[2].num_batches_tracked.add_(1)


def replaced(m: Any) -> None:
    m[0].weight = nn.Parameter(m[0].weight.detach().clone())


def graded(m: Any) -> None:
    m[0].weight.grad = torch.zeros(2, 2)


def hooked(m: Any) -> None:
    m[1].register_forward_hook(lambda *_: None)


def drawn(m: Any) -> None:
    torch.rand(1)


def frozen(m: Any) -> None:
    m[0].bias.requires_grad_(False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (untrained, "training"),
        (written, "a parameter or buffer"),
        (counted, "a parameter or buffer"),
        (replaced, "a parameter or buffer"),
        (graded, "a gradient"),
        (hooked, "hooks"),
        (drawn, "torch random"),
        (frozen, "requires grad"),
    ],
)
def test_a_changed_model_fails(change: Any, words: str) -> None:
    changed, x = model(), torch.ones(2, 2)
    before = Snapshot(changed, x)
    before.assert_same(Snapshot(changed, x))
    change(changed)
    with pytest.raises(AssertionError, match=words):
        before.assert_same(Snapshot(changed, x))


def test_a_changed_input_fails() -> None:
    changed = Runs(lambda self, x: x.add_(1))
    edges = {("input:x", "/add_:0"), ("/add_:0", "output:0")}
    check(Case(changed, torch.ones(2), edges=edges))
    x = torch.ones(2)
    before = Snapshot(changed, x)
    changed(x)
    with pytest.raises(AssertionError, match="changed an input"):
        before.assert_same(Snapshot(changed, x))
