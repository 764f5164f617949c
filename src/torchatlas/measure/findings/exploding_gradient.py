"""Does the gradient of the whole model burst out of what it used to be?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, sqrt

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding

MEMORY = 0.97
LEAST_POINTS = 50
WARM_UP = 20
"""Points that only teach what is usual."""

SUSTAINED = 3
"""So many points in a row must stand out: one alone is a spike."""

FACTOR = 2.0
"""By which the norm must also exceed its average: of a steady norm the deviation is tiny."""


def exploding_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Three gradient norms in a row stand more than 2.5 deviations above their moving average.

    The norm is that over all parameters. Average and deviation forget with 0.97 a point and do not
    learn from what stands out. The first 20 points only teach.
    """
    threshold = evidence.thresholds["exploding_gradient"]
    series = total_norms(evidence)
    if len(series) < LEAST_POINTS:
        raise CannotTell(f"gradient norms of {LEAST_POINTS} steps were not recorded")
    burst = _longest_burst(series, threshold)
    if burst is None:
        return
    yield Finding(
        rule="exploding_gradient",
        severity="warning",
        title=f"The gradient explodes at step {burst.first:,}",
        detail=(
            f"Its norm over all parameters was {burst.usual:.3g} on average and reaches "
            f"{burst.largest:.3g}; {burst.count:,} norms in a row stand out."
        ),
        advice="Clip the gradient's norm, lower the learning rate or warm it up for longer.",
        value=burst.score,
        threshold=threshold,
        unit="standard deviations",
        samples=len(series),
        steps=(burst.first, burst.last),
        source="ZClip (Kumar et al. 2025); the length and the factor of 2 are our own",
        view="gradients",
    )


def total_norms(evidence: Evidence) -> list[tuple[int, float]]:
    """Steps and L2 norms of the gradient of all parameters, where all were measured."""
    tensors = evidence.norms("gradient")
    squares: dict[int, list[float]] = {}
    for points in tensors.values():
        for point in points:
            squares.setdefault(point.step, []).append(point.norm * point.norm)
    most = max((len(own) for own in squares.values()), default=0)
    whole = {step: sqrt(sum(own)) for step, own in squares.items() if len(own) == most}
    return [(step, whole[step]) for step in sorted(whole) if isfinite(whole[step])]


@dataclass(slots=True)
class _Burst:
    first: int
    last: int
    usual: float
    largest: float
    score: float
    count: int = 1


def _longest_burst(series: list[tuple[int, float]], threshold: float) -> _Burst | None:
    taught = [norm for _, norm in series[:WARM_UP]]
    mean = sum(taught) / WARM_UP
    variance = sum((norm - mean) ** 2 for norm in taught) / WARM_UP
    bursts: list[_Burst] = []
    open_burst: _Burst | None = None
    for step, norm in series[WARM_UP:]:
        score = (norm - mean) / max(sqrt(variance), 1e-12 * max(mean, 1e-300))
        if score > threshold and norm > FACTOR * mean:
            if open_burst is None:
                open_burst = _Burst(step, step, mean, norm, score)
                bursts.append(open_burst)
            else:
                open_burst.last, open_burst.count = step, open_burst.count + 1
                open_burst.largest = max(open_burst.largest, norm)
                open_burst.score = max(open_burst.score, score)
            continue
        open_burst = None
        mean = MEMORY * mean + (1 - MEMORY) * norm
        variance = MEMORY * variance + (1 - MEMORY) * (norm - mean) ** 2
    long = [burst for burst in bursts if burst.count >= SUSTAINED]
    return max(long, key=lambda burst: burst.count, default=None)
