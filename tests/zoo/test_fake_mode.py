"""Under fake tensors the graph is the same, edge for edge, and nothing is computed."""

from __future__ import annotations

import pytest
import torch
from tests.zoo import (
    test_inputs_and_outputs,
    test_modules,
    test_sequence_layers,
    test_vision_models,
    test_writes,
)
from tests.zoo.cases import Make, check_invariants, edges_of
from torch import nn

import torchatlas as ta

NEEDS_VALUES = {
    "packed_sequences": "lengths decide how much is computed",
    "a_packed_sequence_as_input_and_output": "batch sizes decide how much is computed",
    "detection": "boxes are chosen by their scores",
}
CASES = [
    make
    for module in (
        test_inputs_and_outputs,
        test_modules,
        test_sequence_layers,
        test_vision_models,
        test_writes,
    )
    for make in module.case.makers
    if make.__name__ not in NEEDS_VALUES
]


@pytest.mark.parametrize("make", CASES, ids=[make.__name__ for make in CASES])
def test_the_graph_is_the_same_under_fake_tensors(make: Make) -> None:
    case = make()
    real = ta.trace(case.model, case.arguments(), case.kwargs, mode="real")
    fake = ta.trace(case.model, case.arguments(), case.kwargs, mode="fake")
    if fake.error is not None:
        raise fake.error
    check_invariants(fake.graph)
    assert edges_of(fake.graph) == edges_of(real.graph)
    for node_id, node in real.graph.nodes.items():
        assert fake.graph.nodes[node_id].outputs == node.outputs


@pytest.mark.parametrize("make", [test_inputs_and_outputs.plain_objects], ids=["plain_objects"])
def test_parameters_on_meta_choose_it_and_inputs_follow(make: Make) -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(50_000, 50_000), nn.ReLU())
    graph = ta.trace(model, torch.ones(2, 50_000)).graph
    assert edges_of(graph) == {
        ("input:input", "0/linear:0"),
        ("0/linear:0", "1/relu:0"),
        ("1/relu:0", "output:0"),
    }
    assert graph.nodes["0/linear:0"].outputs[0].device == "meta"
