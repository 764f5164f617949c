"""Does the loss jump?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import isfinite, sqrt

from torchatlas.measure.findings.evidence import CannotTell, Evidence, some
from torchatlas.run import Finding

WINDOW = 1_000
LEAST_BEFORE = 100
APART = 10
"""Values of one spike: it is over when so many in a row do not stand out."""


def loss_spike(evidence: Evidence) -> Iterator[Finding]:
    """A train loss seven standard deviations or more above the mean of the last 1,000.

    The first 100 only teach. What stands out is not learnt from.
    """
    threshold = evidence.thresholds["loss_spike"]
    series = [(step, loss) for step, loss in evidence.series("loss", "train") if isfinite(loss)]
    if len(series) <= LEAST_BEFORE:
        raise CannotTell(f"the train loss of more than {LEAST_BEFORE} steps was not recorded")
    spikes = _spikes(series, threshold)
    if not spikes:
        return
    step, loss, usual, score = max(spikes, key=lambda spike: spike[3])
    places = [f"step {at:,}" for at, *_ in spikes]
    yield Finding(
        rule="loss_spike",
        severity="warning",
        title=f"The loss jumps at step {step:,}"
        if len(spikes) == 1
        else f"The loss jumps {len(spikes):,} times, most at step {step:,}",
        detail=f"It is {loss:.3g} there, after {usual:.3g} on average: {some(places)}.",
        advice="Look at the batch of that step and at the gradient norms just before it; clip.",
        value=score,
        threshold=threshold,
        unit="standard deviations",
        samples=len(series),
        steps=(spikes[0][0], spikes[-1][0]),
        source="OLMo 2 (2025)",
        view="curves",
    )


Spike = tuple[int, float, float, float]
"""Step, loss, the usual loss before it, and how many deviations it is above."""


def _spikes(series: list[tuple[int, float]], threshold: float) -> list[Spike]:
    window: deque[float] = deque()
    around = series[0][1]  # sums of distances from it, for sums of squares lose digits
    total = squares = 0.0
    found: list[Spike] = []
    quiet = APART
    for step, loss in series:
        score, mean = 0.0, around
        if len(window) >= LEAST_BEFORE:
            distance = total / len(window)
            mean = around + distance
            deviation = sqrt(max(squares / len(window) - distance * distance, 0.0))
            score = (loss - mean) / max(deviation, 1e-6 * max(abs(mean), 1e-300))
        if score >= threshold:
            if quiet >= APART:
                found.append((step, loss, mean, score))
            elif score > found[-1][3]:
                found[-1] = (step, loss, mean, score)
            quiet = 0
            continue
        quiet += 1
        window.append(loss - around)
        total, squares = total + window[-1], squares + window[-1] ** 2
        if len(window) > WINDOW:
            oldest = window.popleft()
            total, squares = total - oldest, squares - oldest**2
    return found
