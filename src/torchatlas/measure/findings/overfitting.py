"""Does the test loss stand above the train loss, and does the gap widen?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import Finding

RATIO = 0.1
LEAST_EVALUATIONS = 3
LEAST_SAMPLES = 100


def overfitting(evidence: Evidence) -> Iterator[Finding]:
    """(test loss - train loss) / train loss above 0.1.

    With a recorded series of at least three evaluations the gap must also be widening. With a
    single evaluation the intervals of the two losses must not overlap, on 100 examples each.
    """
    threshold = evidence.thresholds.get("overfitting", RATIO)
    series = _gaps_over_time(evidence)
    if len(series) >= LEAST_EVALUATIONS:
        steps, train, test = zip(*series, strict=True)
        gaps = [b - a for a, b in zip(train, test, strict=True)]
        best = min(range(len(test)), key=test.__getitem__)
        widening = gaps[-1] > gaps[best] and best < len(test) - 1
        if train[-1] > 0 and gaps[-1] / train[-1] > threshold and widening:
            yield _finding(
                (gaps[-1] / train[-1], threshold),
                f"Test loss rises {test[best]:.3g} → {test[-1]:.3g} while train loss goes "
                f"{train[best]:.3g} → {train[-1]:.3g}; it was best at step {steps[best]:,}.",
                f"Stop at step {steps[best]:,}, or add regularisation or data.",
                len(series),
                (steps[0], steps[-1]),
            )
        return
    losses = {row["split"]: row for row in evidence.rows("evaluation", metric="loss")}
    train_row, test_row = losses.get("train"), losses.get("test")
    if train_row is None or test_row is None or None in (train_row["high"], test_row["low"]):
        return
    enough = min(train_row["samples"], test_row["samples"]) >= LEAST_SAMPLES
    ratio = (test_row["value"] - train_row["value"]) / max(train_row["value"], 1e-12)
    if enough and ratio > threshold and test_row["low"] > train_row["high"]:
        yield _finding(
            (ratio, threshold),
            f"Loss is {train_row['value']:.3g} on the training data and {test_row['value']:.3g} on "
            "the test data; the 95 % intervals do not overlap.",
            "Compare with an earlier checkpoint; add regularisation or data.",
            test_row["samples"],
            None,
        )


def _gaps_over_time(evidence: Evidence) -> list[tuple[int, float, float]]:
    """Step, train loss up to there, and test loss, at every evaluation of the test loss."""
    train = evidence.series("loss", "train")
    test = evidence.series("loss", "test")
    found, before = [], 0
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
        title=f"Test loss is {1 + ratio:.3g} times the train loss",
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
