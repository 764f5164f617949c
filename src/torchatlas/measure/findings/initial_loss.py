"""Does training start where guessing would?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, log

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding


def initial_loss(evidence: Evidence) -> Iterator[Finding]:
    """The first train loss is more than half as high again as that of a blind guess, ln C.

    Only for classification, and only where the first step was recorded. A lower loss is no fault:
    the model may have been trained before.
    """
    threshold = evidence.thresholds["initial_loss"]
    classes = _number_of_classes(evidence)
    if classes < 2:
        raise CannotTell("no classes were counted; it is for classification")
    series = evidence.series("loss", "train")
    if not series or series[0][0] > 1:
        raise CannotTell("the train loss of the first step was not recorded")
    first, guess = series[0][1], log(classes)
    excess = first / guess - 1
    if isfinite(first) and excess > threshold:
        yield Finding(
            rule="initial_loss",
            severity="info",
            title=f"The loss starts at {first:.3g}, and a blind guess would give {guess:.3g}",
            detail=(
                f"With {classes:,} classes, cross-entropy of equal odds is ln {classes:,} = "
                f"{guess:.3g}: the untrained model is sure of wrong answers."
            ),
            advice="Make the last layer's initial weights smaller, and normalise the inputs.",
            value=excess,
            threshold=threshold,
            unit="of ln C",
            samples=1,
            steps=(series[0][0], series[0][0]),
            source="Stanford CS231n, sanity checks before learning",
            view="curves",
        )


def _number_of_classes(evidence: Evidence) -> int:
    rows = evidence.rows("confusion")
    seen = max((max(row["target"], row["predicted"]) + 1 for row in rows), default=0)
    return max(seen, len(evidence.run.classes)) if rows else 0
