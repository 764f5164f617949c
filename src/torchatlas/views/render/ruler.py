"""How far along an axis a value lies, for renderers that work out positions themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from torchatlas.run.view import Number
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.scale import Scale


@dataclass(frozen=True, slots=True)
class Ruler:
    """A scale with its two ends, which says how far along a value lies."""

    scale: Scale
    low: float
    high: float

    @staticmethod
    def over(scale: Scale, values: Iterable[Number]) -> Ruler:
        """The ruler that reaches over all values."""
        placed = [p for p in map(scale.place, values) if p is not None]
        low, high = min(placed, default=1.0), max(placed, default=1.0)
        return Ruler(scale, low, high if high > low else low + 1.0)

    def along(self, value: Number) -> float | None:
        """From 0 (the lowest value) to 1 (the highest); None for a value without a place."""
        placed = self.scale.place(value)
        if placed is None:
            return None
        if self.scale.kind == "log":
            return math.log(placed / self.low) / math.log(self.high / self.low)
        return (placed - self.low) / (self.high - self.low)

    def labels(self, room: int) -> str:
        """The two ends in numbers, as far apart as the values are drawn."""
        low, high = number_text(self.low), number_text(self.high)
        return f"{low}{high:>{max(room - len(low), len(high) + 1)}}"
