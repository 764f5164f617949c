"""Tensor summaries as histograms on an axis that people can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from torchatlas.run import TensorSummary, bin_edges
from torchatlas.run.summary import FloatArray


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

    Counts are kept exactly in sum; a fine bin that spans an edge is split in proportion to the
    logarithm. What is smaller than `most_decades` below the largest value is counted into the
    innermost bins.

    Args:
        bins_per_decade: width of a bin is 10 ** (1 / bins_per_decade).
    """
    if summary.bin_keys.size == 0:
        return SignedLogHistogram(np.array([-1.0, 1.0]), np.zeros(1), summary.zero)
    low, high = bin_edges(summary.bin_keys)
    near, far = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    start, end = np.log10(near) * bins_per_decade, np.log10(far) * bins_per_decade
    last = int(np.ceil(end.max() - 1e-9))
    first = max(int(np.floor(start.min() + 1e-9)), last - most_decades * bins_per_decade)
    counts = np.zeros((2, last - first))
    for negative, begin, stop, count in zip(low < 0, start, end, summary.bin_counts, strict=True):
        _spread(counts[int(negative)], begin - first, stop - first, float(count))
    powers = 10.0 ** (np.arange(first, last + 1) / bins_per_decade)
    edges = np.concatenate([-powers[::-1], powers])
    return SignedLogHistogram(
        edges, np.concatenate([counts[1, ::-1], [0.0], counts[0]]), summary.zero
    )


def _spread(counts: FloatArray, begin: float, end: float, count: float) -> None:
    """Add a count to the bins between two positions, in proportion; outside goes to the ends."""
    begin, end = np.clip(begin, 0, len(counts)), np.clip(end, 0, len(counts))
    if end - begin < 1e-12:
        counts[int(min(begin, len(counts) - 1))] += count
        return
    position = begin
    while position < end - 1e-12:
        index = int(position + 1e-12)
        stop = min(index + 1.0, end)
        counts[index] += count * (stop - position) / (end - begin)
        position = stop
