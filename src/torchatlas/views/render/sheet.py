"""Lines of text on which a panel is being drawn, and the strokes that they are made of."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

from torchatlas.run import Line, Panel
from torchatlas.run.view import Number
from torchatlas.views.render.names import short
from torchatlas.views.render.ruler import Ruler
from torchatlas.views.render.scale import ODD_GLYPHS, Scale

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
NOT_MEASURED = "╌╌"


@dataclass(slots=True)
class Sheet:
    """The lines drawn so far of one panel; `x` and `y` are its scales."""

    panel: Panel
    width: int
    x: Scale
    y: Scale
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Add a line, cut at the width."""
        line = line.rstrip()
        self.lines.append(line if len(line) <= self.width else f"{line[: self.width - 1]}…")

    def say_once(self, line: str) -> None:
        """Add a line unless it is there."""
        if line not in self.lines:
            self.add(line)

    def series(self) -> list[Line]:
        """The lines of the panel, which share one scale."""
        return [mark for mark in self.panel.marks if isinstance(mark, Line)]


def stretch(low: Number, middle: Number, high: Number, ruler: Ruler, room: int) -> str:
    """A band with its middle: `├──●──┤`."""
    if middle is None:
        return NOT_MEASURED
    ends = [ruler.along(value) for value in (low, middle, high)]
    cells = [" "] * room
    places = [None if end is None else round(end * (room - 1)) for end in ends]
    if places[0] is not None and places[2] is not None:
        cells[places[0] : places[2] + 1] = "─" * (places[2] - places[0] + 1)
        cells[places[0]], cells[places[2]] = "├", "┤"
    if places[1] is not None:
        cells[places[1]] = "●"
    odd = dict.fromkeys(filter(None, map(ruler.scale.oddity, (low, middle, high))))
    return "".join(cells).rstrip() + "".join(f" {ODD_GLYPHS[kind]} {kind}" for kind in odd)


def bar(value: Number, ruler: Ruler, room: int) -> str:
    """A bar from the left, in eighths of a character."""
    along = ruler.along(value)
    if value is None:
        return NOT_MEASURED
    if along is None:
        return ODD_GLYPHS[ruler.scale.oddity(value)]
    eighths = round(along * room * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def column(eighths: float) -> str:
    """One character of an upright bar of which `eighths` are left from this character's foot."""
    return " " if eighths < 0.5 else _HEIGHTS[min(round(eighths), 8) - 1]


def sparkline(line: Line, across: Ruler, down: Ruler, room: int) -> str:
    """A curve: in each column the mean of its points, or a glyph where one has no place."""
    columns: dict[int, list[Number]] = defaultdict(list)
    for x, y in zip(line.x, line.y, strict=True):
        along = across.along(x)
        if along is not None:
            columns[round(along * (room - 1))].append(y)
    return "".join(_spark(columns[index], down) for index in range(room))


def _spark(values: list[Number], ruler: Ruler) -> str:
    odd = next(filter(None, map(ruler.scale.oddity, values)), None)
    if odd:
        return ODD_GLYPHS[odd]
    known = [place for place in map(ruler.along, values) if place is not None]
    return _HEIGHTS[round(sum(known) / len(known) * 7)] if known else " "


def fitted(text: str, room: int, *, right: bool = False) -> str:
    """The text in exactly `room` columns of a terminal; wide characters take two."""
    text = short(text, room)
    while _columns(text) > room:
        text = text[:-1]
    padding = " " * (room - _columns(text))
    return padding + text if right else text + padding


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
