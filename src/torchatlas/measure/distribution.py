"""Tensor summaries as histograms on an axis that people can read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from torchatlas.run import TensorSummary, bin_edges
from torchatlas.run.summary import FloatArray, IntArray

_THIN_TAIL = 0.005
"""Share of a tensor's values that may be smaller than a shared axis shows."""

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
    sizes = _log_sizes(summary, bins_per_decade)
    last = max(int(np.ceil(sizes.end.max() - 1e-9)), _LOWEST_DECADE * bins_per_decade + 1)
    lowest = min(int(np.floor(sizes.start.min() + 1e-9)), last - 1)
    first = max(lowest, last - most_decades * bins_per_decade, _LOWEST_DECADE * bins_per_decade)
    return _between(summary, sizes, np.arange(first, last + 1), bins_per_decade)


def shared_log_histograms(
    summaries: list[TensorSummary], bins_per_decade: int = 4, most_decades: int = 10
) -> list[SignedLogHistogram]:
    """Histograms of several tensors on one symmetric logarithmic axis of whole decades.

    The axis reaches from the largest value down to where 99.5 % of each tensor's values are larger,
    over at most `most_decades`; smaller values are counted into the innermost bins.
    """
    measured = [_log_sizes(s, bins_per_decade) for s in summaries if s.bin_keys.size]
    if not measured:
        empty = np.array([-1.0, 1.0])
        return [SignedLogHistogram(empty, np.zeros(1), s.zero) for s in summaries]
    floor = _LOWEST_DECADE
    last = max(math.ceil(max(s.end.max() for s in measured) / bins_per_decade - 1e-9), floor + 1)
    lowest = math.floor(min(s.thin_end() for s in measured) / bins_per_decade + 1e-9)
    first = max(min(lowest, last - 1), last - most_decades, floor)
    places = np.arange(first * bins_per_decade, last * bins_per_decade + 1)
    return [_between(s, _log_sizes(s, bins_per_decade), places, bins_per_decade) for s in summaries]


@dataclass(frozen=True, slots=True, eq=False)
class _LogSizes:
    """Where the bins of a summary begin and end, in bins of the new axis, and on which side."""

    start: FloatArray
    end: FloatArray
    positive: npt.NDArray[np.bool_]
    counts: IntArray

    def thin_end(self) -> float:
        """Where the bin begins above which all but the smallest values lie."""
        order = np.argsort(self.start)
        below = np.cumsum(self.counts[order])
        return float(self.start[order][np.searchsorted(below, _THIN_TAIL * below[-1], "right")])


def _log_sizes(summary: TensorSummary, bins_per_decade: int) -> _LogSizes:
    low, high = bin_edges(summary.bin_keys)
    positive = low > 0
    near, far = np.where(positive, low, -high), np.where(positive, high, -low)
    start, end = np.log10(near) * bins_per_decade, np.log10(far) * bins_per_decade
    return _LogSizes(start, end, positive, summary.bin_counts)


def _between(
    summary: TensorSummary, sizes: _LogSizes, places: IntArray, bins_per_decade: int
) -> SignedLogHistogram:
    right, left = (
        _rebin(sizes.start[side], sizes.end[side], sizes.counts[side], places)
        for side in (sizes.positive, ~sizes.positive)
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
