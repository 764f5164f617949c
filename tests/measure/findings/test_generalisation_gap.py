"""The rule `generalisation_gap`: planted faults, healthy data, too few data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import findings_of, metric, reason_of, run_of

from torchatlas.measure.interval import wilson_interval
from torchatlas.run import Run


def run_with(train: tuple[int, int], test: tuple[int, int]) -> Run:
    rows = [
        metric(split, "accuracy", right / total, wilson_interval(right, total), total)
        for split, (right, total) in (("train", train), ("test", test))
    ]
    return run_of(evaluation=rows)


def test_a_wide_gap_is_found_with_its_interval() -> None:
    (finding,) = findings_of("generalisation_gap", run_with((1000, 1000), (800, 1000)))
    assert finding.title == "Test accuracy is 20.0 points below train accuracy"
    assert "(95 % interval of the gap: 17.6 to 22.6 points)" in finding.detail
    assert finding.value == pytest.approx(0.2)
    assert (finding.samples, finding.view) == (1000, "confusion")


def test_a_gap_that_chance_explains_is_in_order() -> None:
    assert findings_of("generalisation_gap", run_with((1000, 1000), (940, 1000))) == []
    assert findings_of("generalisation_gap", run_with((100, 100), (90, 100))) == []
    assert findings_of("generalisation_gap", run_with((800, 1000), (900, 1000))) == []


def test_the_threshold_can_be_moved() -> None:
    run = run_with((1000, 1000), (940, 1000))
    assert findings_of("generalisation_gap", run, threshold=0.02)


def test_too_little_is_said_to_be_too_little() -> None:
    small = run_with((99, 99), (10, 99))
    assert reason_of("generalisation_gap", small) == "accuracy rests on fewer than 100 examples"
    alone = run_of(evaluation=[metric("train", "accuracy", 1.0, (0.99, 1.0), 1000)])
    for run in (run_of(), alone):
        assert reason_of("generalisation_gap", run) == (
            "accuracy was not measured on both training and test data"
        )
