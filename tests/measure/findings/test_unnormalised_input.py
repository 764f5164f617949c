"""The rule `unnormalised_input`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import activation, chain, findings_of, reason_of, run_of

from torchatlas.run import Run


def run_with(mean: float, std: float, count: int = 1_000, dtype: str = "float32") -> Run:
    values = mean + std * np.resize([-1.0, 1.0], count)
    graph = chain(("first", "linear"), dtype=dtype)
    rows = [activation("input:x", values), activation("first", np.full(1_000, 99.0))]
    return run_of(graph, distributions=rows)


@pytest.mark.parametrize(
    ("mean", "std", "severity", "value", "threshold"),
    [
        (0.45, 0.25, "info", 0.45, 0.2),  # pixels from 0 to 1
        (-120.0, 70.0, "warning", 120.0, 0.2),  # pixels from 0 to 255
        (0.0, 50.0, "warning", 50.0, 10.0),
        (0.0, 0.001, "warning", 0.001, 0.1),
    ],
)
def test_inputs_off_centre_or_off_scale_are_found(
    mean: float, std: float, severity: str, value: float, threshold: float
) -> None:
    (finding,) = findings_of("unnormalised_input", run_with(mean, std))
    assert finding.title == "The input x is not normalised"
    assert finding.nodes == ("input:x",)
    assert finding.severity == severity
    assert finding.value == pytest.approx(value)
    assert finding.threshold == threshold


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.19, 0.5), (-0.1, 9.0)])
def test_normalised_inputs_are_in_order(mean: float, std: float) -> None:
    assert findings_of("unnormalised_input", run_with(mean, std)) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("unnormalised_input", run_with(0.45, 0.25), threshold=0.5) == []
    assert findings_of("unnormalised_input", run_with(0.1, 1.0), threshold=0.05)


def test_token_ids_are_left_alone() -> None:
    assert findings_of("unnormalised_input", run_with(5_000, 300, dtype="int64")) == []


def test_too_little_is_said_to_be_too_little() -> None:
    graph = chain(("first", "linear"))
    small = activation("input:y", np.full(10, 99.0))
    enough = activation("input:x", np.resize([-1.0, 1.0], 500))
    graph.nodes["input:y"] = graph.nodes["input:x"]
    assert findings_of("unnormalised_input", run_of(graph, distributions=[small, enough])) == []
    expected = "no 500 values of an input were looked at"
    assert reason_of("unnormalised_input", run_with(100, 1, count=499)) == expected
    assert reason_of("unnormalised_input", run_of()) == expected
