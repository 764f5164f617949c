"""A histogram with any bins as a tensor summary, and how far off its values may be.

TensorBoard's histograms count values between edges that the writer chose, and know nothing of
zeros, NaN and infinities. Their counts are spread evenly within each bin and gathered into the bins
of a summary, in whole numbers whose sum is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from torchatlas.run import TensorSummary, bin_edges, bin_keys
from torchatlas.run.summary import BIN_ORIGIN, FloatArray, IntArray

_OCTAVES = 40
"""How far below the largest value the bins of a converted summary reach."""

_FIRST_KEY = BIN_ORIGIN - 8 * 1080
"""Before that of the smallest number there is."""


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


@np.errstate(over="ignore")  # sums beyond the range of fp64 are infinite
def converted(rows: FloatArray, figures: tuple[float, float, float, float] | None) -> Converted:
    """The summary of a histogram.

    Args:
        rows: left edge, right edge and count of each bin, shape [bins, 3].
        figures: minimum, maximum, sum and sum of squares of the values where they are known; else
            the outer edges are taken as extremes, and the middles of bins for the sums.
    """
    left, right, counts = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2] > 0)].T
    if not counts.size:
        return Converted(TensorSummary.empty(), 0, 0.0)
    if (np.diff(left) < 0).any():
        left, right, counts = np.stack([left, right, counts])[:, np.argsort(left, kind="stable")]
    right = np.maximum(left, right)
    middle, at_zero = left / 2 + right / 2, (left == 0) & (right == 0)
    held = middle * counts
    minimum, maximum, total, squares = figures or (
        float(left[0]),
        float(right.max()),
        float(held.sum()),
        float((held * middle).sum()),
    )
    zero = round(float(counts[at_zero].sum()))
    keys, found = _gathered(left[~at_zero], right[~at_zero], counts[~at_zero])
    summary = TensorSummary(
        count=zero + int(found.sum()),
        nan=0,
        positive_infinity=0,
        negative_infinity=0,
        zero=zero,
        subnormal=0,
        minimum=minimum,
        maximum=maximum,
        total=total,
        total_squares=squares,
        total_absolute=float(np.abs(held).sum()),
        bin_keys=keys,
        bin_counts=found,
    )
    return Converted(summary, len(counts), float((right - left).max()))


def _gathered(left: FloatArray, right: FloatArray, counts: FloatArray) -> tuple[IntArray, IntArray]:
    """Keys and counts of the summary's bins, of bins that are sorted and hold no exact zeros.

    The running total over the real line is read off at every edge of the summary's bins and
    rounded, so that the differences add up. The innermost bins on both sides reach to zero.
    """
    if not counts.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    after = np.cumsum(counts)
    is_point = left == right  # a bin of ours holds its edge that is nearer to zero
    low = np.where(is_point & (left < 0), np.nextafter(left, -np.inf), left)
    high = np.where(is_point & (left > 0), np.nextafter(right, np.inf), right)
    positions = np.maximum.accumulate(np.stack([low, high], 1).reshape(-1))
    totals = np.stack([after - counts, after], 1).reshape(-1)
    smallest = _smallest(left, right, counts)
    below, above = _keys(smallest, -float(left[0])), _keys(smallest, float(right.max()))
    tops = _all_tops()
    edges = np.concatenate([-tops[below - _FIRST_KEY][::-1], [0.0], tops[above - _FIRST_KEY]])
    unit = _unit(max(-float(left[0]), float(right.max())))
    running = np.rint(np.interp(edges * unit, positions * unit, totals))
    running[0], running[-1] = 0.0, np.rint(after[-1])
    keys = np.concatenate([-below[::-1], above])
    found = np.diff(running).astype(np.int64)
    return keys[found > 0], found[found > 0]


def _smallest(left: FloatArray, right: FloatArray, counts: FloatArray) -> float:
    """The size from which the bins of both sides begin.

    A bin that reaches to zero, or over it, is followed down to where half a value of it is left.
    """
    sizes = np.abs(np.concatenate([left, right]))
    floor = max(float(sizes.max()) * 2.0**-_OCTAVES, float(np.finfo(np.float64).tiny))
    nearest = float(sizes[sizes > 0].min())
    inner = counts[(left <= 0) & (right >= 0)]
    return max(floor, nearest / (2 * float(inner.max())) if inner.size else nearest)


def _unit(largest: float) -> float:
    """What to multiply with so that slopes between edges stay in the range of fp64; exact."""
    if largest > 1e300:
        return 2.0**-60
    return 2.0**600 if largest < 1e-290 else 1.0


def _keys(smallest: float, largest: float) -> IntArray:
    """Keys of the positive bins from one size to another; none where the largest is negative."""
    if largest <= 0:
        return np.zeros(0, np.int64)
    first, last = bin_keys(np.array([min(smallest, largest), largest]))
    return np.arange(first, last + 1)


@cache
def _all_tops() -> FloatArray:
    """Upper edge of the bin of every positive key, from `_FIRST_KEY` on."""
    return bin_edges(np.arange(_FIRST_KEY, BIN_ORIGIN + 8 * 1024))[1]
