"""Where values lie on an axis: the same arithmetic for every renderer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from torchatlas.run import (
    Axis,
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Mark,
    Panel,
    Ridges,
    Rule,
    Scatter,
    Zone,
)
from torchatlas.views.render.names import one_line
from torchatlas.views.render.quantity import number_text, power_of_ten, prefixed_unit, titled

_MOST_DECADES = 12
_MOST_DECADES_OF_CURVES = 4
_MOST_TICKS_A_SIDE = 4
_HALF_GAP = 0.5
"""Decades between zero and the innermost value on a symmetric logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis as it is drawn.

    Attributes:
        kind: "linear" and "log" positions are values over `factor` and the library makes the
            ticks; "symlog" and "category" positions are linear and the ticks are given.
        innermost: symlog: the smallest magnitude that is told apart from zero.
        ticks: position and text.
    """

    kind: Literal["linear", "log", "symlog", "category"]
    title: str
    unit: str
    factor: float = 1.0
    innermost: float = 1.0
    ticks: tuple[tuple[float, str], ...] = ()

    def place(self, value: float | None) -> float | None:
        """Position of a value; None when it has none here (see `oddity`)."""
        if value is None or self.oddity(value):
            return None
        if self.kind == "symlog":
            return _symlog(value, self.innermost)
        return value / self.factor

    def oddity(self, value: float | None) -> str:
        """What to say of a value that has no place on this axis; empty for an ordinary one."""
        if value is None:
            return ""
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Inf" if value > 0 else "−Inf"
        if self.kind == "log" and value <= 0:
            return "0" if value == 0 else "< 0"
        return ""

    def text(self, value: float | None) -> str:
        """The value with its unit, in words for a tooltip or a terminal."""
        if value is None:
            return "not measured"
        number = number_text(value / self.factor) if math.isfinite(value) else self.oddity(value)
        return f"{number} {self.unit}".rstrip()


ODD_GLYPHS = {"NaN": "✕", "Inf": "↑", "−Inf": "↓", "0": "↓", "< 0": "↓"}
"""Drawn in a lane beside the axis for values that have no place on it."""


def scale_on(panel: Panel, which: Literal["x", "y"]) -> Scale:
    """The scale of one of the axes of a panel.

    Curves come arbitrarily near to zero where bins do not, so fewer decades are told apart.
    """
    is_binned = any(isinstance(mark, Histogram | Ridges) for mark in panel.marks)
    decades = _MOST_DECADES if is_binned else _MOST_DECADES_OF_CURVES
    return scale_of(panel.x if which == "x" else panel.y, values_on(panel, which), decades)


def scale_of(axis: Axis, values: Iterable[float | None], decades: int = 12) -> Scale:
    """The scale of an axis on which those values are drawn.

    Args:
        decades: on a symmetric logarithmic axis, so many below the largest magnitude are shown.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    label = one_line(axis.label)
    if axis.scale == "category":
        ticks = tuple((float(i), one_line(name)) for i, name in enumerate(axis.categories))
        return Scale("category", titled(label, axis.unit), axis.unit, ticks=ticks)
    factor, unit = prefixed_unit(finite, axis.unit)
    if axis.scale != "symlog":
        return Scale(axis.scale, titled(label, unit), unit, factor)
    innermost, ticks = _symlog_ticks(finite, decades)
    return Scale("symlog", titled(label, axis.unit), axis.unit, innermost=innermost, ticks=ticks)


def values_on(panel: Panel, which: Literal["x", "y"]) -> list[float | None]:
    """Every value that the marks of a panel have on one of its axes."""
    values: list[float | None] = []
    for mark in panel.marks:
        if isinstance(mark, Line | Scatter):
            values += mark.x if which == "x" else mark.y
        elif isinstance(mark, Envelope):
            values += mark.x if which == "x" else [*mark.low, *mark.high]
        elif isinstance(mark, Zone) and mark.axis == which:
            values += [mark.low, mark.high]
        elif isinstance(mark, Bars) and which == "y":
            values += [*mark.heights, *mark.low, *mark.high]
        elif isinstance(mark, Band) and which == "x":
            values += [*mark.low, *mark.middle, *mark.high]
        elif isinstance(mark, Histogram):
            values += mark.edges if which == "x" else [*mark.counts, mark.zero]
        elif isinstance(mark, Ridges) and which == "x":
            values += mark.edges
        elif isinstance(mark, Rule) and mark.axis == which:
            values.append(mark.value)
        else:
            assert isinstance(mark, Bars | Band | Rule | Heatmap | Ridges | Zone)
    return values


def is_blank(panel: Panel) -> bool:
    """Whether a panel has neither a measured value nor the name of a category to show."""
    named = panel.x.categories or panel.y.categories
    return not named and not any(_has_value(mark) for mark in panel.marks)


def _has_value(mark: Mark) -> bool:
    if isinstance(mark, Line | Scatter):
        return any(y is not None for y in mark.y)
    return isinstance(mark, Histogram)


def _symlog(value: float, innermost: float) -> float:
    size = abs(value) / innermost
    distance = _HALF_GAP * size if size <= 1 else _HALF_GAP + math.log10(size)
    return math.copysign(distance, value)


def _symlog_ticks(finite: list[float], decades: int) -> tuple[float, tuple[tuple[float, str], ...]]:
    """The innermost magnitude, and ticks at zero and at powers of ten on the sides in use."""
    sizes = [abs(value) for value in finite if value != 0]
    if not sizes:
        return 1.0, ((0.0, "0"),)
    innermost = max(min(sizes), max(sizes) / 10**decades)
    first = math.ceil(math.log10(innermost) - 1e-9)
    last = math.floor(math.log10(max(sizes)) + 1e-9)
    every = max(1, math.ceil((last - first + 1) / _MOST_TICKS_A_SIDE))
    exponents = [e for e in range(last, first - 1, -every) if e >= first + 1 or e == last]
    ticks = [(0.0, "0")]
    for sign, mark in ((1, ""), (-1, "−")):
        if any(sign * value > 0 for value in finite):
            ticks += [
                (sign * _symlog(10.0**e, innermost), f"{mark}{power_of_ten(e)}") for e in exponents
            ]
    return innermost, tuple(sorted(ticks))
