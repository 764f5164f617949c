"""The marks of a view as Plotly traces."""

from __future__ import annotations

import itertools
import math
from functools import singledispatch
from typing import Any

import plotly.graph_objects as go

from torchatlas.run import Band, Bars, Heatmap, Histogram, Line, Rule
from torchatlas.run.view import Number
from torchatlas.views.render.matrix import cell_range, cell_text, colour_place
from torchatlas.views.render.names import short
from torchatlas.views.render.plotly_pane import HOVER, PlotlyPane, hatch, markup
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.scale import ODD_GLYPHS, Scale

_SYMBOLS = {"NaN": "x-thin", "Inf": "triangle-up", "−Inf": "triangle-down"}
_MOST_BARS_WITH_TEXT = 70


@singledispatch
def draw(mark: Any, pane: PlotlyPane) -> None:  # noqa: ARG001 (those registered use it)
    """Draw one mark on a pane."""
    raise TypeError(f"plotly draws no {type(mark).__name__}")


@draw.register
def _(mark: Line, pane: PlotlyPane) -> None:
    x = [pane.across.place(value) for value in mark.x]
    colour = pane.theme.roles[mark.role]
    pane.add(
        go.Scatter(
            x=x,
            y=[pane.down.place(value) for value in mark.y],
            mode="lines+markers" if mark.markers else "lines",
            line={"color": colour, "width": 2, "dash": "dash" if mark.dashed else "solid"},
            marker={"size": 5, "color": colour},
            connectgaps=False,
            name=markup(mark.label),
            customdata=[_point_text(mark, index, pane) for index in range(len(x))],
            hovertemplate=HOVER,
        )
    )
    pane.end_label(mark)
    _add_odd_points(mark, pane)


@draw.register
def _(mark: Bars, pane: PlotlyPane) -> None:
    bars = pane.bars()
    thickness = 0.72 / len(bars)
    first = -0.36 + bars.index(mark) * thickness
    heights = [pane.values.place(height) for height in mark.heights]
    rows = list(range(len(heights)))
    has_text = pane.lies and len(rows) * len(bars) <= _MOST_BARS_WITH_TEXT
    scale = pane.down if pane.lies else pane.across
    texts = [
        _value_text(scale, index, [(mark.label, height)], pane.values)
        for index, height in enumerate(mark.heights)
    ]
    pane.add(
        go.Bar(
            x=heights if pane.lies else rows,
            y=rows if pane.lies else heights,
            orientation="h" if pane.lies else "v",
            width=thickness,
            offset=first,
            marker={"color": pane.theme.roles[mark.role], "line": {"width": 0}},
            name=markup(mark.label),
            text=[_bar_text(h, pane) for h in mark.heights] if has_text else None,
            textposition="outside" if has_text else "none",
            textfont={"size": 9, "color": pane.theme.third},
            customdata=texts,
            hovertemplate=HOVER,
            **{"error_x" if pane.lies else "error_y": _intervals(mark, heights, pane)},
        )
    )
    add_missing(mark.heights, pane, mark.missing)
    _add_odd_rows(mark.heights, pane, pane.values)


@draw.register
def _(mark: Band, pane: PlotlyPane) -> None:
    colour = pane.theme.roles[mark.role]
    places = [
        [pane.across.place(value) for value in values]
        for values in (mark.low, mark.middle, mark.high)
    ]
    x: list[Number] = []
    y: list[Number] = []
    for row, (low, _, high) in enumerate(zip(*places, strict=True)):
        if low is not None and high is not None:
            x += [low, high, None]
            y += [row, row, None]
    pane.add(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": colour, "width": 7},
            opacity=0.35,
            hoverinfo="skip",
            name=markup(f"{mark.label}: from low to high"),
        )
    )
    names = ("low", "middle", "high")
    rows = zip(mark.low, mark.middle, mark.high, strict=True)
    pane.add(
        go.Scatter(
            x=places[1],
            y=list(range(len(mark.middle))),
            mode="markers",
            marker={"color": colour, "size": 7},
            name=markup(mark.label),
            customdata=[
                _value_text(pane.down, row, list(zip(names, values, strict=True)), pane.across)
                for row, values in enumerate(rows)
            ],
            hovertemplate=HOVER,
        )
    )
    add_missing(mark.middle, pane)
    for values in (mark.low, mark.middle, mark.high):
        _add_odd_rows(values, pane, pane.across)


@draw.register
def _(mark: Histogram, pane: PlotlyPane) -> None:
    edges = [pane.across.place(edge) or 0.0 for edge in mark.edges]
    pairs = list(itertools.pairwise(edges))
    ranges = zip(mark.edges[:-1], mark.edges[1:], mark.counts, strict=True)
    pane.add(
        go.Bar(
            x=[(left + right) / 2 for left, right in pairs],
            y=[count / pane.down.factor for count in mark.counts],
            width=[0.94 * (right - left) for left, right in pairs],
            marker={"color": pane.theme.roles[mark.role], "opacity": 0.85},
            name=markup(mark.label),
            customdata=[
                f"{number_text(left)} to {number_text(right)}<br>{pane.down.text(count)} values"
                for left, right, count in ranges
            ],
            hovertemplate=HOVER,
        )
    )
    if mark.zero:
        share = mark.zero / (mark.zero + sum(mark.counts))
        pane.add(
            go.Bar(
                x=[pane.across.place(0.0)],
                y=[mark.zero / pane.down.factor],
                width=0.4 if pane.across.kind == "symlog" else 0.02 * (edges[-1] - edges[0]),
                marker={"color": pane.theme.text},
                name="exact zeros",
                text=f"exact zeros {share:.1%}",
                textposition="outside",
                textfont={"size": 10, "color": pane.theme.second},
                constraintext="none",
                cliponaxis=False,
                customdata=[f"exactly 0<br>{pane.down.text(mark.zero)} values, {share:.1%}"],
                hovertemplate=HOVER,
            )
        )


@draw.register
def _(mark: Heatmap, pane: PlotlyPane) -> None:
    low, high = cell_range(mark)
    rows, columns = range(len(mark.values)), range(max(map(len, mark.values), default=0))
    steps = pane.theme.diverging if mark.scale == "symlog" else pane.theme.sequential
    colours = [[i / 8, colour] for i, colour in enumerate(steps)]
    if low == 0 and mark.scale == "linear":
        colours = [[0, pane.theme.empty], [1e-6, pane.theme.sequential[0]], *colours[1:]]
    unit = f" ({mark.unit})" if mark.unit else ""
    pane.add(
        go.Heatmap(
            z=[[_on_colours(v, mark) for v in values] for values in mark.values],
            x=list(columns),
            y=list(rows),
            zmin=low if mark.scale == "linear" else 0,
            zmax=high if mark.scale == "linear" else 1,
            colorscale=colours,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            text=[[markup(cell_text(mark, row, column)) for column in columns] for row in rows],
            texttemplate="%{text}",
            customdata=[[_cell_hover(mark, row, c, pane) for c in columns] for row in rows],
            hovertemplate=HOVER,
            name=markup(mark.label),
            colorbar={
                "title": {"text": markup(mark.label + unit), "side": "right"},
                "thickness": 10,
                "outlinewidth": 0,
                "x": pane.domain.across[1],
                "y": sum(pane.domain.down) / 2,
                "len": 0.7 * (pane.domain.down[1] - pane.domain.down[0]),
                "tickfont": {"size": 10},
                **_colour_ticks(mark, low, high),
            },
        )
    )
    _add_cells_without_number(mark, pane)


@draw.register
def _(mark: Rule, pane: PlotlyPane) -> None:
    stands = (mark.axis == "x") != pane.lies
    scale, other = (pane.across, pane.down) if stands else (pane.down, pane.across)
    place = scale.place(mark.value)
    if place is None:
        return
    ends = (-0.5, len(other.ticks) - 0.5) if other.kind == "category" else pane.ends(other)
    text = f"{mark.label}: {scale.text(mark.value)}"
    pane.add(
        go.Scatter(
            x=[place, place] if stands else list(ends),
            y=list(ends) if stands else [place, place],
            mode="lines+text",
            line=(
                {"color": pane.theme.text, "width": 1.5}
                if any(isinstance(other, Heatmap) for other in pane.panel.marks)
                else {"color": pane.theme.axis, "width": 1, "dash": "dot"}
            ),
            text=[markup(short(mark.label, 48)), ""],
            textposition="top right",
            textfont={"size": 10, "color": pane.theme.third},
            name=markup(mark.label),
            customdata=[markup(text)] * 2,
            hovertemplate=HOVER,
        )
    )


def _on_colours(value: Number, mark: Heatmap) -> Number:
    """Where a value lies on the scale of the colours; None for one without a place."""
    if value is None or not math.isfinite(value):
        return None
    return value if mark.scale == "linear" else colour_place(mark, value)


def _colour_ticks(mark: Heatmap, low: float, high: float) -> dict[str, Any]:
    if mark.scale == "linear":
        return {}
    values = [low, math.sqrt(low * high) if mark.scale == "log" else 0.0, high]
    places = [colour_place(mark, value) for value in values]
    return {"tickvals": places, "ticktext": [number_text(value) for value in values]}


def _point_text(mark: Line, index: int, pane: PlotlyPane) -> str:
    x, y = pane.across.text(mark.x[index]), pane.down.text(mark.y[index])
    return markup(f"{mark.label}: {y}") + f"<br>{markup(pane.across.title)} {x}"


def _value_text(names: Scale, index: int, values: list[tuple[str, Number]], scale: Scale) -> str:
    lines = [f"{markup(name)}: {markup(scale.text(value))}" for name, value in values]
    return "<br>".join([f"<b>{markup(names.ticks[index][1])}</b>", *lines])


def _bar_text(height: Number, pane: PlotlyPane) -> str:
    known = height is not None and not pane.values.oddity(height)
    return number_text(height / pane.values.factor) if known and height is not None else ""


def _cell_hover(mark: Heatmap, row: int, column: int, pane: PlotlyPane) -> str:
    value = mark.values[row][column]
    number = "not measured" if value is None else f"{number_text(value)} {mark.unit}".rstrip()
    own = f" ({markup(mark.text[row][column])})" if mark.text and mark.text[row][column] else ""
    return (
        f"{markup(pane.down.title)}: {markup(pane.down.ticks[row][1])}<br>"
        f"{markup(pane.across.title)}: {markup(pane.across.ticks[column][1])}<br>{number}{own}"
    )


def _intervals(mark: Bars, heights: list[Number], pane: PlotlyPane) -> dict[str, Any]:
    if not mark.low or not mark.high:
        return {"visible": False}
    lows = [pane.values.place(value) for value in mark.low]
    highs = [pane.values.place(value) for value in mark.high]

    def reach(ends: list[Number], sign: int) -> list[Number]:
        pairs = zip(heights, ends, strict=True)
        return [None if h is None or e is None else sign * (e - h) for h, e in pairs]

    return {
        "type": "data",
        "symmetric": False,
        "array": reach(highs, 1),
        "arrayminus": reach(lows, -1),
        "color": pane.theme.text,
        "thickness": 1,
    }


def add_missing(values: tuple[Number, ...], pane: PlotlyPane, words: tuple[str, ...] = ()) -> None:
    """Hatch the categories that have no value, and say why: nothing was measured, or `words`."""
    rows = [index for index, value in enumerate(values) if value is None]
    if not rows:
        return
    scale = pane.across if pane.names else pane.down
    low, high = pane.ends(scale)
    lengths, bases = [high - low] * len(rows), [low] * len(rows)
    names = pane.down if pane.names else pane.across
    pane.add(
        go.Bar(
            x=lengths if pane.names else rows,
            y=rows if pane.names else lengths,
            base=bases,
            width=0.8,
            orientation="h" if pane.names else "v",
            marker=hatch(pane),
            name="not measured",
            customdata=[
                f"<b>{markup(names.ticks[row][1])}</b><br>"
                f"{markup(words[row] if words else 'not measured')}"
                for row in rows
            ],
            hovertemplate=HOVER,
        )
    )


def _add_odd_points(mark: Line, pane: PlotlyPane) -> None:
    """Points that have no place on the vertical axis: in a lane along its edge."""
    low, high = pane.ends(pane.down)
    kinds = [pane.down.oddity(y) for y in mark.y]
    for kind in dict.fromkeys(filter(None, kinds)):
        found = [index for index, which in enumerate(kinds) if which == kind]
        pane.add(
            go.Scatter(
                x=[pane.across.place(mark.x[index]) for index in found],
                y=[high if kind in ("NaN", "Inf") else low] * len(found),
                mode="markers",
                marker={
                    "symbol": _SYMBOLS.get(kind, "triangle-down"),
                    "size": 8,
                    "color": pane.theme.odd,
                    "line": {"color": pane.theme.odd, "width": 2},
                },
                cliponaxis=False,
                name=markup(f"{mark.label}: {kind} ×{len(found):,}"),
                customdata=[_point_text(mark, index, pane) for index in found],
                hovertemplate=HOVER,
            )
        )


def _add_odd_rows(values: tuple[Number, ...], pane: PlotlyPane, scale: Scale) -> None:
    """Values by category that have no place: in words, at the edge towards which they lie."""
    low, high = pane.ends(scale)
    found = [(row, scale.oddity(value)) for row, value in enumerate(values) if scale.oddity(value)]
    if not found:
        return
    rows = [row for row, _ in found]
    edges = [high if kind == "Inf" else low for _, kind in found]
    names = pane.down if pane.names else pane.across
    pane.add(
        go.Scatter(
            x=edges if pane.names else rows,
            y=rows if pane.names else edges,
            mode="text",
            text=[markup(f"{ODD_GLYPHS[kind]} {kind}") for _, kind in found],
            textposition="middle right" if pane.names else "top center",
            textfont={"size": 11, "color": pane.theme.odd},
            cliponaxis=False,
            name="no place on the axis",
            customdata=[f"<b>{markup(names.ticks[row][1])}</b><br>{markup(k)}" for row, k in found],
            hovertemplate=HOVER,
        )
    )


def _add_cells_without_number(mark: Heatmap, pane: PlotlyPane) -> None:
    cells = [(r, c, v) for r, row in enumerate(mark.values) for c, v in enumerate(row)]
    missing = [(r, c) for r, c, value in cells if value is None]
    odd = [(r, c, v) for r, c, v in cells if v is not None and _on_colours(v, mark) is None]
    if missing:
        pane.add(
            go.Bar(
                x=[column for _, column in missing],
                y=[1.0] * len(missing),
                base=[row - 0.5 for row, _ in missing],
                width=1,
                marker=hatch(pane),
                name="not measured",
                customdata=[_cell_hover(mark, row, column, pane) for row, column in missing],
                hovertemplate=HOVER,
            )
        )
    if odd:
        pane.add(
            go.Scatter(
                x=[column for _, column, _ in odd],
                y=[row for row, _, _ in odd],
                mode="text",
                text=[number_text(value) for _, _, value in odd],
                textfont={"size": 11, "color": pane.theme.odd},
                name="not finite",
                customdata=[_cell_hover(mark, row, column, pane) for row, column, _ in odd],
                hovertemplate=HOVER,
            )
        )
