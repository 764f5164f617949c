"""The rule `initial_loss`: planted faults, healthy data, too few data."""

from __future__ import annotations

from math import inf, log

import pytest
from tests.measure.findings.runs import findings_of, reason_of, run_of, series

from torchatlas.run import Run


def run_with(first: float, classes: int = 10, step: int = 1) -> Run:
    rows = [{"split": "test", "target": i, "predicted": 0, "count": 5} for i in range(classes)]
    losses = series("loss", "train", {step: first, step + 1: 9.0})
    return run_of(confusion=rows, scalars=losses)


def test_a_start_far_above_chance_is_found() -> None:
    (finding,) = findings_of("initial_loss", run_with(6.0))
    assert finding.title == "The loss starts at 6, and a blind guess would give 2.3"
    assert finding.value == pytest.approx(6.0 / log(10) - 1)
    assert (finding.severity, finding.steps) == ("info", (1, 1))


@pytest.mark.parametrize("first", [log(10), 3.4, 0.1, inf])
def test_a_start_at_chance_or_below_is_in_order(first: float) -> None:
    assert findings_of("initial_loss", run_with(first)) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("initial_loss", run_with(2.6), threshold=0.1)


def test_too_little_is_said_to_be_too_little() -> None:
    no_classes = run_of(scalars=series("loss", "train", {1: 9.0}))
    assert reason_of("initial_loss", no_classes) == (
        "no classes were counted; it is for classification"
    )
    late = run_with(9.0, step=100)
    assert reason_of("initial_loss", late) == ("the train loss of the first step was not recorded")
