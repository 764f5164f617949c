"""A view: a chart as plain data. Every renderer, in Python and in the browser, draws the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "weights",
    "activations",
    "gradients",
    "updates",
    "train",
    "test",
    "neutral",
    "accent",
    "conv",
    "norm",
    "elementwise",
    "linear",
    "pool",
    "host",
]
"""What a mark stands for. Renderers give each role its one colour, everywhere the same.

The last six are classes of nodes; points of a class have a shape of their own as well.
"""

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
class Envelope:
    """The stretch between two curves over numbers: quantiles over the steps of a training.

    `strength` is the opacity; stretches that lie within one another add up.
    """

    x: tuple[Number, ...]
    low: tuple[Number, ...]
    high: tuple[Number, ...]
    label: str
    role: Role = "neutral"
    strength: float = 0.2
    kind: Literal["envelope"] = "envelope"


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
    """Values by row and column of two category axes; None is drawn as not measured.

    Attributes:
        scale: of the colours; "symlog" runs from negative to positive and is drawn in two hues.
        nodes: of the columns, where those are layers.
        row_nodes: of the rows, where those are layers.
        steps: of the columns, where those are steps of a training.
    """

    values: tuple[tuple[Number, ...], ...]
    label: str
    unit: str = ""
    text: tuple[tuple[str, ...], ...] = ()
    scale: Literal["linear", "log", "symlog"] = "linear"
    nodes: tuple[str, ...] = ()
    row_nodes: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    kind: Literal["heatmap"] = "heatmap"


@dataclass(frozen=True, slots=True)
class Ridges:
    """One distribution for each category of the y axis, layers or steps, each on its own line.

    Attributes:
        edges: of the bins of all rows, on the x axis; those of a symlog axis as in `Histogram`.
        shares: of each row, the share of its finite values in each bin; empty where not measured.
        zero: share of each row's values that is exactly zero.
        spread: standard deviation of each row.
        odd: what each row holds that is not finite, in words; empty for an ordinary row.
        missing: why a row has no shares; where it is left out, "not measured".
        filled: "last" fills the last row alone, for rows that are steps.
    """

    edges: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    label: str
    role: Role = "neutral"
    zero: tuple[Number, ...] = ()
    spread: tuple[Number, ...] = ()
    odd: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    filled: Literal["all", "last"] = "all"
    kind: Literal["ridges"] = "ridges"


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points at two numbers each; one without an x or a y is drawn in a lane beside that axis.

    Attributes:
        names: of the points, for tooltips and tables.
        labelled: positions of the points whose names are written beside them.
        missing: why a point has no x or no y; where it is left out, "not measured".
    """

    x: tuple[Number, ...]
    y: tuple[Number, ...]
    label: str
    role: Role = "neutral"
    names: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    labelled: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    kind: Literal["scatter"] = "scatter"


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line at one value of an axis, with its label."""

    axis: Literal["x", "y"]
    value: float
    label: str
    kind: Literal["rule"] = "rule"


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of an axis, over the whole panel: a guide, or hatched where not measured."""

    axis: Literal["x", "y"]
    low: float
    high: float
    label: str
    hatched: bool = False
    kind: Literal["zone"] = "zone"


Mark = Line | Envelope | Bars | Band | Histogram | Heatmap | Ridges | Scatter | Rule | Zone


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
