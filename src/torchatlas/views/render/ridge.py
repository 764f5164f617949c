"""The outline of one ridge: the same for every renderer that draws shapes."""

from __future__ import annotations

import itertools

from torchatlas.run import Panel, Ridges
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.scale import Scale

TALLEST = 1.5
"""How many rows high the fullest bin is: ridges overlap the row above a little."""


def ridge_outline(mark: Ridges, row: int, scale: Scale) -> list[tuple[float, float]]:
    """Position and height of the middle of each bin, from edge to edge; empty where not measured.

    Heights are in rows, the fullest bin of the row `TALLEST` rows high.
    """
    shares = mark.shares[row]
    most = max(shares, default=0.0)
    if not shares:
        return []
    edges = [scale.place(edge) or 0.0 for edge in mark.edges]
    tops = [TALLEST * share / most if most else 0.0 for share in shares]
    middles = [(left + right) / 2 for left, right in itertools.pairwise(edges)]
    return [(edges[0], 0.0), *zip(middles, tops, strict=True), (edges[-1], 0.0)]


def room_above(panel: Panel) -> float:
    """Rows of room over the first one: a ridge is higher than its row."""
    return TALLEST if any(isinstance(mark, Ridges) for mark in panel.marks) else 0.5


def zero_height(mark: Ridges, row: int) -> float:
    """Height of the bar of exact zeros: `TALLEST` where all values are zero."""
    share = mark.zero[row] if mark.zero else None
    return TALLEST * (share or 0.0)


def ridge_figures(mark: Ridges, row: int) -> str:
    """Standard deviation, share of zeros, and what is not finite: `σ 0.021  0 12 %  ✕ 3 NaN`."""
    if not mark.shares[row]:
        return ""
    parts = []
    if mark.spread:
        spread = mark.spread[row]
        parts.append("σ –" if spread is None else f"σ {number_text(spread)}")
    zero = mark.zero[row] if mark.zero else None
    if zero:
        parts.append(f"zero {number_text(100 * zero)} %")
    if mark.odd and mark.odd[row]:
        parts.append(f"✕ {mark.odd[row]}")
    return "  ".join(parts)
