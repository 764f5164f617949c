"""How a run's series are named and laid out in event files.

A scalar has the tag `NAME/SPLIT`. A tensor summary is a histogram under `QUANTITY/TENSOR`, rows
(left, right, count) as TensorBoard draws them, and beside it the exact figures that a histogram
cannot hold, under the same tag with `FIGURES_PREFIX`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from torchatlas.run import TensorSummary, bin_edges, bin_keys
from torchatlas.run.summary import FloatArray
from torchatlas.store.events import Value

FIGURES_PREFIX = "figures/"
_COUNTS = ("count", "nan", "positive_infinity", "negative_infinity", "zero", "subnormal")
_FIGURES = ("minimum", "maximum", "total", "total_squares", "total_absolute")
_LENGTH = 1 + len(_COUNTS) + len(_FIGURES)


@dataclass(frozen=True, slots=True)
class ScalarPoint:
    """One value of a series. `time_s` is seconds since 1970."""

    name: str
    split: str | None
    step: int
    time_s: float
    value: float


@dataclass(frozen=True, slots=True)
class SummaryPoint:
    """The distribution of a tensor at one step; `elements` is its size, all looked at or not."""

    quantity: str
    tensor: str
    step: int
    elements: int
    summary: TensorSummary


def scalar_value(name: str, split: str, value: float) -> Value:
    """A scalar as it stands in an event."""
    return Value(f"{name}/{split}", np.array(value, np.float64), "scalars")


def summary_values(
    quantity: str, tensor: str, elements: int, summary: TensorSummary
) -> tuple[Value, Value]:
    """A tensor summary as it stands in an event: its histogram and its exact figures."""
    tag = f"{quantity}/{tensor}"
    low, high = bin_edges(summary.bin_keys)
    bins = np.stack([low, high, summary.bin_counts], 1)
    if summary.zero:
        where = int(np.searchsorted(summary.bin_keys, 0))
        bins = np.insert(bins, where, (0.0, 0.0, summary.zero), axis=0)
    counts = [getattr(summary, name) for name in _COUNTS]
    figures = [np.nan if (x := getattr(summary, name)) is None else x for name in _FIGURES]
    exact = np.array([elements, *counts, *figures], np.float64)
    return Value(tag, bins, "histograms"), Value(FIGURES_PREFIX + tag, exact, "torchatlas")


def read_scalar(value: Value, step: int, time_s: float) -> ScalarPoint:
    """The point that a scalar value stands for; a tag without `/` has no split."""
    name, slash, split = value.tag.rpartition("/")
    if not slash:
        name, split = split, ""
    return ScalarPoint(name, split or None, step, time_s, float(value.numbers))


def read_summary(bins: Value, figures: FloatArray, step: int) -> SummaryPoint | None:
    """The point that a histogram with its figures stands for; None when they do not fit."""
    quantity, slash, tensor = bins.tag.partition("/")
    if not slash or figures.shape != (_LENGTH,) or bins.numbers.shape[1:] != (3,):
        return None
    left, right, counts = bins.numbers[bins.numbers[:, :2].any(axis=1)].T
    near_zero = np.where(right > 0, left, right)
    elements, *exact = figures.tolist()
    whole = dict(zip(_COUNTS, map(int, exact[: len(_COUNTS)]), strict=True))
    real = dict(zip(_FIGURES, exact[len(_COUNTS) :], strict=True))
    if whole["count"] == sum(whole[name] for name in _COUNTS[1:4]):  # no finite value at all
        real |= {"minimum": None, "maximum": None}
    summary = TensorSummary(
        **whole, **real, bin_keys=bin_keys(near_zero), bin_counts=counts.astype(np.int64)
    )
    return SummaryPoint(quantity, tensor, step, int(elements), summary)
