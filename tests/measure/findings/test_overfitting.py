"""The rule `overfitting`: planted faults, healthy data, too few data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import findings_of, metric, reason_of, run_of, series

from torchatlas.run import Run


def recorded(train: list[float], test: list[float]) -> Run:
    """Losses at every tenth step; the train loss at each step is that of its stretch."""
    steps = {10 * i + k + 1: loss for i, loss in enumerate(train) for k in range(10)}
    tests = {10 * (i + 1): loss for i, loss in enumerate(test)}
    return run_of(scalars=series("loss", "train", steps) + series("loss", "test", tests))


def evaluated(train: float, test: float, half: float | None = 0.01, samples: int = 400) -> Run:
    rows = [
        metric(
            split,
            "loss",
            value,
            (None, None) if half is None else (value - half, value + half),
            samples,
        )
        for split, value in (("train", train), ("test", test))
    ]
    return run_of(evaluation=rows)


def test_a_rising_test_loss_beside_a_falling_train_loss_is_found() -> None:
    run = recorded([1.0, 0.5, 0.3, 0.2, 0.1], [1.1, 0.6, 0.5, 0.6, 0.8])
    (finding,) = findings_of("overfitting", run)
    assert finding.title == "Test loss is 700 % above the train loss"
    assert "rises 0.5 → 0.8 while train loss goes 0.3 → 0.1" in finding.detail
    assert finding.advice.startswith("Stop at step 30")
    assert finding.value == pytest.approx(7.0)
    assert (finding.steps, finding.samples, finding.view) == ((10, 50), 5, "curves")


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ([1.0, 0.5, 0.3], [1.1, 0.6, 0.4]),  # a gap, and the test loss still falls
        ([1.0, 0.5, 0.3, 0.2], [1.1, 0.6, 0.4, 0.45]),  # one evaluation up: noise, perhaps
        ([1.0, 0.9, 0.85, 0.8], [0.8, 0.84, 0.83, 0.84]),  # rises, by less than the threshold
    ],
)
def test_healthy_courses_are_in_order(train: list[float], test: list[float]) -> None:
    assert findings_of("overfitting", recorded(train, test)) == []


@pytest.mark.parametrize("name", ["val", "validation", "evaluation"])
def test_held_out_data_may_have_another_name(name: str) -> None:
    run = recorded([1.0, 0.5, 0.3, 0.2, 0.1], [1.1, 0.6, 0.5, 0.6, 0.8])
    rows = run.tables["scalars"].rows()
    renamed = [{**row, "split": name if row["split"] == "test" else row["split"]} for row in rows]
    assert findings_of("overfitting", run_of(scalars=renamed))


def test_the_threshold_can_be_moved() -> None:
    run = recorded([1.0, 0.9, 0.85, 0.8], [0.8, 0.84, 0.83, 0.84])
    assert findings_of("overfitting", run, threshold=0.01)
    assert findings_of("overfitting", evaluated(0.1, 0.5), threshold=10) == []


def test_a_single_evaluation_is_judged_by_its_intervals() -> None:
    (finding,) = findings_of("overfitting", evaluated(0.1, 0.5))
    assert finding.value == pytest.approx(4.0)
    assert "the 95 % intervals do not overlap" in finding.detail
    assert findings_of("overfitting", evaluated(0.1, 0.5, half=0.3)) == []
    assert findings_of("overfitting", evaluated(0.50, 0.54)) == []


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (
            run_of(evaluation=[metric("train", "loss", 0.1, (0.09, 0.11), 400)]),
            "the loss was not measured on both training and test data",
        ),
        (run_of(), "the loss was not measured on both training and test data"),
        (evaluated(0.1, 0.5, samples=99), "the losses rest on fewer than 100 examples"),
        (
            evaluated(0.1, 0.5, half=None),
            "the losses have no interval: they are known by the batch only",
        ),
        (
            evaluated(0.0, 0.5),
            "the train loss is not above zero, so no ratio can be taken to it",
        ),
        (
            recorded([1.0, 0.5, 0.0], [1.0, 1.5, 2.0]),
            "the train loss is not above zero, so no ratio can be taken to it",
        ),
    ],
)
def test_too_little_is_said_to_be_too_little(run: Run, reason: str) -> None:
    assert reason_of("overfitting", run) == reason


def test_values_that_are_not_finite_are_passed_over() -> None:
    run = recorded([1.0, 0.5, 0.3, 0.2, 0.1], [1.1, 0.6, float("nan"), 0.7, 0.8])
    (finding,) = findings_of("overfitting", run)
    assert finding.samples == 4
