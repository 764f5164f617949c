"""A drawing of the architecture as plain data. `web/src/paper/drawing.ts` has the same types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from torchatlas.errors import RunError

Role = Literal["group", "node", "edge", "port", "label", "heading", "legend"]

Segment = tuple[str, *tuple[float, ...]]
"""One piece of a path: "M" and "L" with a point, "C" with two control points and one, or "Z"."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with round corners; colours are `#rrggbb`, None is no paint."""

    role: Role
    node: str | None
    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str | None
    stroke: str | None
    line_width: float
    dash: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and curves; `round` gives its strokes round ends."""

    role: Role
    node: str | None
    segments: tuple[Segment, ...]
    round: bool
    fill: str | None
    stroke: str | None
    line_width: float
    dash: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One line on the baseline `y`, from `x` on, or up to `x` where `anchor` is "end".

    `width` is what it takes in the font of drawings; `halo` the colour of a rim around the letters.
    """

    role: Role
    node: str | None
    x: float
    y: float
    text: str
    size: float
    weight: Literal[400, 600]
    colour: str
    anchor: Literal["start", "end"]
    width: float
    halo: str | None

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.x - self.width if self.anchor == "end" else self.x


Mark = Box | Path | Text


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node that is drawn, in drawing order; `count` is how many identical ones it stands for."""

    id: str
    title: str
    detail: str
    x: float
    y: float
    width: float
    height: float
    depth: int
    open: bool
    count: int
    value: str | None
    state: Literal["value", "none", "unmeasured", "nonfinite"]


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line between two drawn nodes, and the shapes of the tensors on it."""

    source: str
    target: str
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The architecture with some groups open. Lengths are CSS pixels, y grows downward.

    Attributes:
        notes: what is drawn and what is not, a sentence each.
        depth: levels of groups that are open.
        legend: what the colours stand for; None without colours.
        marks: in the order in which they are painted.
    """

    width: float
    height: float
    background: str
    title: str
    notes: tuple[str, ...]
    depth: int
    legend: str | None
    marks: tuple[Mark, ...]
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]

    @property
    def letters(self) -> str:
        """Every letter that is drawn, once."""
        return "".join(sorted({letter for text in self.texts for letter in text.text}))

    @property
    def texts(self) -> tuple[Text, ...]:
        """The lines of text."""
        return tuple(mark for mark in self.marks if isinstance(mark, Text))


def positive(name: str, value: Any) -> float:
    """A size that can be drawn.

    Raises:
        RunError: it is no finite number above 0.
    """
    if not isinstance(value, int | float) or not isfinite(value) or value <= 0:
        raise RunError(f"{name} is a number above 0, and not {value!r}")
    return value


def drawing_of(data: dict[str, Any]) -> Drawing:
    """The drawing that the JavaScript code gave as JSON."""
    return Drawing(
        **{name: data[name] for name in ("width", "height", "background", "title", "depth")},
        legend=data["legend"],
        notes=tuple(data["notes"]),
        marks=tuple(_marks(data["marks"])),
        nodes=tuple(DrawnNode(**node) for node in data["nodes"]),
        edges=tuple(
            DrawnEdge(edge["source"], edge["target"], tuple(edge["shapes"]))
            for edge in data["edges"]
        ),
    )


def _marks(data: Iterable[dict[str, Any]]) -> Iterable[Mark]:
    for given in data:
        mark = dict(given)
        kind = mark.pop("kind")
        if kind == "text":
            yield Text(**mark)
        elif kind == "box":
            yield Box(**mark | {"dash": tuple(mark["dash"])})
        else:
            segments = tuple(tuple(segment) for segment in mark["segments"])
            yield Path(**mark | {"dash": tuple(mark["dash"]), "segments": segments})
