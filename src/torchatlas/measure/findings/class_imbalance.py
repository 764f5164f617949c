"""Are some classes much rarer than others?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding

LEAST_SAMPLES = 500


def class_imbalance(evidence: Evidence) -> Iterator[Finding]:
    """The largest class of the training data is more than ten times the smallest that occurs."""
    threshold = evidence.thresholds["class_imbalance"]
    sizes: dict[int, int] = {}
    for row in evidence.rows("confusion", split="train"):
        sizes[row["target"]] = sizes.get(row["target"], 0) + row["count"]
    if sum(sizes.values()) < LEAST_SAMPLES:
        raise CannotTell(f"the classes of {LEAST_SAMPLES} training examples were not counted")
    smallest, largest = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    ratio = sizes[largest] / sizes[smallest]
    if ratio > threshold:
        names = evidence.run.classes
        label = [names[i] if i < len(names) else str(i) for i in (largest, smallest)]
        yield Finding(
            rule="class_imbalance",
            severity="warning",
            title=f"Class {label[0]} is {ratio:.0f} times as frequent as {label[1]}",
            detail=f"{sizes[largest]:,} against {sizes[smallest]:,} training examples.",
            advice="Weight the loss or sample by class, and judge by accuracy per class.",
            value=ratio,
            threshold=threshold,
            unit="times",
            samples=sum(sizes.values()),
            source="SageMaker Debugger, ClassImbalance",
            view="confusion",
            split="train",
        )
