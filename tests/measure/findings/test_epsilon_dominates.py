"""The rule `epsilon_dominates`: planted faults, healthy data, too few data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import findings_of, norms, parameter, reason_of, run_of

from torchatlas.run import Run

ADAM = "AdamW(lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01)"


def run_with(rms: float, optimizer: str = ADAM, points: int = 12) -> Run:
    values = dict.fromkeys(range(points), rms * 4.0)  # of 16 elements
    return run_of(
        facts={"optimizer": optimizer},
        parameters=[parameter("a.weight")],
        norms=norms("a.weight", "gradient", values, elements=16),
    )


def test_gradients_below_epsilon_are_found() -> None:
    (finding,) = findings_of("epsilon_dominates", run_with(1e-9))
    assert finding.title == "a.weight has gradients below Adam's epsilon"
    assert finding.value == pytest.approx(0.1)
    assert (finding.severity, finding.samples, finding.steps) == ("warning", 10, (2, 11))


def test_larger_gradients_and_none_are_silent() -> None:
    assert findings_of("epsilon_dominates", run_with(1e-6)) == []
    assert findings_of("epsilon_dominates", run_with(0.0)) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("epsilon_dominates", run_with(1e-9), threshold=0.01) == []


def test_what_is_not_known_is_said() -> None:
    assert reason_of("epsilon_dominates", run_with(1e-9, "")) == "the optimizer is not known"
    sgd = run_with(1e-9, "SGD(lr=0.1)")
    assert reason_of("epsilon_dominates", sgd) == "the optimizer is no Adam"
    adam = run_with(1e-9, "Adam(lr=0.1)")
    assert reason_of("epsilon_dominates", adam) == "the optimizer's epsilon is not known"
    few = run_with(1e-9, points=2)
    assert reason_of("epsilon_dominates", few) == (
        "the gradient of no weight was recorded at 3 steps"
    )
