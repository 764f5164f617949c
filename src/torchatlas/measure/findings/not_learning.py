"""Does the train loss fall at all?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from statistics import fmean

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding

LEAST_STEPS = 100
STRETCH = 5
"""The first and the last of so many equal stretches are compared."""


def not_learning(evidence: Evidence) -> Iterator[Finding]:
    """The mean train loss of the last fifth is less than 1 % below that of the first fifth."""
    threshold = evidence.thresholds["not_learning"]
    series = [(step, loss) for step, loss in evidence.series("loss", "train") if isfinite(loss)]
    if len(series) < LEAST_STEPS:
        raise CannotTell(f"the train loss of {LEAST_STEPS} steps was not recorded")
    length = len(series) // STRETCH
    first = fmean(loss for _, loss in series[:length])
    last = fmean(loss for _, loss in series[-length:])
    if first <= 0:
        raise CannotTell("the train loss is not above zero, so no ratio can be taken to it")
    fall = (first - last) / first
    if fall < threshold:
        yield Finding(
            rule="not_learning",
            severity="warning",
            title="The train loss does not fall",
            detail=(
                f"It is {first:.3g} on average over the first {length:,} values recorded and "
                f"{last:.3g} over the last {length:,}."
            ),
            advice=(
                "Change the learning rate by a factor of ten, see that the optimizer has the "
                "parameters, and try to fit a single batch."
            ),
            value=fall,
            threshold=threshold,
            unit="of train loss",
            samples=len(series),
            steps=(series[0][0], series[-1][0]),
            source="SageMaker Debugger, LossNotDecreasing",
            view="curves",
        )
