"""A view: a chart as plain data. Every renderer, in Python and in the browser, draws the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "weights", "activations", "gradients", "updates", "train", "test", "neutral", "accent"
]
"""What a mark stands for. Renderers give each role its one colour, everywhere the same."""

Number = float | None
"""A value on an axis; None (drawn as a break) where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Axis:
    """`label` names the quantity, `unit` is shown with it; categories are for scale "category"."""

    label: str
    unit: str = ""
    scale: Literal["linear", "log", "symlog", "category"] = "linear"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A series. `dashed` tells series apart without colour."""

    x: tuple[Number, ...]
    y: tuple[Number, ...]
    label: str
    role: Role = "neutral"
    dashed: bool = False
    markers: bool = False
    kind: Literal["line"] = "line"


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a category of the x axis, with an optional interval.

    `missing` says of each category why it has no bar; where it is left out, "not measured".
    """

    heights: tuple[Number, ...]
    label: str
    role: Role = "neutral"
    low: tuple[Number, ...] = ()
    high: tuple[Number, ...] = ()
    nodes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True, slots=True)
class Band:
    """The stretch between two quantiles for each category of the y axis, with its middle."""

    low: tuple[Number, ...]
    middle: tuple[Number, ...]
    high: tuple[Number, ...]
    label: str
    role: Role = "neutral"
    nodes: tuple[str, ...] = ()
    kind: Literal["band"] = "band"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges (`len(edges) == len(counts) + 1`), and exact zeros beside them.

    On a symlog axis the edges are real values; what lies nearer to zero than the innermost edges
    was counted into the innermost bins.
    """

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    label: str
    role: Role = "neutral"
    zero: float = 0.0
    node: str | None = None
    tensor: str | None = None
    note: str = ""
    kind: Literal["histogram"] = "histogram"


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Values by row and column of two category axes; None is drawn as not measured."""

    values: tuple[tuple[Number, ...], ...]
    label: str
    unit: str = ""
    text: tuple[tuple[str, ...], ...] = ()
    kind: Literal["heatmap"] = "heatmap"


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line at one value of an axis, with its label."""

    axis: Literal["x", "y"]
    value: float
    label: str
    kind: Literal["rule"] = "rule"


Mark = Line | Bars | Band | Histogram | Heatmap | Rule


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes and what is drawn on it."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A named chart of one or more panels.

    Attributes:
        name: what `atlas.plot(name)` takes.
        title: what is shown; `subtitle`: over what data, in which unit.
        description: one sentence that says in words what the chart shows (for screen readers).
        gaps: what could not be drawn, and why.
    """

    name: str
    title: str
    subtitle: str
    description: str
    panels: tuple[Panel, ...]
    gaps: tuple[str, ...] = field(default_factory=tuple)
