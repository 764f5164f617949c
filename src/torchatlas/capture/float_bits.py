"""Bins of a summary read off the bits of floating-point numbers: how each format keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from torchatlas.run import bin_keys
from torchatlas.run.summary import BIN_ORIGIN, BINS_PER_OCTAVE, IntArray


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A floating-point format: its sign, exponent and first mantissa bits name a bin.

    Attributes:
        dtype: of the numbers. bits: integers of the same width.
        shift: by how many bits to shift for sign, exponent and three bits of the mantissa.
        exponents: how many exponents there are. bias: the exponent's bits of the number 1.
    """

    dtype: torch.dtype
    bits: torch.dtype
    shift: int
    exponents: int
    bias: int

    @property
    def slots(self) -> int:
        """How many different beginnings the numbers have."""
        return 2 * self.exponents * BINS_PER_OCTAVE

    def slots_of(self, values: torch.Tensor, room: torch.Tensor) -> torch.Tensor:
        """The beginning of each number as an integer from 0, written into `room`, shape [n]."""
        torch.bitwise_right_shift(values.view(self.bits), self.shift, out=room)
        return room.bitwise_and_(self.slots - 1)


SINGLE = FloatFormat(torch.float32, torch.int32, 20, 256, 127)
DOUBLE = FloatFormat(torch.float64, torch.int64, 49, 2048, 1023)


def by_exponent(form: FloatFormat, counts: IntArray) -> IntArray:
    """Counts by slot, shape [tensors, slots], as [tensors, sign, exponent, mantissa]."""
    return counts.reshape(-1, 2, form.exponents, BINS_PER_OCTAVE)


def bins(form: FloatFormat, counts: IntArray) -> list[tuple[IntArray, IntArray]]:
    """Sorted keys and counts of the bins that hold normal numbers, of each tensor.

    Args:
        counts: numbers by their beginning, shape [tensors, slots].
    """
    normal = by_exponent(form, counts)[:, :, 1:-1].reshape(len(counts), 2, -1)
    half = normal.shape[2]
    rising = np.concatenate([normal[:, 1, ::-1], normal[:, 0]], axis=1)
    tensor, place = np.nonzero(rising)
    first = BIN_ORIGIN + BINS_PER_OCTAVE * (1 - form.bias)
    keys = np.where(place < half, place - half + 1 - first, place - half + first)
    found = rising[tensor, place]
    ends = np.searchsorted(tensor, np.arange(1, len(counts)))
    return list(zip(np.split(keys, ends), np.split(found, ends), strict=True))


def with_subnormals(
    keys: IntArray, counts: IntArray, subnormals: torch.Tensor
) -> tuple[IntArray, IntArray]:
    """The same bins and those of subnormal numbers, whose exponent bits do not tell theirs."""
    more, more_counts = np.unique(bin_keys(subnormals.double().numpy()), return_counts=True)
    keys, counts = np.append(keys, more), np.append(counts, more_counts)
    order = np.argsort(keys)
    return keys[order], counts[order]
