"""The rule `massive_activation`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import activation, chain, findings_of, reason_of, run_of

from torchatlas.measure.findings.massive_activation import median_size
from torchatlas.run import Run, TensorSummary

NOISE = np.random.default_rng(0).normal(size=2_000)


def run_with(largest: float, node: str = "a", count: int = 2_000) -> Run:
    values = NOISE[:count].copy()
    values[7] = largest
    return run_of(chain(("a", "linear")), distributions=[activation(node, values)])


@pytest.mark.parametrize("largest", [2_000.0, -2_000.0])
def test_a_massive_activation_is_found(largest: float) -> None:
    (finding,) = findings_of("massive_activation", run_with(largest))
    assert finding.title == "a has massive activations"
    assert finding.value == pytest.approx(2_000 / np.median(np.abs(NOISE)), rel=0.07)
    assert (finding.severity, finding.nodes, finding.samples) == ("info", ("a",), 2_000)


def test_healthy_values_and_inputs_are_silent() -> None:
    assert findings_of("massive_activation", run_with(5.0)) == []
    assert findings_of("massive_activation", run_with(300.0)) == []
    rows = [activation("a", NOISE), activation("input:x", np.append(NOISE, 1e6))]
    run = run_of(chain(("a", "linear")), distributions=rows)
    assert findings_of("massive_activation", run) == []


def test_small_tensors_are_small_throughout() -> None:
    values = np.append(NOISE * 1e-6, 99.0)  # beyond a thousand medians, and not beyond 100
    run = run_of(chain(("a", "linear")), distributions=[activation("a", values)])
    assert findings_of("massive_activation", run) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("massive_activation", run_with(300.0), threshold=100)


def test_few_values_cannot_tell() -> None:
    expected = "no 1,000 activations of a node were looked at"
    assert reason_of("massive_activation", run_with(2_000.0, count=999)) == expected
    assert reason_of("massive_activation", run_of()) == expected


def test_the_median_size() -> None:
    assert median_size(TensorSummary.of(NOISE)) == pytest.approx(np.median(abs(NOISE)), rel=0.07)
    assert median_size(TensorSummary.of([0.0, 0.0, 5.0])) == 0.0
    assert median_size(TensorSummary.empty()) == 0.0
