"""Tensor summaries of torch tensors: the fast counterpart of `TensorSummary.of`."""

from __future__ import annotations

import math

import numpy as np
import torch

from torchatlas.run import TensorSummary, bin_keys
from torchatlas.run.summary import BIN_ORIGIN, BINS_PER_OCTAVE

_SINGLE_BIAS = 127
_PIECE = 65_536


class NotSummarizable(Exception):  # noqa: N818 (a reason for a gap, not an error of the user's)
    """Why a tensor has no distribution of real values."""


def summarize(tensor: torch.Tensor, *, sample: int | None = None) -> TensorSummary:
    """The distribution of a tensor's values.

    Args:
        tensor: any shape, any real dtype, any device.
        sample: look at no more than this many values, evenly spaced; all of them are still
            looked through for NaN and infinity, and when there are any, all are counted.

    Raises:
        NotSummarizable: complex, quantised, sparse, nested or meta tensors.
    """
    flat = _values(tensor)
    if sample is not None and flat.numel() > sample and bool(torch.isfinite(flat.sum())):
        flat = flat[:: _stride(flat.numel(), sample)]
    if flat.dtype == torch.float64:
        return TensorSummary.of(flat.cpu().numpy())
    smallest_normal = torch.finfo(tensor.dtype).tiny if tensor.is_floating_point() else 0.0
    return _summarize_single(flat.float().contiguous(), smallest_normal)


def _stride(count: int, sample: int) -> int:
    """Distance between the values of a sample: one that shares no factor with the count.

    A multiple of the kernel's size, say, would look at the same place of every kernel.
    """
    stride = -(-count // sample)
    while math.gcd(stride, count) != 1:
        stride += 1
    return stride


def _values(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor's real values as one row, without its history."""
    reason = None
    if tensor.is_meta or type(tensor).__name__ == "FakeTensor":
        reason = "it has no values (meta or fake tensor)"
    elif tensor.is_nested or tensor.layout != torch.strided:
        reason = f"its layout ({tensor.layout}) is not dense"
    elif tensor.is_quantized or tensor.is_complex():
        reason = f"its dtype ({tensor.dtype}) has no single order of values"
    if reason is not None:
        raise NotSummarizable(reason)
    flat = tensor.detach().reshape(-1)
    if tensor.is_floating_point() and tensor.element_size() == 1:
        return flat.float()  # hardly any op takes fp8
    if tensor.dtype in (torch.int64, torch.int32, torch.uint64, torch.uint32):
        return flat.double()  # fp32 would round them
    return flat


def _summarize_single(flat: torch.Tensor, smallest_normal: float) -> TensorSummary:
    """Summary of fp32 values, shape [n]; bins are read off the bits of each number."""
    if flat.numel() == 0:
        return TensorSummary.empty()
    counts = _count_bits(flat)
    special = int(counts[:, 255].sum())
    tiny = int(counts[:, 0].sum())
    nan = int(torch.isnan(flat).sum()) if special else 0
    plus = int((flat == torch.inf).sum()) if special else 0
    minus = special - nan - plus
    finite = flat[torch.isfinite(flat)] if special else flat
    zero = int((flat == 0).sum()) if tiny else 0
    keys, key_counts = _bins(counts, finite if tiny > zero else None)
    minimum, maximum = (float(v) for v in finite.aminmax()) if finite.numel() else (None, None)
    total, total_squares, total_absolute = _sums(finite, max(-(minimum or 0.0), maximum or 0.0))
    subnormal = 0
    if tiny > zero or smallest_normal > torch.finfo(torch.float32).tiny:
        subnormal = int(((finite.abs() < smallest_normal) & (finite != 0)).sum())
    return TensorSummary(
        count=flat.numel(),
        nan=nan,
        positive_infinity=plus,
        negative_infinity=minus,
        zero=zero,
        subnormal=subnormal,
        minimum=minimum,
        maximum=maximum,
        total=total,
        total_squares=total_squares,
        total_absolute=total_absolute,
        bin_keys=keys,
        bin_counts=key_counts,
    )


def _bins(
    counts: np.ndarray, with_subnormals: torch.Tensor | None
) -> tuple[np.ndarray, np.ndarray]:
    """Sorted keys and counts of the non-empty bins, from counts by [sign, exponent, mantissa]."""
    sign, exponent, mantissa = np.nonzero(counts[:, 1:255])
    magnitude = BIN_ORIGIN + BINS_PER_OCTAVE * (exponent + 1 - _SINGLE_BIAS) + mantissa
    keys = np.where(sign == 1, -magnitude, magnitude).astype(np.int64)
    found = counts[:, 1:255][sign, exponent, mantissa].astype(np.int64)
    if with_subnormals is not None:  # their exponent does not stand in the exponent bits
        below = with_subnormals[with_subnormals.abs() < torch.finfo(torch.float32).tiny]
        values = below[below != 0].double().cpu().numpy()
        more, their_counts = np.unique(bin_keys(values), return_counts=True)
        keys, found = np.append(keys, more), np.append(found, their_counts)
    order = np.argsort(keys)
    return keys[order], found[order]


def _count_bits(flat: torch.Tensor) -> np.ndarray:
    """Values by the top twelve bits of each fp32 number: [sign, exponent, mantissa]."""
    counts = torch.zeros(4096, dtype=torch.int64, device=flat.device)
    for piece in _pieces(flat):
        counts += torch.bincount((piece.view(torch.int32) >> 20) & 0xFFF, minlength=4096)
    return counts.cpu().numpy().reshape(2, 256, BINS_PER_OCTAVE)


def _sums(finite: torch.Tensor, largest: float) -> tuple[float, float, float]:
    """Sums of x, x^2 and |x|; pieces are added up in fp64, and taken in it where fp32 is short."""
    plain = 1e-12 < largest < 1e12
    sums = torch.zeros(3, dtype=torch.float64, device=finite.device)
    for piece in _pieces(finite):
        values = piece if plain else piece.double()
        sums += torch.stack([values.sum(), torch.dot(values, values), values.abs().sum()])
    total, squares, absolute = sums.tolist()
    return total, squares, absolute


def _pieces(flat: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Stretches that stay in the processor's cache; a GPU does better with the whole."""
    if flat.device.type != "cpu":
        return (flat,)
    return flat.split(_PIECE)  # type: ignore[no-untyped-call, no-any-return]
