"""What every renderer writes into the cells of a matrix, and the range of its colours."""

from __future__ import annotations

import math

from torchatlas.run import Heatmap
from torchatlas.views.render.names import short
from torchatlas.views.render.quantity import number_text

_MOST_WITH_TEXT = 20
"""A matrix with more rows or columns than this has text only where a number is missing."""


def cell_range(mark: Heatmap) -> tuple[float, float]:
    """Lowest and highest finite value; percentages begin at 0. The two are never the same."""
    finite = [v for row in mark.values for v in row if v is not None and math.isfinite(v)]
    if mark.scale == "log":
        positive = [value for value in finite if value > 0]
        low, high = min(positive, default=0.1), max(positive, default=1.0)
        return (low, high) if high > low else (low / 3, low * 3)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if mark.unit == "%":
        low = min(low, 0.0)
    return (low, high) if high > low else (low, low + 1.0)


def cell_text(mark: Heatmap, row: int, column: int) -> str:
    """What stands in a cell: the mark's own text, else its number; NaN and Inf always."""
    value = mark.values[row][column]
    if value is None:
        return ""
    if not math.isfinite(value):
        return number_text(value)
    if max(len(mark.values), len(mark.values[row])) > _MOST_WITH_TEXT:
        return ""
    return short(mark.text[row][column], 12) if mark.text else number_text(value)
