"""Does the test loss stand above the train loss, and does the gap widen?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from torchatlas.measure.findings.evidence import HELD_OUT, CannotTell, Evidence, Row
from torchatlas.run import Finding

LEAST_EVALUATIONS = 3
PATIENCE = 2
"""Evaluations since the best one before a rise of the test loss is taken for one."""

LEAST_SAMPLES = 100


def overfitting(evidence: Evidence) -> Iterator[Finding]:
    """(test loss - train loss) / train loss above 0.1.

    With a recorded series of at least three evaluations the gap must also have widened since the
    test loss was at its best, two evaluations ago or more. With a single evaluation the intervals
    of the two losses must not overlap, on 100 examples each.
    """
    series = _losses_over_time(evidence)
    if len(series) >= LEAST_EVALUATIONS:
        yield from _in_series(evidence, series)
        return
    losses = {row["split"]: row for row in evidence.rows("evaluation", metric="loss")}
    held_out = next((split for split in HELD_OUT if split in losses), None)
    if "train" not in losses or held_out is None:
        raise CannotTell("the loss was not measured on both training and test data")
    yield from _in_evaluation(evidence, losses["train"], losses[held_out])


def _in_series(evidence: Evidence, series: list[tuple[int, float, float]]) -> Iterator[Finding]:
    threshold = evidence.thresholds["overfitting"]
    steps, train, test = zip(*series, strict=True)
    if train[-1] <= 0:
        raise CannotTell("the train loss is not above zero, so no ratio can be taken to it")
    gaps = [b - a for a, b in zip(train, test, strict=True)]
    best = min(range(len(test)), key=test.__getitem__)
    widening = gaps[-1] > gaps[best] and best + PATIENCE < len(test)
    if gaps[-1] / train[-1] > threshold and widening:
        yield _finding(
            (gaps[-1] / train[-1], threshold),
            f"Test loss rises {test[best]:.3g} → {test[-1]:.3g} while train loss goes "
            f"{train[best]:.3g} → {train[-1]:.3g}; it was best at step {steps[best]:,}.",
            f"Stop at step {steps[best]:,}, or add regularisation or data.",
            len(series),
            (steps[0], steps[-1]),
        )


def _in_evaluation(evidence: Evidence, train: Row, test: Row) -> Iterator[Finding]:
    threshold = evidence.thresholds["overfitting"]
    if min(train["samples"], test["samples"]) < LEAST_SAMPLES:
        raise CannotTell(f"the losses rest on fewer than {LEAST_SAMPLES} examples")
    if train["high"] is None or test["low"] is None:
        raise CannotTell("the losses have no interval: they are known by the batch only")
    if train["value"] <= 0:
        raise CannotTell("the train loss is not above zero, so no ratio can be taken to it")
    ratio = (test["value"] - train["value"]) / train["value"]
    if ratio > threshold and test["low"] > train["high"]:
        yield _finding(
            (ratio, threshold),
            f"Loss is {train['value']:.3g} on the training data and {test['value']:.3g} on "
            "the test data; the 95 % intervals do not overlap.",
            "Compare with an earlier checkpoint; add regularisation or data.",
            test["samples"],
            None,
        )


def _losses_over_time(evidence: Evidence) -> list[tuple[int, float, float]]:
    """Step, train loss up to there, and test loss, at every evaluation of the test loss."""
    train, test = (
        [(step, loss) for step, loss in series if isfinite(loss)]
        for series in (evidence.series("loss", "train"), evidence.held_out_series("loss"))
    )
    found, before = [], -1
    for step, value in test:
        span = [loss for at, loss in train if before < at <= step]
        if span:
            found.append((step, sum(span) / len(span), value))
        before = step
    return found


def _finding(
    figures: tuple[float, float],
    detail: str,
    advice: str,
    samples: int,
    steps: tuple[int, int] | None,
) -> Finding:
    ratio, threshold = figures
    return Finding(
        rule="overfitting",
        severity="warning",
        title=f"Test loss is {100 * ratio:.3g} % above the train loss",
        detail=detail,
        advice=advice,
        value=ratio,
        threshold=threshold,
        unit="of train loss",
        samples=samples,
        steps=steps,
        source="SageMaker Debugger, Overfit",
        view="curves",
    )
