"""Rates and errors against scikit-learn and against counting by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from torchatlas.measure.evaluation import confusion_rows, evaluation_rows
from torchatlas.run import Outcome, build_table


def by_metric(outcome: Outcome) -> dict[str, dict[str, Any]]:
    rows = evaluation_rows(outcome)
    build_table("evaluation", rows)  # only known columns
    return {row["metric"]: row for row in rows}


def sums(answer: np.ndarray, target: np.ndarray) -> tuple[int, float, float, float, float]:
    error = answer - target
    values = (np.abs(error).sum(), (error**2).sum(), target.sum(), (target**2).sum())
    absolute, squared, total, squares = (float(value) for value in values)
    return (error.size, absolute, squared, total, squares)


def test_accuracy_and_loss_by_hand() -> None:
    confusion = np.array([[8, 2], [1, 9]])
    found = by_metric(Outcome("test", 20, "cross-entropy", 5.0, None, confusion))
    assert found["accuracy"]["value"] == 0.85
    assert found["accuracy"]["samples"] == 20
    assert found["accuracy"]["low"] == pytest.approx(0.6396, abs=5e-5)
    assert found["accuracy"]["high"] == pytest.approx(0.9476, abs=5e-5)
    assert (found["loss"]["value"], found["loss"]["low"], found["loss"]["high"]) == (
        0.25,
        None,
        None,
    )


def test_confusion_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    target, predicted = generator.integers(0, 5, (2, 300))
    confusion = metrics.confusion_matrix(target, predicted)
    outcome = Outcome("train", 300, confusion=confusion)
    expected = metrics.accuracy_score(target, predicted)
    assert by_metric(outcome)["accuracy"]["value"] == pytest.approx(expected)
    rebuilt = np.zeros((5, 5), int)
    for row in confusion_rows(outcome):
        assert row["split"] == "train"
        rebuilt[row["target"], row["predicted"]] = row["count"]
    np.testing.assert_array_equal(rebuilt, confusion)


def test_pairs_that_did_not_occur_have_no_row() -> None:
    rows = confusion_rows(Outcome("test", 3, confusion=np.array([[2, 0], [1, 0]])))
    assert [(row["target"], row["predicted"], row["count"]) for row in rows] == [
        (0, 0, 2),
        (1, 0, 1),
    ]
    assert confusion_rows(Outcome("test", 3)) == []


def test_regression_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    target = generator.normal(3, 2, 200)
    answer = target + generator.normal(0, 0.5, 200)
    found = by_metric(Outcome("test", 200, errors=sums(answer, target)))
    mean_squared = metrics.mean_squared_error(target, answer)
    mean_absolute = metrics.mean_absolute_error(target, answer)
    assert found["root mean squared error"]["value"] == pytest.approx(sqrt(mean_squared))
    assert found["mean absolute error"]["value"] == pytest.approx(mean_absolute)
    assert found["R²"]["value"] == pytest.approx(metrics.r2_score(target, answer))
    assert "accuracy" not in found


def test_targets_that_do_not_vary_have_no_r_squared() -> None:
    target = np.full(50, 0.1)
    found = by_metric(Outcome("test", 50, errors=sums(target + 0.01, target)))
    assert "R²" not in found
    assert found["mean absolute error"]["value"] == pytest.approx(0.01)


def test_the_loss_has_an_interval_where_single_losses_are_known() -> None:
    losses = np.random.default_rng(2).exponential(1.0, 400)
    outcome = Outcome("test", 400, "cross-entropy", losses.sum(), (losses**2).sum())
    row = by_metric(outcome)["loss"]
    half = 1.959964 * losses.std(ddof=1) / 20
    assert row["value"] == pytest.approx(losses.mean())
    assert row["high"] - row["low"] == pytest.approx(2 * half, rel=1e-6)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("test", 0, "cross-entropy"),
        Outcome("test", 5, confusion=np.zeros((3, 3), int)),
        Outcome("test", 0, errors=(0, 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_nothing_is_made_up_where_nothing_was_counted(outcome: Outcome) -> None:
    assert evaluation_rows(outcome) == []


def test_a_loss_that_is_not_finite_is_kept() -> None:
    row = by_metric(Outcome("test", 40, "cross-entropy", float("nan"), float("nan")))["loss"]
    assert np.isnan(row["value"])
