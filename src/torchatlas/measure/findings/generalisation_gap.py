"""Is the model less right on data that it has not seen?"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import Finding

POINTS = 0.05
LEAST_SAMPLES = 100


def generalisation_gap(evidence: Evidence) -> Iterator[Finding]:
    """Train minus test accuracy, with its 95 % interval wholly above five points."""
    threshold = evidence.thresholds.get("generalisation_gap", POINTS)
    rows = {row["split"]: row for row in evidence.rows("evaluation", metric="accuracy")}
    if "train" not in rows or "test" not in rows:
        return
    train, test = rows["train"], rows["test"]
    if min(train["samples"], test["samples"]) < LEAST_SAMPLES:
        return
    gap = train["value"] - test["value"]
    half = 1.96 * sqrt(
        sum(row["value"] * (1 - row["value"]) / row["samples"] for row in (train, test))
    )
    if gap - half > threshold:
        yield Finding(
            rule="generalisation_gap",
            severity="warning",
            title=f"Test accuracy is {gap * 100:.1f} points below train accuracy",
            detail=(
                f"{train['value']:.1%} on {train['samples']:,} training examples, "
                f"{test['value']:.1%} on {test['samples']:,} test examples "
                f"(95 % interval of the gap: {(gap - half) * 100:.1f} to "
                f"{(gap + half) * 100:.1f} points)."
            ),
            advice="Add data or augmentation, regularise, or stop training earlier.",
            value=gap,
            threshold=threshold,
            unit="share of examples",
            samples=test["samples"],
            source="difference of two proportions",
            view="confusion",
        )
