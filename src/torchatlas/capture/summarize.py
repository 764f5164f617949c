"""Tensor summaries of torch tensors: the fast counterpart of `TensorSummary.of`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from torchatlas.capture.counted import Counted
from torchatlas.capture.float_bits import DOUBLE, SINGLE, FloatFormat, bins, with_subnormals
from torchatlas.capture.tensor_values import NotSummarizable, RealValues, real_values
from torchatlas.run import TensorSummary
from torchatlas.run.summary import IntArray

_MOST_AT_ONCE = 128
"""Tensors whose counts are kept before they become summaries."""


def summarize(tensor: torch.Tensor, *, sample: int | None = None) -> TensorSummary:
    """The distribution of a tensor's values.

    Args:
        tensor: any shape, dtype, layout and device (see `real_values`).
        sample: look at no more than this many values, evenly spaced; all of them are still
            looked through for NaN and infinity, and when there are any, all are counted.

    Raises:
        NotSummarizable: it has no real values: complex, meta or fake tensors, ...
    """
    found = summarize_all([tensor], sample=sample)[0]
    if isinstance(found, NotSummarizable):
        raise found
    return found


def summarize_all(
    tensors: Sequence[torch.Tensor | None], *, sample: int | None = None
) -> list[TensorSummary | NotSummarizable]:
    """The distribution of each of several tensors, or why it has none; faster than one by one.

    Counts and extremes are exact. Sums are right to 1e-5 of the sum of the absolute values, and
    for fp64 and whole numbers to 1e-12.

    Args:
        tensors: None gives a reason, too. sample: as in `summarize`.
    """
    found: list[TensorSummary | NotSummarizable] = []
    places: dict[FloatFormat, list[int]] = {SINGLE: [], DOUBLE: []}
    taken: dict[int, RealValues] = {}
    for place, tensor in enumerate(tensors):
        found.append(NotSummarizable("there is none"))
        if tensor is None:
            continue
        try:
            values = _on_cpu(_sampled(real_values(tensor), sample))
        except NotSummarizable as reason:
            found[place] = reason
            continue
        taken[place] = values
        places[DOUBLE if values.flat.dtype == torch.float64 else SINGLE].append(place)
    for form, own in places.items():
        for first in range(0, len(own), _MOST_AT_ONCE):
            batch = own[first : first + _MOST_AT_ONCE]
            for place, summary in zip(batch, _batch(form, [taken[p] for p in batch]), strict=True):
                found[place] = summary
    return found


def sample_stride(count: int, sample: int) -> int:
    """Distance between the values of a sample: one that shares no factor with the count.

    A multiple of the kernel's size, say, would look at the same place of every kernel.
    """
    stride = -(-count // sample)
    while math.gcd(stride, count) != 1:
        stride += 1
    return stride


def with_repeats(summary: TensorSummary, values: RealValues) -> TensorSummary:
    """The summary of the whole tensor, from that of the values that stand for it."""
    if values.times > 1:
        summary = summary.scaled(values.times)
    if values.zeros == 0:
        return summary
    lowest, highest = summary.minimum, summary.maximum
    return replace(
        summary,
        count=summary.count + values.zeros,
        zero=summary.zero + values.zeros,
        minimum=min(0.0, lowest) if lowest is not None else 0.0,
        maximum=max(0.0, highest) if highest is not None else 0.0,
    )


def _sampled(values: RealValues, sample: int | None) -> RealValues:
    count = values.flat.numel()
    if sample is None or count <= sample or values.zeros:
        return values
    if not bool(torch.isfinite(values.flat.sum())):
        return values
    return replace(values, flat=values.flat[:: sample_stride(count, sample)])


def _on_cpu(values: RealValues) -> RealValues:
    return values if values.flat.device.type == "cpu" else replace(values, flat=values.flat.cpu())


def _batch(form: FloatFormat, batch: list[RealValues]) -> Iterator[TensorSummary]:
    """Summaries of tensors of one format, in their order."""
    counted = Counted.of(form, [values.flat for values in batch])
    all_bins = bins(form, counted.slots)
    for place, values in enumerate(batch):
        yield with_repeats(_one(counted, place, values, all_bins[place]), values)


def _one(
    counted: Counted, place: int, values: RealValues, own: tuple[IntArray, IntArray]
) -> TensorSummary:
    flat, (keys, key_counts) = values.flat, own
    special, tiny = int(counted.special[place]), int(counted.tiny[place])
    nan = int(flat.isnan().sum()) if special else 0
    plus = int(flat.isposinf().sum()) if special else 0
    zero = int((flat == 0).sum()) if tiny else 0
    subnormal, bound = 0, torch.finfo(counted.form.dtype).tiny
    if tiny > zero:
        keys, key_counts = with_subnormals(keys, key_counts, _below(flat, counted.form, bound))
    if tiny > zero or values.smallest_normal > bound:
        subnormal = _below(flat, counted.form, values.smallest_normal).numel()
    some = special < flat.numel()
    return TensorSummary(
        count=flat.numel(),
        nan=nan,
        positive_infinity=plus,
        negative_infinity=special - nan - plus,
        zero=zero,
        subnormal=subnormal,
        minimum=float(counted.minimum[place]) if some else None,
        maximum=float(counted.maximum[place]) if some else None,
        total=float(counted.total[place]),
        total_squares=float(counted.squares[place]),
        total_absolute=float(counted.absolute[place]),
        bin_keys=keys,
        bin_counts=key_counts,
    )


def _below(flat: torch.Tensor, form: FloatFormat, bound: float) -> torch.Tensor:
    """The values nearer to zero than a bound, and not zero."""
    wide = flat.to(form.dtype)
    return wide[(wide.abs() < bound) & (wide != 0)]


__all__ = ["NotSummarizable", "sample_stride", "summarize", "summarize_all", "with_repeats"]
