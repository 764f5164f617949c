"""The rule `saturated_activation`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from tests.measure.findings.runs import activation, chain, findings_of, reason_of, run_of

from torchatlas.run import Run

WIDE = np.random.default_rng(0).normal(size=2_000) * 8
NARROW = WIDE / 16


def sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))


def run_with(kind: str, values: npt.ArrayLike) -> Run:
    graph = chain(("before", "linear"), ("act", kind), ("after", "linear"))
    return run_of(graph, distributions=[activation("act", values)])


@pytest.mark.parametrize(("kind", "values"), [("tanh", np.tanh(WIDE)), ("sigmoid", sigmoid(WIDE))])
def test_saturated_outputs_are_found(kind: str, values: npt.ArrayLike) -> None:
    (finding,) = findings_of("saturated_activation", run_with(kind, values))
    assert finding.title.endswith("of the outputs of act are saturated")
    assert (finding.severity, finding.nodes, finding.samples) == ("warning", ("act",), 2_000)
    assert finding.value is not None
    assert finding.value > 0.6


def test_exact_ends_count() -> None:
    assert findings_of("saturated_activation", run_with("sigmoid", [0.0, 1.0] * 300))
    assert findings_of("saturated_activation", run_with("tanh", [-1.0, 1.0] * 300))
    assert findings_of("saturated_activation", run_with("tanh", [0.0] * 600)) == []


@pytest.mark.parametrize(
    ("kind", "values"), [("tanh", np.tanh(NARROW)), ("sigmoid", sigmoid(NARROW)), ("relu", WIDE)]
)
def test_healthy_outputs_are_silent(kind: str, values: npt.ArrayLike) -> None:
    assert findings_of("saturated_activation", run_with(kind, values)) == []


def test_the_models_own_answer_may_be_sure() -> None:
    rows = [activation("act", sigmoid(WIDE))]
    run = run_of(chain(("before", "linear"), ("act", "sigmoid")), distributions=rows)
    assert findings_of("saturated_activation", run) == []


def test_few_values_are_silent_and_the_threshold_can_be_moved() -> None:
    assert findings_of("saturated_activation", run_with("tanh", np.tanh(WIDE[:499]))) == []
    assert findings_of("saturated_activation", run_with("tanh", np.tanh(WIDE)), 0.95) == []


def test_without_activations_it_cannot_tell() -> None:
    assert reason_of("saturated_activation", run_of()) == "no activations were measured"
