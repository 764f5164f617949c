"""The tensor summary: the distribution of a tensor's values, exactly mergeable.

Values fall into logarithmic bins read off the floating-point number itself: sign, exponent and
the first three bits of the mantissa. No range has to be agreed on first, so summaries of batches,
steps, ranks and shards combine by addition, and the middle of a bin is at most 6.25 % off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

BIN_ORIGIN = 16_384
"""Added to `8 * exponent + mantissa` so that keys of positive values are positive."""

BINS_PER_OCTAVE = 8
RELATIVE_ERROR = 1 / (2 * BINS_PER_OCTAVE)
"""Largest relative distance between a value and the middle of its bin."""


def bin_edges(keys: IntArray) -> tuple[FloatArray, FloatArray]:
    """Lower and upper edge of each bin, as real numbers (lower < upper, also for negative keys).

    A key is `sign * (BIN_ORIGIN + 8 * exponent + mantissa)`, so keys sort as values do.
    """
    index = np.abs(keys) - BIN_ORIGIN
    exponent, mantissa = index >> 3, index & 7
    near = np.ldexp(1 + mantissa / BINS_PER_OCTAVE, exponent)
    with np.errstate(over="ignore"):
        far = np.ldexp(1 + (mantissa + 1) / BINS_PER_OCTAVE, exponent)
    far = np.minimum(far, np.finfo(np.float64).max)
    far = np.maximum(far, np.nextafter(near, np.inf))  # subnormals are wider apart than bins
    negative = keys < 0
    return np.where(negative, -far, near), np.where(negative, -near, far)


def bin_keys(values: FloatArray) -> IntArray:
    """Bin key of each value. Values must be finite and not zero."""
    fraction, exponent = np.frexp(np.abs(values))  # value = fraction * 2**exponent, 0.5 <= f < 1
    mantissa = ((fraction * 2 - 1) * BINS_PER_OCTAVE).astype(np.int64)
    magnitude = BIN_ORIGIN + BINS_PER_OCTAVE * (exponent.astype(np.int64) - 1) + mantissa
    return np.where(values < 0, -magnitude, magnitude)


@dataclass(frozen=True, slots=True, eq=False)
class TensorSummary:
    """Exact counts, extremes and sums of a tensor's values, and their logarithmic histogram.

    Attributes:
        count: values seen, non-finite ones included.
        nan, positive_infinity, negative_infinity, zero, subnormal: how many of them are that.
        minimum, maximum: of the finite values; None when there are none.
        total, total_squares, total_absolute: sums of x, x^2 and |x| over the finite values;
            infinite where they exceed the range of fp64.
        bin_keys: sorted keys of the non-empty bins (see `bin_edges`), shape [bins].
        bin_counts: values in each bin, shape [bins]; zeros are in `zero` only.
    """

    count: int
    nan: int
    positive_infinity: int
    negative_infinity: int
    zero: int
    subnormal: int
    minimum: float | None
    maximum: float | None
    total: float
    total_squares: float
    total_absolute: float
    bin_keys: IntArray
    bin_counts: IntArray

    @staticmethod
    def empty() -> TensorSummary:
        """The summary of no values: the neutral element of `merge`."""
        nothing = np.zeros(0, np.int64)
        return TensorSummary(0, 0, 0, 0, 0, 0, None, None, 0.0, 0.0, 0.0, nothing, nothing)

    @staticmethod
    def of(values: npt.ArrayLike) -> TensorSummary:
        """Summary of an array of real numbers of any shape (the reference implementation)."""
        flat = np.asarray(values).reshape(-1)
        smallest_normal = np.finfo(flat.dtype).tiny if flat.dtype.kind == "f" else 0.0
        flat = flat.astype(np.float64)
        finite = flat[np.isfinite(flat)]
        nonzero = finite[finite != 0]
        keys, counts = np.unique(bin_keys(nonzero), return_counts=True)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = finite.sum(), (finite * finite).sum(), np.abs(finite).sum()
        return TensorSummary(
            count=flat.size,
            nan=int(np.isnan(flat).sum()),
            positive_infinity=int(np.isposinf(flat).sum()),
            negative_infinity=int(np.isneginf(flat).sum()),
            zero=finite.size - nonzero.size,
            subnormal=int((np.abs(nonzero) < smallest_normal).sum()),
            minimum=float(finite.min()) if finite.size else None,
            maximum=float(finite.max()) if finite.size else None,
            total=float(sums[0]),
            total_squares=float(sums[1]),
            total_absolute=float(sums[2]),
            bin_keys=keys.astype(np.int64),
            bin_counts=counts.astype(np.int64),
        )

    @property
    def finite(self) -> int:
        """How many values are neither NaN nor infinite."""
        return self.count - self.nonfinite

    @property
    def nonfinite(self) -> int:
        """How many values are NaN or infinite."""
        return self.nan + self.positive_infinity + self.negative_infinity

    @property
    def mean(self) -> float | None:
        """Mean of the finite values; None when there are none."""
        return self.total / self.finite if self.finite else None

    @property
    def std(self) -> float | None:
        """Population standard deviation of the finite values; None when there are none.

        Infinite when the squares exceed the range of fp64. Where the spread is less than a
        hundred-millionth of the mean, fp64 cannot tell it from 0.
        """
        if not self.finite:
            return None
        if not np.isfinite(self.total_squares):
            return float("inf")
        mean = self.total / self.finite
        return float(np.sqrt(max(0.0, self.total_squares / self.finite - mean * mean)))

    @property
    def norm(self) -> float:
        """Euclidean norm of the finite values."""
        return float(np.sqrt(self.total_squares))

    @property
    def mean_absolute(self) -> float | None:
        """Mean of |x| over the finite values; None when there are none."""
        return self.total_absolute / self.finite if self.finite else None

    @property
    def zero_share(self) -> float | None:
        """Share of all values that are exactly zero, 0 to 1; None when there are no values."""
        return self.zero / self.count if self.count else None

    def quantile(self, q: float) -> float | None:
        """The value below which the share `q` of the finite values lies.

        Off by at most `RELATIVE_ERROR` of itself, except that 0 and 1 give the exact extremes; see
        `quantile_bounds` for what is certain.
        """
        bounds = self.quantile_bounds(q)
        if bounds is None:
            return None
        return bounds[0] / 2 + bounds[1] / 2

    def quantile_bounds(self, q: float) -> tuple[float, float] | None:
        """Two values between which the quantile lies for certain; None without finite values.

        They enclose value number ceil(q (n - 1)) of n sorted ones, counted from 0, and are at most
        an eighth of the nearer one apart (5e-324, the step between subnormals of fp64, where that
        is more). For 0 and 1 they are equal.
        """
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is between 0 and 1, not {q}")
        if self.minimum is None or self.maximum is None:
            return None
        if q in (0, 1):
            extreme = self.minimum if q == 0 else self.maximum
            return extreme, extreme
        low, high = bin_edges(self.bin_keys)
        where = int(np.searchsorted(self.bin_keys, 0))
        low, high = np.insert(low, where, 0.0), np.insert(high, where, 0.0)
        cumulative = np.cumsum(np.insert(self.bin_counts, where, self.zero))
        position = q * (self.finite - 1)
        rank = np.ceil(position - 1e-12 * max(position, 1.0)) + 1
        place = min(int(np.searchsorted(cumulative, rank)), len(low) - 1)
        lower, upper = np.clip([low[place], high[place]], self.minimum, self.maximum)
        return float(lower), float(upper)

    def merge(self, other: TensorSummary) -> TensorSummary:
        """The summary of both tensors' values together: that of one tensor that holds them all.

        The order does not matter: counts, extremes and bins come out the same, and sums but for
        the rounding of fp64.
        """
        both_keys = np.concatenate([self.bin_keys, other.bin_keys])
        keys, inverse = np.unique(both_keys, return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, inverse, np.concatenate([self.bin_counts, other.bin_counts]))
        minima = [m for m in (self.minimum, other.minimum) if m is not None]
        maxima = [m for m in (self.maximum, other.maximum) if m is not None]
        return TensorSummary(
            count=self.count + other.count,
            nan=self.nan + other.nan,
            positive_infinity=self.positive_infinity + other.positive_infinity,
            negative_infinity=self.negative_infinity + other.negative_infinity,
            zero=self.zero + other.zero,
            subnormal=self.subnormal + other.subnormal,
            minimum=min(minima, default=None),
            maximum=max(maxima, default=None),
            total=self.total + other.total,
            total_squares=self.total_squares + other.total_squares,
            total_absolute=self.total_absolute + other.total_absolute,
            bin_keys=keys,
            bin_counts=counts,
        )

    def scaled(self, factor: float) -> TensorSummary:
        """The summary of a sample, counted as the whole that it stands for.

        Counts are rounded such that the bins, the zeros and what is not finite still add up to the
        count.
        """
        parts = [self.nan, self.positive_infinity, self.negative_infinity, self.zero]
        ends = np.rint(np.cumsum([*parts, *self.bin_counts.tolist()]) * factor)
        nan, plus, minus, zero, *counts = (int(n) for n in np.diff(ends, prepend=0.0))
        return replace(
            self,
            count=int(ends[-1]),
            nan=nan,
            positive_infinity=plus,
            negative_infinity=minus,
            zero=zero,
            subnormal=round(self.subnormal * factor),
            total=self.total * factor,
            total_squares=self.total_squares * factor,
            total_absolute=self.total_absolute * factor,
            bin_counts=np.array(counts, np.int64),
        )

    @staticmethod
    def merged(summaries: list[TensorSummary]) -> TensorSummary:
        """The summary of all values of several tensors together."""
        return reduce(TensorSummary.merge, summaries, TensorSummary.empty())
