"""The channel summary: what each channel or feature of a tensor did, exactly mergeable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from torchatlas.run.summary import FloatArray, IntArray

BEYOND = 6.0
"""A value of this size counts as an outlier: the bound of LLM.int8() (Dettmers et al. 2022)."""

_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSummary:
    """Counts, extremes and sums of each channel of a tensor; all arrays have shape [channels].

    Attributes:
        values: how many values each channel had, those included that are not finite.
        minimum, maximum: of the finite values; infinite (and the wrong way round) without any.
        total, total_squares, total_absolute: sums of x, x^2 and |x| over the finite values.
        zero, positive, nonfinite: how many values are zero, above zero, and NaN or infinite.
        beyond: how many values are at least `BEYOND` in size.
    """

    values: int
    minimum: FloatArray
    maximum: FloatArray
    total: FloatArray
    total_squares: FloatArray
    total_absolute: FloatArray
    zero: IntArray
    positive: IntArray
    nonfinite: IntArray
    beyond: IntArray

    @staticmethod
    def empty(channels: int) -> ChannelSummary:
        """The summary of no values: the neutral element of `merge`."""
        some, none = np.zeros(channels), np.zeros(channels, np.int64)
        low, high = np.full(channels, np.inf), np.full(channels, -np.inf)
        return ChannelSummary(0, low, high, some, some, some, none, none, none, none)

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return len(self.total)

    @property
    def finite(self) -> IntArray:
        """Values of each channel that are neither NaN nor infinite."""
        return self.values - self.nonfinite

    @property
    def mean(self) -> FloatArray:
        """Mean of the finite values of each channel; NaN where there are none."""
        return _share(self.total, self.finite)

    @property
    def std(self) -> FloatArray:
        """Population standard deviation of each channel; NaN where there are no values."""
        variance = _share(self.total_squares, self.finite) - self.mean**2
        deviation: FloatArray = np.sqrt(np.maximum(variance, 0.0))
        return deviation

    @property
    def mean_absolute(self) -> FloatArray:
        """Mean of |x| of each channel; NaN where there are no values."""
        return _share(self.total_absolute, self.finite)

    @property
    def largest(self) -> FloatArray:
        """Largest |x| of each channel; NaN where there are no values."""
        size = np.maximum(np.abs(self.minimum), np.abs(self.maximum))
        return np.where(self.finite > 0, size, np.nan)

    @property
    def active(self) -> FloatArray:
        """Share of each channel's values that are above zero, 0 to 1; NaN where there are none."""
        return _share(self.positive, np.full(self.channels, self.values))

    @property
    def outlying(self) -> FloatArray:
        """Share of each channel's values of at least `BEYOND` in size; NaN where there are none."""
        return _share(self.beyond, np.full(self.channels, self.values))

    @property
    def dead(self) -> int:
        """How many channels were never above zero and always finite."""
        return int(((self.positive == 0) & (self.nonfinite == 0)).sum()) if self.values else 0

    def merge(self, other: ChannelSummary) -> ChannelSummary:
        """The summary of both tensors' values together; they have the same channels.

        Raises:
            ValueError: they have not.
        """
        if self.channels != other.channels:
            raise ValueError(f"{self.channels} channels and {other.channels} cannot be merged")
        return ChannelSummary(
            values=self.values + other.values,
            minimum=np.minimum(self.minimum, other.minimum),
            maximum=np.maximum(self.maximum, other.maximum),
            total=self.total + other.total,
            total_squares=self.total_squares + other.total_squares,
            total_absolute=self.total_absolute + other.total_absolute,
            zero=self.zero + other.zero,
            positive=self.positive + other.positive,
            nonfinite=self.nonfinite + other.nonfinite,
            beyond=self.beyond + other.beyond,
        )

    @staticmethod
    def merged(summaries: list[ChannelSummary]) -> ChannelSummary:
        """The summary of all values of several tensors together; at least one is needed."""
        return reduce(ChannelSummary.merge, summaries)


def channel_row(summary: ChannelSummary) -> dict[str, Any]:
    """Cells of a row of the table `channels`, without those that say what it is of.

    Numbers of channels are kept to four digits: a layer of 512 channels takes 10 kB.
    """
    return {
        "channels": summary.channels,
        "values": summary.values,
        "mean": _rounded(summary.mean),
        "std": _rounded(summary.std),
        "mean_absolute": _rounded(summary.mean_absolute),
        "largest": _rounded(summary.largest),
        "active": _rounded(summary.active),
        "outlying": _rounded(summary.outlying),
        "dead": summary.dead,
        "nonfinite": int((summary.nonfinite > 0).sum()),
    }


def _rounded(numbers: FloatArray) -> npt.NDArray[np.float32]:
    limit = float(np.finfo(np.float32).max)
    short = [float(f"{number:.{_DIGITS}g}") for number in numbers.tolist()]
    bounded = [n if n != n or abs(n) <= limit else float(np.copysign(limit, n)) for n in short]
    return np.array(bounded, np.float32)


def _share(of: FloatArray | IntArray, count: IntArray) -> FloatArray:
    found: FloatArray = np.full(len(count), np.nan)
    np.divide(of, count, out=found, where=count > 0)
    return found
