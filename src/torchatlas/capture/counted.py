"""How often does each beginning of a number occur in tensors, and what do the numbers add up to?

One pass over the values in pieces that stay in the processor's cache. Small tensors are laid in a
row and counted together, because calls would cost more than the counting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Self

import numpy as np
import torch

from torchatlas.capture.float_bits import FloatFormat, by_exponent
from torchatlas.run.summary import FloatArray, IntArray

_PIECE = 262_144
_SMALL = 16_384
_MOST_TOGETHER = 32
_PLAIN = (1e-12, 1e12)
"""Where the largest value is between these, squares of fp32 neither overflow nor vanish."""

Place = tuple[int, torch.Tensor]


class Counted:
    """Counts and sums of several tensors of one format.

    Attributes:
        slots: numbers by their beginning, shape [tensors, slots].
        special, tiny: numbers that are not finite, and that are zero or subnormal, shape [tensors].
        minimum, maximum, total, squares, absolute: of the finite numbers, shape [tensors];
            the extremes of no numbers are infinite.
    """

    slots: IntArray
    special: IntArray
    tiny: IntArray

    def __init__(self, form: FloatFormat, count: int) -> None:
        """Room for so many tensors, none counted yet."""
        self.form = form
        self._slots = torch.zeros(count, form.slots, dtype=torch.int64)
        self.minimum: FloatArray = np.full(count, np.inf)
        self.maximum: FloatArray = np.full(count, -np.inf)
        self.total, self.squares, self.absolute = (np.zeros(count) for _ in range(3))
        self._keys = torch.empty(_PIECE, dtype=form.bits)
        self._absolute = torch.empty(_PIECE, dtype=form.dtype)

    @classmethod
    def of(cls, form: FloatFormat, flats: list[torch.Tensor]) -> Self:
        """All of it for several tensors, each of shape [n]."""
        found = cls(form, len(flats))
        for group in _together([(i, f) for i, f in enumerate(flats) if 0 < f.numel() <= _SMALL]):
            found._add_small(group)
        for place, flat in enumerate(flats):
            if flat.numel() > _SMALL:
                for piece in flat.split(_PIECE):  # type: ignore[no-untyped-call]
                    found._add_piece(place, piece.to(form.dtype).contiguous())
        found.slots = found._slots.numpy()
        exponents = by_exponent(form, found.slots)
        found.special = exponents[:, :, -1].sum((1, 2))
        found.tiny = exponents[:, :, 0].sum((1, 2))
        return found

    def _add_piece(self, place: int, piece: torch.Tensor) -> None:
        keys = self.form.slots_of(piece, self._keys[: piece.numel()])
        self._slots[place] += torch.bincount(keys, minlength=self.form.slots)
        low, high = _extremes(piece)
        if not (math.isfinite(low) and math.isfinite(high)):
            piece = piece[piece.isfinite()]
            if piece.numel() == 0:
                return
            low, high = _extremes(piece)
        self.minimum[place] = min(self.minimum[place], low)
        self.maximum[place] = max(self.maximum[place], high)
        room = self._absolute[: piece.numel()]
        if piece.dtype != torch.float64 and not _PLAIN[0] < max(-low, high) < _PLAIN[1]:
            piece = piece.double()
            room = torch.empty_like(piece)
        self.total[place] += piece.sum().item()
        self.squares[place] += torch.dot(piece, piece).item()
        self.absolute[place] += torch.abs(piece, out=room).sum().item()

    def _add_small(self, group: list[Place]) -> None:
        """The slots of the second tensor come after those of the first; sums are taken in fp64."""
        places = [place for place, _ in group]
        lengths = [flat.numel() for _, flat in group]
        joined = torch.cat([flat.to(self.form.dtype) for _, flat in group])
        keys = self.form.slots_of(joined, self._keys[: joined.numel()])
        owner = torch.arange(len(group), dtype=self.form.bits).mul_(self.form.slots)
        keys += owner.repeat_interleave(torch.tensor(lengths))
        counts = torch.bincount(keys, minlength=self.form.slots * len(group))
        self._slots[places] = counts.view(len(group), -1)
        values = joined.double().numpy()
        first = np.cumsum([0, *lengths[:-1]])
        odd = ~np.isfinite(values)
        if odd.any():
            self.minimum[places] = np.minimum.reduceat(np.where(odd, np.inf, values), first)
            self.maximum[places] = np.maximum.reduceat(np.where(odd, -np.inf, values), first)
            values = np.where(odd, 0.0, values)
        else:
            self.minimum[places] = np.minimum.reduceat(values, first)
            self.maximum[places] = np.maximum.reduceat(values, first)
        with np.errstate(over="ignore", invalid="ignore"):
            self.total[places] = np.add.reduceat(values, first)
            self.squares[places] = np.add.reduceat(values * values, first)
            self.absolute[places] = np.add.reduceat(np.abs(values), first)


def _extremes(piece: torch.Tensor) -> tuple[float, float]:
    low, high = piece.aminmax()
    return low.item(), high.item()


def _together(small: list[Place]) -> Iterator[list[Place]]:
    """Groups of tensors that fit into one piece."""
    group: list[Place] = []
    size = 0
    for place, flat in small:
        if group and (size + flat.numel() > _PIECE or len(group) == _MOST_TOGETHER):
            yield group
            group, size = [], 0
        group.append((place, flat))
        size += flat.numel()
    if group:
        yield group
