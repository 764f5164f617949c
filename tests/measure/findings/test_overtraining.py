"""The rule `overtraining`: planted faults, healthy data, too few data."""

from __future__ import annotations

from tests.measure.findings.runs import findings_of, reason_of, run_of, series

from torchatlas.run import Run


def run_with(losses: list[float]) -> Run:
    steps = {10 * place: loss for place, loss in enumerate(losses)}
    return run_of(scalars=series("loss", "test", steps))


def test_ten_evaluations_without_a_better_one_are_found() -> None:
    (finding,) = findings_of("overtraining", run_with([1.0, 0.5] + [0.6] * 10))
    assert finding.title == "The test loss has not improved for 10 evaluations"
    assert finding.detail == "It was best at step 10, 0.5, and is 0.6 now."
    assert finding.steps == (10, 110)


def test_an_improvement_in_between_is_silent() -> None:
    assert findings_of("overtraining", run_with([1.0, 0.5] + [0.6] * 8 + [0.4, 0.6])) == []
    assert findings_of("overtraining", run_with([1 / (1 + i) for i in range(40)])) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("overtraining", run_with([0.5] + [0.6] * 4), threshold=4)


def test_few_evaluations_are_silent() -> None:
    expected = "the test loss was evaluated no more than 10 times"
    assert reason_of("overtraining", run_with([0.5] + [0.6] * 9)) == expected
    assert reason_of("overtraining", run_of()) == expected
