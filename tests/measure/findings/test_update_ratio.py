"""The rule `update_ratio`: planted faults, healthy data, too few data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import findings_of, norms, parameter, reason_of, run_of

from torchatlas.run import Run


def run_with(ratio: float, points: int = 20, name: str = "a.weight", shape: str = "4×3") -> Run:
    steps = range(0, points * 5, 5)
    return run_of(
        parameters=[parameter(name, shape)],
        norms=[
            *norms(name, "parameter", dict.fromkeys(steps, 2.0)),
            *norms(name, "update", dict.fromkeys(steps, 2.0 * ratio)),
        ],
    )


def test_steps_that_are_too_far_are_found() -> None:
    (finding,) = findings_of("update_ratio", run_with(0.1))
    assert finding.title == "a.weight moves very far in a step"
    assert finding.value == pytest.approx(0.1)
    assert (finding.threshold, finding.samples, finding.steps) == (0.01, 16, (20, 95))
    assert (finding.severity, finding.view) == ("info", "updates")


def test_steps_that_are_too_small_are_found() -> None:
    (finding,) = findings_of("update_ratio", run_with(1e-6))
    assert finding.title == "a.weight moves very little in a step"
    assert finding.threshold == pytest.approx(1e-4)


@pytest.mark.parametrize("ratio", [0.0, 2e-4, 1e-3, 9e-3])
def test_sound_steps_and_none_are_silent(ratio: float) -> None:
    assert findings_of("update_ratio", run_with(ratio)) == []


def test_the_warm_up_does_not_count() -> None:
    run = run_with(1e-3)
    for row in range(20, 24):  # the first updates
        run.tables["norms"].cells["norm"][row] = 100.0
    assert findings_of("update_ratio", run) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("update_ratio", run_with(0.1), threshold=0.5) == []


def test_few_points_and_biases_are_silent() -> None:
    reason = "norms of weights and of their updates were not recorded at 10 same steps"
    assert reason_of("update_ratio", run_with(0.1, points=9)) == reason
    assert reason_of("update_ratio", run_with(0.1, name="a.bias", shape="4")) == reason
    assert reason_of("update_ratio", run_of()) == reason
