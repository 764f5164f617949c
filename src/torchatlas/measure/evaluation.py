"""Rates and intervals from what an evaluation counted."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from torchatlas.measure.interval import mean_interval, wilson_interval
from torchatlas.run import Outcome


def evaluation_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Rows of the table `evaluation`: loss, and accuracy or the errors of a regression."""
    rows = []
    if outcome.loss_name is not None and outcome.samples:
        interval = None
        if outcome.loss_squares is not None:
            interval = mean_interval(outcome.loss_total, outcome.loss_squares, outcome.samples)
        mean = outcome.loss_total / outcome.samples
        rows.append(_row(outcome, "loss", mean, interval, outcome.samples))
    if outcome.right is not None or outcome.confusion is not None:
        correct, total = _right(outcome)
        if total:
            interval = wilson_interval(correct, total)
            rows.append(_row(outcome, "accuracy", correct / total, interval, total))
    if outcome.errors is not None:
        rows.extend(_regression_rows(outcome, outcome.errors))
    return rows


def confusion_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Rows of the table `confusion`: one for each pair of classes that occurred."""
    if outcome.confusion is None:
        return []
    return [
        {
            "split": outcome.split,
            "target": int(target),
            "predicted": int(predicted),
            "count": int(outcome.confusion[target, predicted]),
        }
        for target, predicted in zip(*np.nonzero(outcome.confusion), strict=True)
    ]


def _right(outcome: Outcome) -> tuple[int, int]:
    """Examples predicted right, and how many were judged."""
    if outcome.right is not None:
        return outcome.right
    assert outcome.confusion is not None
    return int(np.trace(outcome.confusion)), int(outcome.confusion.sum())


def _regression_rows(
    outcome: Outcome, errors: tuple[int, float, float, float, float]
) -> list[dict[str, Any]]:
    count, absolute, squared, total, squares = errors
    if not count:
        return []
    rows = [
        _row(outcome, "mean absolute error", absolute / count, None, count),
        _row(outcome, "root mean squared error", sqrt(squared / count), None, count),
    ]
    spread = squares - total * total / count
    if spread > 1e-12 * squares:
        rows.append(_row(outcome, "R²", 1 - squared / spread, None, count))
    return rows


def _row(
    outcome: Outcome,
    metric: str,
    value: float,
    interval: tuple[float, float] | None,
    samples: int,
) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {
        "split": outcome.split,
        "metric": metric,
        "value": value,
        "low": low,
        "high": high,
        "samples": samples,
    }
