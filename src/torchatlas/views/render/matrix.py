"""What every renderer writes into the cells of a matrix, and the range of its colours."""

from __future__ import annotations

import math

from torchatlas.run import Heatmap
from torchatlas.views.render.names import short
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.scale import ODD_GLYPHS

_MOST_WITH_TEXT = 20
"""A matrix with more rows or columns than this has text only where a number is missing."""


def cell_range(mark: Heatmap) -> tuple[float, float]:
    """Lowest and highest finite value; percentages begin at 0. The two are never the same."""
    finite = [v for row in mark.values for v in row if v is not None and math.isfinite(v)]
    if mark.scale == "symlog":
        most = max((abs(value) for value in finite), default=1.0) or 1.0
        return -most, most
    if mark.scale == "log":
        positive = [value for value in finite if value > 0]
        low, high = min(positive, default=0.1), max(positive, default=1.0)
        return (low, high) if high > low else (low / 3, low * 3)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if mark.unit == "%":
        low = min(low, 0.0)
    return (low, high) if high > low else (low, low + 1.0)


DECADES = 3
"""So many decades of each sign have colours of their own on a symmetric logarithmic scale."""


def colour_place(mark: Heatmap, value: float) -> float | None:
    """Where a finite value lies on the colours, 0 to 1; None for one without a place."""
    low, high = cell_range(mark)
    if mark.scale == "linear":
        return (value - low) / (high - low)
    if mark.scale == "log":
        return math.log(value / low) / math.log(high / low) if value > 0 else None
    if value == 0:
        return 0.5
    along = max(0.0, 1 + math.log10(abs(value) / high) / DECADES)
    return 0.5 + math.copysign(along / 2, value)


def cell_text(mark: Heatmap, row: int, column: int) -> str:
    """What stands in a cell: the mark's own text, else its number; NaN and Inf always."""
    value = mark.values[row][column]
    if value is None:
        return ""
    is_small = max(len(mark.values), len(mark.values[row])) <= _MOST_WITH_TEXT
    if not math.isfinite(value):
        kind = "NaN" if math.isnan(value) else "Inf" if value > 0 else "−Inf"
        return number_text(value) if is_small else ODD_GLYPHS[kind]
    if not is_small:
        return ""
    return short(mark.text[row][column], 12) if mark.text else number_text(value)
