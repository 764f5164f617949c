"""Draws a view with characters, for a terminal."""

from __future__ import annotations

import math
from collections import Counter
from functools import singledispatch
from typing import Any

from torchatlas.run import (
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Panel,
    Ridges,
    Rule,
    Scatter,
    View,
    Zone,
)
from torchatlas.views.render.matrix import cell_range, colour_place
from torchatlas.views.render.names import distinct, one_line, short, wrapped
from torchatlas.views.render.points import glyph_of, lane_counts, placed
from torchatlas.views.render.quantity import number_text, titled
from torchatlas.views.render.ridge import ridge_figures
from torchatlas.views.render.ruler import Ruler
from torchatlas.views.render.scale import ODD_GLYPHS, is_blank, scale_on, values_on
from torchatlas.views.render.sheet import (
    NOT_MEASURED,
    Sheet,
    bar,
    column,
    columns_of,
    fitted,
    sparkline,
    stretch,
)

_NARROWEST = 40
_LONGEST_NAME = 36
_CELL = 6
_SHADES = "·░▒▓█"
_SIGNED = "▼▿·▵▲"
_LEVELS = 5
_GRID_LINES = 14


def render(view: View, *, width: int = 100) -> str:
    """The view as lines of text, without colours.

    Args:
        width: characters a line, at least 40.
    """
    width = max(width, _NARROWEST)
    blocks = ["\n".join(wrapped(text, width) for text in (view.title, view.subtitle) if text)]
    blocks += [_panel_text(panel, width) for panel in view.panels]
    if view.gaps:
        blocks.append("\n".join(wrapped(f"Not measured: {gap}", width) for gap in view.gaps))
    elif not view.panels:
        blocks.append("Not measured.")
    return "\n\n".join(blocks) + "\n"


def _panel_text(panel: Panel, width: int) -> str:
    sheet = Sheet(
        panel,
        width,
        scale_on(panel, "x"),
        scale_on(panel, "y"),
    )
    if is_blank(panel):
        sheet.add("not measured")
    else:
        for mark in panel.marks:
            draw(mark, sheet)
    title = fitted(panel.title, width).rstrip()
    note = [wrapped(panel.note, width)] if panel.note else []
    return "\n".join([title, "─" * len(title), *sheet.lines, *note])


@singledispatch
def draw(mark: Any, sheet: Sheet) -> None:  # noqa: ARG001 (those registered use it)
    """Add the lines of one mark."""
    raise TypeError(f"text draws no {type(mark).__name__}")


@draw.register
def _(mark: Line, sheet: Sheet) -> None:
    series = sheet.series()
    name = min(max(len(line.label) for line in series), sheet.width // 4)
    room = min(max(len(line.x) for line in series), sheet.width - name - 26)
    across = Ruler.over(sheet.x, values_on(sheet.panel, "x"))
    down = Ruler.over(sheet.y, [y for line in series for y in line.y])
    known = [y for y in mark.y if y is not None]
    ends = f"{number_text(known[0])} → {number_text(known[-1])}" if known else "not measured"
    sheet.say_once(_over(sheet))
    sheet.add(f"{fitted(mark.label, name)} {sparkline(mark, across, down, room)} {ends}")
    for kind, count in Counter(filter(None, map(sheet.y.oddity, mark.y))).items():
        sheet.add(
            f"{fitted('', name)} {ODD_GLYPHS[kind]} {kind} at {count:,} of {len(mark.y):,} points"
        )


@draw.register
def _(mark: Envelope, sheet: Sheet) -> None:
    known = [
        (low, high)
        for low, high in zip(mark.low, mark.high, strict=True)
        if low is not None and high is not None
    ]
    if not known:
        return
    ends = [f"{number_text(low)} to {number_text(high)}" for low, high in (known[0], known[-1])]
    sheet.add(f"{one_line(mark.label)}: {ends[0]} → {ends[1]}")


@draw.register
def _(mark: Zone, sheet: Sheet) -> None:
    scale = sheet.x if mark.axis == "x" else sheet.y
    words = one_line(mark.label)
    if mark.hatched:
        sheet.add(f"╌ {words}")
    else:
        sheet.add(f"▒ {scale.text(mark.low)} to {scale.text(mark.high)}: {words}")


@draw.register
def _(mark: Bars, sheet: Sheet) -> None:
    names = _row_names(sheet)
    texts = [_bar_text(mark, index, sheet) for index in range(len(mark.heights))]
    room = _room_beside(names, texts, sheet)
    ruler = Ruler.over(sheet.y, [0.0, *values_on(sheet.panel, "y")])
    sheet.add(_heading(mark.label, sheet.y.title))
    for name, height, text in zip(names, mark.heights, texts, strict=True):
        drawn = fitted(bar(height, ruler, room), room)
        sheet.add(f"{name} {drawn} {text}")


@draw.register
def _(mark: Band, sheet: Sheet) -> None:
    names = _row_names(sheet)
    texts = [sheet.x.text(middle) for middle in mark.middle]
    room = _room_beside(names, texts, sheet)
    ruler = Ruler.over(sheet.x, values_on(sheet.panel, "x"))
    sheet.add(_heading(mark.label, sheet.x.title))
    if any(ruler.along(value) is not None for value in mark.middle):
        sheet.add(f"{' ' * _width(names)} {ruler.labels(room)}")
    rows = zip(names, mark.low, mark.middle, mark.high, texts, strict=True)
    for name, low, middle, high, text in rows:
        drawn = stretch(low, middle, high, ruler, room)
        sheet.add(f"{name} {fitted(drawn, room)} {text}")


@draw.register
def _(mark: Histogram, sheet: Sheet) -> None:
    together = -(-len(mark.counts) // sheet.width)
    counts = [sum(mark.counts[i : i + together]) for i in range(0, len(mark.counts), together)]
    most = max(counts, default=0.0)
    sheet.add(f"{mark.label}: {_over(sheet)}")
    heights = [8 * _LEVELS * count / most if most else 0.0 for count in counts]
    for level in range(_LEVELS - 1, -1, -1) if most else ():
        sheet.add("".join(column(height - 8 * level) for height in heights).rstrip())
    ends = number_text(mark.edges[0]), number_text(mark.edges[-1])
    sheet.add(f"{ends[0]}{' ' * max(len(heights) - len(ends[0]) - len(ends[1]), 1)}{ends[1]}")
    total = sum(mark.counts) + mark.zero
    share = f" ({mark.zero / total:.1%})" if total else ""
    sheet.add(f"most in a column {number_text(most)}, exact zeros {number_text(mark.zero)}{share}")


@draw.register
def _(mark: Heatmap, sheet: Sheet) -> None:
    names = _row_names(sheet)
    room = sheet.width - _width(names) - 1
    sheet.add(titled(one_line(mark.label), mark.unit))
    titles = {"rows": sheet.y.title, "columns": sheet.x.title}
    sheet.add(", ".join(f"{what}: {title}" for what, title in titles.items() if title))
    if len(sheet.x.ticks) * _CELL <= room:
        heads = "".join(f" {fitted(text, _CELL - 1, right=True)}" for _, text in sheet.x.ticks)
        sheet.add(f"{' ' * _width(names)} {heads}")
        for name, values in zip(names, mark.values, strict=True):
            cells = "".join(f" {_cell(value):>{_CELL - 1}}" for value in values)
            sheet.add(f"{name} {cells}")
        return
    low, high = cell_range(mark)
    if mark.scale == "symlog":
        sheet.add(f"{_SIGNED}: {number_text(low)} to {number_text(high)}, ?: not measured")
        for name, values in zip(names, mark.values, strict=True):
            sheet.add(f"{name} {''.join(_signed(value, mark) for value in values)}")
        return
    sheet.add(f"{_SHADES}: {number_text(low)} to {number_text(high)}, ?: not measured")
    for name, values in zip(names, mark.values, strict=True):
        sheet.add(f"{name} {''.join(_shade(value, low, high, mark.scale) for value in values)}")


@draw.register
def _(mark: Ridges, sheet: Sheet) -> None:
    names = _row_names(sheet)
    texts = [
        ridge_figures(mark, row)
        if shares
        else (mark.missing[row] if mark.missing else "not measured")
        for row, shares in enumerate(mark.shares)
    ]
    room = _room_beside(names, texts, sheet)
    ends = f"{number_text(mark.edges[0])} to {number_text(mark.edges[-1])}"
    sheet.add(f"{mark.label}: {sheet.x.title} from {ends}")
    for name, shares, text in zip(names, mark.shares, texts, strict=True):
        together = -(-len(shares) // room) or 1
        sums = [sum(shares[i : i + together]) for i in range(0, len(shares), together)]
        most = max(sums, default=0.0)
        heights = "".join(column(8 * share / most if most else 0.0) for share in sums)
        sheet.add(f"{name} {fitted(heights if shares else NOT_MEASURED, room)} {text}")


@draw.register
def _(mark: Scatter, sheet: Sheet) -> None:
    marks = [other for other in sheet.panel.marks if isinstance(other, Scatter)]
    if mark is marks[0]:
        _add_grid(marks, sheet)
    sheet.add(f"{glyph_of(mark.role)} {one_line(mark.label)}: {len(mark.x):,} points")
    for index in mark.labelled:
        x, y = sheet.x.text(mark.x[index]), sheet.y.text(mark.y[index])
        sheet.add(f"  {short(mark.names[index], sheet.width // 2)}: {x}, {y}")


def _add_grid(marks: list[Scatter], sheet: Sheet) -> None:
    """All points of a panel on one grid of characters."""
    across = Ruler.over(sheet.x, values_on(sheet.panel, "x"))
    down = Ruler.over(sheet.y, values_on(sheet.panel, "y"))
    room = sheet.width - 2
    grid = [[" "] * room for _ in range(_GRID_LINES)]
    for mark in marks:
        for index, _, _ in placed(mark, sheet.x, sheet.y):
            left, low = across.along(mark.x[index]), down.along(mark.y[index])
            if left is not None and low is not None:
                line = grid[round((1 - low) * (_GRID_LINES - 1))]
                line[round(left * (room - 1))] = glyph_of(mark.role)
    sheet.add(f"{sheet.y.title}, {number_text(down.low)} to {number_text(down.high)}")
    for line in grid:
        sheet.add(f"│{''.join(line)}")
    sheet.add(f"└{'─' * room}")
    sheet.add(f"{sheet.x.title}, {number_text(across.low)} to {number_text(across.high)}")
    for count in lane_counts(sheet.panel, sheet.x, sheet.y):
        sheet.add(f"beside the axis: {count}")


@draw.register
def _(mark: Rule, sheet: Sheet) -> None:
    if not mark.label:
        return
    scale = sheet.x if mark.axis == "x" else sheet.y
    sheet.add(f"┊ {one_line(mark.label)}: {scale.title} {scale.text(mark.value)}")


def _row_names(sheet: Sheet) -> list[str]:
    """The categories that are written one under another, all in the same number of columns."""
    scale = sheet.y if sheet.y.kind == "category" else sheet.x
    most = min(_LONGEST_NAME, sheet.width // 3)
    names = distinct([text for _, text in scale.ticks], most)
    room = min(max(map(columns_of, names), default=0), most)
    return [fitted(name, room) for name in names]


def _over(sheet: Sheet) -> str:
    return f"{sheet.y.title} over {sheet.x.title}" if sheet.x.title else sheet.y.title


def _heading(label: str, title: str) -> str:
    return title if title.startswith(label) else f"{label}: {title}"


def _width(names: list[str]) -> int:
    return columns_of(names[0]) if names else 0


def _room_beside(names: list[str], texts: list[str], sheet: Sheet) -> int:
    """Columns that are left for drawing between the names and the numbers."""
    return max(sheet.width - _width(names) - 2 - max(map(len, texts), default=0), 8)


def _bar_text(mark: Bars, index: int, sheet: Sheet) -> str:
    if mark.heights[index] is None and mark.missing:
        return mark.missing[index]
    text = sheet.y.text(mark.heights[index])
    if not mark.low or not mark.high or sheet.y.place(mark.heights[index]) is None:
        return text
    return f"{text} [{sheet.y.text(mark.low[index])}, {sheet.y.text(mark.high[index])}]"


def _cell(value: float | None) -> str:
    if value is None:
        return "?"
    text = number_text(float(f"{value:.3g}"))
    if len(text) < _CELL:
        return text
    mantissa, exponent = f"{value:.0e}".split("e")  # short, and none of its digits cut off
    return f"{mantissa.replace('-', '−')}e{int(exponent)}".replace("e-", "e−")


def _signed(value: float | None, mark: Heatmap) -> str:
    if value is None or not math.isfinite(value):
        return _shade(value, 0.0, 1.0)
    place = colour_place(mark, value)
    return _SIGNED[min(int((place or 0.0) * len(_SIGNED)), len(_SIGNED) - 1)]


def _shade(value: float | None, low: float, high: float, scale: str = "linear") -> str:
    if value is None:
        return "?"
    if not math.isfinite(value):
        return ODD_GLYPHS["NaN" if math.isnan(value) else "Inf" if value > 0 else "−Inf"]
    if scale == "log":
        if value <= 0:
            return _SHADES[0]
        value, low, high = math.log(value), math.log(low), math.log(high)
    if value == low:
        return _SHADES[0]
    return _SHADES[min(1 + int((value - low) / (high - low) * 4), 4)]
