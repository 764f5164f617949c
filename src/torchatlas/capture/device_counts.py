"""Counts of tensors on a device, by ops that never make the host wait.

No `.item()`, no `bincount`, no indexing by a mask: every shape is known beforehand. Tensors are
laid out in rows of equal length, filled up with NaN, each row reduced by itself, and the rows of a
tensor added up. It runs on any device, so that it is tested where there is no GPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from torchatlas.run import TensorSummary
from torchatlas.run.summary import BIN_ORIGIN, BINS_PER_OCTAVE, FloatArray, IntArray

_ROW = 4_096
_ROWS_AT_ONCE = 512
"""So that what lies between takes some tens of megabytes and not many times the model."""

_LOWEST = {torch.float32: -149, torch.float64: -1074}
_HIGHEST = {torch.float32: 127, torch.float64: 1023}
"""Exponents of the smallest subnormal and of the largest number."""

_NAN, _PLUS, _MINUS, _ZERO, _SUBNORMAL = range(5)
_TOTAL, _SQUARES, _ABSOLUTE = range(5, 8)
_ADDED = 8
"""Figures of a row that are added up; after them come minimum and maximum, then those of all."""

_FIGURES = _ADDED + 4


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows that are worked on together: pieces of tensors, and whose each row is."""

    pieces: list[tuple[int, torch.Tensor]]  # (first value in the block, values)
    owners: list[int]


class DeviceCounts:
    """Counts of several tensors of one device: begun when it is made, read when `ready`."""

    def __init__(
        self, flats: list[torch.Tensor], whole: list[torch.Tensor], smallest: list[float]
    ) -> None:
        """Queue everything.

        Args:
            flats: values to count, each of shape [n]. whole: the tensors of which they are samples,
                looked through for values that are not finite.
            smallest: below it a value of that tensor is subnormal.
        """
        self._lengths = [flat.numel() for flat in flats]
        self._sampled = [f.numel() < w.numel() for f, w in zip(flats, whole, strict=True)]
        wide = any(flat.dtype == torch.float64 for flat in flats)
        self._dtype = torch.float64 if wide else torch.float32
        self._half = BINS_PER_OCTAVE * (_HIGHEST[self._dtype] - _LOWEST[self._dtype] + 1)
        device = flats[0].device
        counts = torch.zeros(len(flats) * self._width, dtype=torch.int32, device=device)
        figures = torch.zeros(len(flats), _FIGURES, dtype=torch.float64, device=device)
        figures[:, _ADDED].fill_(math.inf)
        figures[:, _ADDED + 1].fill_(-math.inf)
        bounds = _placed(np.array(smallest, np.float64), device)
        for rows in _blocks(flats):
            self._add(rows, counts, figures, bounds)
        for place, sampled in enumerate(self._sampled):
            if sampled:
                low, high = whole[place].aminmax()
                figures[place, _ADDED + 2] = low
                figures[place, _ADDED + 3] = high
        self._counts, self._figures = _fetched(counts), _fetched(figures)
        self._event = None
        if device.type == "cuda":
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._event.record(torch.cuda.current_stream(device))

    @property
    def _width(self) -> int:
        """Slots of a tensor: one for what has no bin, then negative and positive numbers."""
        return 1 + 2 * self._half

    def ready(self) -> bool:
        """Whether the results are there; never waits."""
        return self._event is None or bool(self._event.query())  # type: ignore[no-untyped-call]

    def summaries(self) -> list[TensorSummary]:
        """The summary of each tensor; waits for the device where it is not done."""
        if self._event is not None:
            self._event.synchronize()
        counts = self._counts.numpy().reshape(-1, self._width)
        figures = self._figures.numpy()
        return [
            self._summary(length, sampled, own, row)
            for length, sampled, own, row in zip(
                self._lengths, self._sampled, counts, figures, strict=True
            )
        ]

    def _add(
        self,
        rows: _Rows,
        counts: torch.Tensor,
        figures: torch.Tensor,
        bounds: torch.Tensor,
    ) -> None:
        shape = len(rows.owners), _ROW
        block = torch.full(shape, math.nan, dtype=self._dtype, device=counts.device)
        laid = block.view(-1)
        for first, piece in rows.pieces:
            laid[first : first + piece.numel()].copy_(piece)
        owner = _placed(np.array(rows.owners, np.int64), counts.device)
        finite, zero = block.isfinite(), block == 0
        slots = torch.where(finite & ~zero, self._slots(block), 0)
        index = (slots + owner[:, None] * self._width).view(-1)
        ones = torch.ones(1, dtype=torch.int32, device=counts.device).expand(index.numel())
        counts.scatter_add_(0, index, ones)
        values = torch.where(finite, block, 0).double()
        absolute = values.abs()
        subnormal = finite & ~zero & (absolute < bounds[owner][:, None])
        added = torch.stack(
            [
                *(block.isnan().sum(1), block.isposinf().sum(1), block.isneginf().sum(1)),
                *(zero.sum(1), subnormal.sum(1)),
                *(values.sum(1), values.square().sum(1), absolute.sum(1)),
            ],
            dim=1,
        ).double()
        figures[:, :_ADDED].index_add_(0, owner, added)
        low = torch.where(finite, block, math.inf).amin(1).double()
        high = torch.where(finite, block, -math.inf).amax(1).double()
        figures[:, _ADDED].scatter_reduce_(0, owner, low, "amin")
        figures[:, _ADDED + 1].scatter_reduce_(0, owner, high, "amax")

    def _slots(self, block: torch.Tensor) -> torch.Tensor:
        """The slot of each number: by sign, exponent and three bits of the mantissa."""
        fraction, exponent = torch.frexp(block)  # value = fraction * 2**exponent, 0.5 <= |f| < 1
        mantissa = ((fraction.abs() * 2 - 1) * BINS_PER_OCTAVE).to(torch.int64)
        octave = exponent.to(torch.int64) - 1 - _LOWEST[self._dtype]
        size = (octave * BINS_PER_OCTAVE + mantissa).clamp_(0, self._half - 1)
        return torch.where(block < 0, self._half - size, self._half + 1 + size)

    def _summary(
        self, length: int, sampled: bool, counts: IntArray, figures: FloatArray
    ) -> TensorSummary:
        padding = -length % _ROW
        slots = np.flatnonzero(counts[1:]) + 1
        size = np.where(slots <= self._half, self._half - slots, slots - self._half - 1)
        magnitude = BIN_ORIGIN + BINS_PER_OCTAVE * _LOWEST[self._dtype] + size
        nan, plus, minus, zero, subnormal = (int(figures[place]) for place in range(_TOTAL))
        nan -= padding
        low, high = figures[_ADDED], figures[_ADDED + 1]
        odd = _not_finite(figures[_ADDED + 2], figures[_ADDED + 3]) if sampled else ()
        if nan + plus + minus == 0 and odd:  # it would be hidden otherwise
            nan, plus, minus = (
                nan + ("nan" in odd),
                plus + ("plus" in odd),
                minus + ("minus" in odd),
            )
            length += len(odd)
        return TensorSummary(
            count=length,
            nan=nan,
            positive_infinity=plus,
            negative_infinity=minus,
            zero=zero,
            subnormal=subnormal,
            minimum=float(low) if math.isfinite(low) else None,
            maximum=float(high) if math.isfinite(high) else None,
            total=float(figures[_TOTAL]),
            total_squares=float(figures[_SQUARES]),
            total_absolute=float(figures[_ABSOLUTE]),
            bin_keys=np.where(slots <= self._half, -magnitude, magnitude).astype(np.int64),
            bin_counts=counts[slots].astype(np.int64),
        )


def _not_finite(low: float, high: float) -> tuple[str, ...]:
    """What a tensor has that is not finite, from the extremes of all its values."""
    if math.isnan(low) or math.isnan(high):
        return ("nan",)
    found = [("minus", low == -math.inf), ("plus", high == math.inf)]
    return tuple(name for name, there in found if there)


def _blocks(flats: list[torch.Tensor]) -> Iterator[_Rows]:
    """The tensors in rows, at most `_ROWS_AT_ONCE` at a time; each begins with a row of its own."""
    pieces: list[tuple[int, torch.Tensor]] = []
    owners: list[int] = []
    for place, flat in enumerate(flats):
        done = 0
        while done < flat.numel():
            room = (_ROWS_AT_ONCE - len(owners)) * _ROW
            piece = flat[done : done + room]
            pieces.append((len(owners) * _ROW, piece))
            owners += [place] * -(-piece.numel() // _ROW)
            done += piece.numel()
            if len(owners) == _ROWS_AT_ONCE:
                yield _Rows(pieces, owners)
                pieces, owners = [], []
    if owners:
        yield _Rows(pieces, owners)


def _placed(array: IntArray | FloatArray, device: torch.device) -> torch.Tensor:
    """An array on a device, brought there without waiting."""
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def _fetched(tensor: torch.Tensor) -> torch.Tensor:
    """Where the values of a tensor will be on the host, without waiting for them."""
    if tensor.device.type != "cuda":
        return tensor.cpu()
    room = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return room.copy_(tensor, non_blocking=True)
