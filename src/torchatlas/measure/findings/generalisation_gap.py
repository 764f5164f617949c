"""Is the model less right on data that it has not seen?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.interval import difference_interval
from torchatlas.run import Finding

LEAST_SAMPLES = 100


def generalisation_gap(evidence: Evidence) -> Iterator[Finding]:
    """Train minus test accuracy, with its 95 % interval wholly above five points."""
    threshold = evidence.thresholds["generalisation_gap"]
    rows = {row["split"]: row for row in evidence.rows("evaluation", metric="accuracy")}
    if "train" not in rows or "test" not in rows:
        raise CannotTell("accuracy was not measured on both training and test data")
    train, test = rows["train"], rows["test"]
    if min(train["samples"], test["samples"]) < LEAST_SAMPLES:
        raise CannotTell(f"accuracy rests on fewer than {LEAST_SAMPLES} examples")
    gap = train["value"] - test["value"]
    low, high = difference_interval(
        (train["value"], train["low"], train["high"]), (test["value"], test["low"], test["high"])
    )
    if low > threshold:
        yield Finding(
            rule="generalisation_gap",
            severity="warning",
            title=f"Test accuracy is {gap * 100:.1f} points below train accuracy",
            detail=(
                f"{train['value']:.1%} on {train['samples']:,} training examples, "
                f"{test['value']:.1%} on {test['samples']:,} test examples "
                f"(95 % interval of the gap: {low * 100:.1f} to "
                f"{high * 100:.1f} points)."
            ),
            advice="Add data or augmentation, regularise, or stop training earlier.",
            value=gap,
            threshold=threshold,
            unit="share of examples",
            samples=test["samples"],
            source="Newcombe 1998, difference of two proportions",
            view="confusion",
        )
