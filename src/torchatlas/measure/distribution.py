"""Tensor summaries as histograms on an axis that people can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from torchatlas.run import TensorSummary, bin_edges
from torchatlas.run.summary import FloatArray, IntArray

_LOWEST_DECADE = -300
"""Below it 10 ** decade loses its digits, and then is 0."""


@dataclass(frozen=True, slots=True, eq=False)
class SignedLogHistogram:
    """Counts on a symmetric logarithmic axis, exact zeros apart.

    Attributes:
        edges: real values, rising, shape [bins + 1]; negative bins, one gap about zero, positive
            bins. The gap holds no counts: what is nearer to zero is in the innermost bins.
        counts: values in each bin, shape [bins].
        zero: values that are exactly zero.
    """

    edges: FloatArray
    counts: FloatArray
    zero: int

    @property
    def total(self) -> float:
        """All finite values, the zeros included."""
        return float(self.counts.sum()) + self.zero


def signed_log_histogram(
    summary: TensorSummary, bins_per_decade: int = 4, most_decades: int = 12
) -> SignedLogHistogram:
    """Rebin a summary to a few bins a decade, the same on both sides of zero.

    Counts stay whole numbers and their sum is kept exactly; a fine bin that spans an edge is split
    in proportion to the logarithm. What is smaller than `most_decades` below the largest value is
    counted into the innermost bins.

    Args:
        bins_per_decade: width of a bin is 10 ** (1 / bins_per_decade).
    """
    if summary.bin_keys.size == 0:
        return SignedLogHistogram(np.array([-1.0, 1.0]), np.zeros(1), summary.zero)
    low, high = bin_edges(summary.bin_keys)
    positive = low > 0
    near, far = np.where(positive, low, -high), np.where(positive, high, -low)
    start, end = np.log10(near) * bins_per_decade, np.log10(far) * bins_per_decade
    last = max(int(np.ceil(end.max() - 1e-9)), _LOWEST_DECADE * bins_per_decade + 1)
    lowest = min(int(np.floor(start.min() + 1e-9)), last - 1)
    first = max(lowest, last - most_decades * bins_per_decade, _LOWEST_DECADE * bins_per_decade)
    places = np.arange(first, last + 1)
    right, left = (
        _rebin(start[side], end[side], summary.bin_counts[side], places)
        for side in (positive, ~positive)
    )
    with np.errstate(over="ignore"):
        powers = np.minimum(10.0 ** (places / bins_per_decade), np.finfo(np.float64).max)
    edges = np.concatenate([-powers[::-1], powers])
    return SignedLogHistogram(edges, np.concatenate([left[::-1], [0.0], right]), summary.zero)


def _rebin(start: FloatArray, end: FloatArray, counts: IntArray, places: IntArray) -> FloatArray:
    """Counts between places, shape [places - 1], of bins from `start` to `end`, shape [bins].

    The running total is read off at every place and rounded, so that the differences add up.
    """
    if counts.size == 0:
        return np.zeros(len(places) - 1)
    order = np.argsort(start)
    after = np.cumsum(counts[order])
    before = after - counts[order]
    positions = np.stack([start[order], end[order]], axis=1).reshape(-1)
    totals = np.stack([before, after], axis=1).reshape(-1)
    running = np.round(np.interp(places, positions, totals))
    running[0], running[-1] = 0.0, after[-1]
    return np.diff(running)
