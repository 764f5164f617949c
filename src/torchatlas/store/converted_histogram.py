"""A histogram with any bins as a tensor summary, and how far off its values may be.

TensorBoard's histograms count values between edges that the writer chose, and know nothing of
zeros, NaN and infinities. Their counts are spread evenly within each bin and gathered into the bins
of a summary, in whole numbers whose sum is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from torchatlas.run import TensorSummary, bin_edges, bin_keys
from torchatlas.run.summary import FloatArray, IntArray

_OCTAVES = 40
"""How far below the largest value the bins of a converted summary reach."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A summary made of a foreign histogram.

    Attributes:
        bins: how many bins of the histogram held values.
        error: width of the widest of them: a value may be as far from where it is counted.
    """

    summary: TensorSummary
    bins: int
    error: float


def converted(rows: FloatArray, figures: tuple[float, float, float, float] | None) -> Converted:
    """The summary of a histogram.

    Args:
        rows: left edge, right edge and count of each bin, shape [bins, 3].
        figures: minimum, maximum, sum and sum of squares of the values where they are known; else
            the outer edges are taken as extremes, and the middles of bins for the sums.
    """
    usable = np.isfinite(rows).all(axis=1) & (rows[:, 2] > 0)
    rows = rows[usable]
    if not len(rows):
        return Converted(TensorSummary.empty(), 0, 0.0)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    left, right = np.minimum(rows[:, 0], rows[:, 1]), np.maximum(rows[:, 0], rows[:, 1])
    counts = np.diff(np.rint(np.cumsum(rows[:, 2])), prepend=0.0)
    whole = counts.sum()
    zero = counts[(left == 0) & (right == 0)].sum()
    at_zero = (left == 0) & (right == 0)
    keys, found = _gathered(left[~at_zero], right[~at_zero], counts[~at_zero])
    middle = left / 2 + right / 2
    minimum, maximum, total, squares = figures or (
        float(left[0]),
        float(right.max()),
        float((middle * counts).sum()),
        float((middle**2 * counts).sum()),
    )
    summary = TensorSummary(
        count=int(whole),
        nan=0,
        positive_infinity=0,
        negative_infinity=0,
        zero=int(zero),
        subnormal=0,
        minimum=minimum,
        maximum=maximum,
        total=total,
        total_squares=squares,
        total_absolute=float((np.abs(middle) * counts).sum()),
        bin_keys=keys,
        bin_counts=found,
    )
    return Converted(summary, len(rows), float((right - left).max()))


def _gathered(left: FloatArray, right: FloatArray, counts: FloatArray) -> tuple[IntArray, IntArray]:
    """Keys and counts of the summary's bins, sorted."""
    if not left.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sides = [
        (-keys[::-1], found[::-1]) if sign < 0 else (keys, found)
        for sign in (-1, 1)
        for keys, found in [_of_side(left * sign, right * sign, counts)]
    ]
    keys = np.concatenate([keys for keys, _ in sides])
    found = np.concatenate([found for _, found in sides])
    lost = int(counts.sum()) - int(found.sum())
    if keys.size:
        found[int(np.argmax(found))] += lost  # each side was rounded by itself
    return keys[found > 0], found[found > 0]


def _of_side(a: FloatArray, b: FloatArray, counts: FloatArray) -> tuple[IntArray, IntArray]:
    """Counts of the positive values, by the summary's bins, of bins between `a` and `b`."""
    near, far = np.minimum(a, b), np.maximum(a, b)
    width = far - near
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(near >= 0, far > 0, np.clip(far / width, 0.0, 1.0))
    mass = counts * np.nan_to_num(share)
    chosen = np.flatnonzero(mass > 0)
    if not chosen.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    chosen = chosen[np.argsort(near[chosen], kind="stable")]
    near, far, mass = np.clip(near[chosen], 0, None), far[chosen], mass[chosen]
    first, last = bin_keys(np.array([_smallest(near, far), float(far.max())]))
    keys = np.arange(first, last + 1)
    _, tops = bin_edges(keys)
    after = np.cumsum(mass)
    far = np.maximum(far, np.nextafter(near, np.inf))
    positions = np.maximum.accumulate(np.stack([near, far], 1).reshape(-1))
    running = np.interp(tops, positions, np.stack([after - mass, after], 1).reshape(-1))
    running[-1] = after[-1]
    return keys, np.diff(np.rint(running), prepend=0.0).astype(np.int64)


def _smallest(near: FloatArray, far: FloatArray) -> float:
    """Where the bins of a side begin: at its smallest edge, if that is not too far down."""
    floor = max(float(far.max()) * 2.0**-_OCTAVES, float(np.finfo(np.float64).tiny))
    return max(float(near.min()), min(floor, float(far.max())))
