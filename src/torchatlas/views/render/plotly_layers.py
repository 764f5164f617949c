"""Ridges and points as Plotly traces."""

from __future__ import annotations

import math
from itertools import groupby

import plotly.graph_objects as go

from torchatlas.run import Envelope, Ridges, Role, Scatter, Zone
from torchatlas.views.render.names import short
from torchatlas.views.render.plotly_marks import add_missing, draw
from torchatlas.views.render.plotly_pane import HOVER, PlotlyPane, markup
from torchatlas.views.render.points import Lane, glyph_of, lane_counts, lanes, placed
from torchatlas.views.render.ridge import ridge_figures, ridge_outline, zero_height
from torchatlas.views.render.scale import Scale

_SYMBOLS: dict[Role, str] = {
    "conv": "circle",
    "norm": "square",
    "elementwise": "triangle-up",
    "linear": "x",
    "pool": "diamond",
    "host": "line-ew",
}
_ODD_SYMBOLS = {"NaN": "x-thin", "Inf": "triangle-up", "−Inf": "triangle-down"}


@draw.register
def _(mark: Ridges, pane: PlotlyPane) -> None:
    colour = pane.theme.roles[mark.role]
    for row, shares in enumerate(mark.shares):
        outline = ridge_outline(mark, row, pane.across)
        if not outline:
            continue
        is_filled = mark.filled == "all" or row == len(mark.shares) - 1
        text = f"<b>{markup(pane.down.ticks[row][1])}</b><br>{markup(ridge_figures(mark, row))}"
        pane.add(
            go.Scatter(
                x=[x for x, _ in outline],
                y=[row - height for _, height in outline],
                mode="lines",
                line={"color": colour, "width": 1},
                fill="toself",
                fillcolor=_faded(colour, 0.5) if is_filled else pane.theme.background,
                hoveron="fills",
                text=text,
                hoverinfo="text",
                name=markup(short(pane.down.ticks[row][1], 40)),
            )
        )
        zero, place = zero_height(mark, row), pane.across.place(0.0)
        if zero and shares:
            pane.add(
                go.Scatter(
                    x=[place, place],
                    y=[row, row - zero],
                    mode="lines",
                    line={"color": pane.theme.text, "width": 2},
                    customdata=[text] * 2,
                    hovertemplate=HOVER,
                    name="exact zeros",
                )
            )
    measured = tuple(float(row) if shares else None for row, shares in enumerate(mark.shares))
    add_missing(measured, pane, mark.missing)


@draw.register
def _(mark: Envelope, pane: PlotlyPane) -> None:
    """Each unbroken stretch as an outline of its own, since Plotly would fill across the breaks."""
    colour = pane.theme.roles[mark.role]
    points = [
        (pane.across.place(x), pane.down.place(low), pane.down.place(high), index)
        for index, (x, low, high) in enumerate(zip(mark.x, mark.low, mark.high, strict=True))
    ]
    for is_whole, stretch in groupby(points, key=lambda point: None not in point):
        found = list(stretch)
        if not is_whole:
            continue
        there = [(x, high) for x, _, high, _ in found]
        back = [(x, low) for x, low, _, _ in reversed(found)]
        pane.add(
            go.Scatter(
                x=[x for x, _ in [*there, *back]],
                y=[y for _, y in [*there, *back]],
                mode="lines",
                line={"width": 0},
                fill="toself",
                fillcolor=_faded(colour, mark.strength),
                hoverinfo="skip",
                name=markup(mark.label),
            )
        )


@draw.register
def _(mark: Zone, pane: PlotlyPane) -> None:
    scale = pane.across if mark.axis == "x" else pane.down
    other = pane.down if mark.axis == "x" else pane.across
    low, high = scale.place(mark.low), scale.place(mark.high)
    if low is None or high is None:
        return
    ends = (-0.5, len(other.ticks) - 0.5) if other.kind == "category" else pane.ends(other)
    along, across = [low, high, high, low], [ends[0], ends[0], ends[1], ends[1]]
    pattern = {"shape": "/", "size": 6, "fgcolor": pane.theme.axis, "bgcolor": "rgba(0,0,0,0)"}
    pane.add(
        go.Scatter(
            x=along if mark.axis == "x" else across,
            y=across if mark.axis == "x" else along,
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=_faded(pane.theme.axis, 0.14),
            **({"fillpattern": pattern} if mark.hatched else {}),
            hoveron="fills",
            text=markup(mark.label),
            hoverinfo="text",
            name=markup(mark.label),
        )
    )
    pane.figure.add_annotation(
        text=markup(short(mark.label, 48)),
        x=_axis_place(low, scale) if mark.axis == "x" else 0,
        y=1 if mark.axis == "x" else _axis_place(high, scale),
        xref=pane.ref("x") if mark.axis == "x" else f"{pane.ref('x')} domain",
        yref=f"{pane.ref('y')} domain" if mark.axis == "x" else pane.ref("y"),
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font={"size": 10, "color": pane.theme.third},
    )


def _axis_place(place: float, scale: Scale) -> float:
    """A position as annotations take it: those of a logarithmic axis are exponents."""
    return math.log10(place) if scale.kind == "log" else place


@draw.register
def _(mark: Scatter, pane: PlotlyPane) -> None:
    points = placed(mark, pane.across, pane.down)
    labels = [markup(short(mark.names[i], 28)) if i in mark.labelled else "" for i, _, _ in points]
    colour = pane.theme.roles[mark.role]
    pane.add(
        go.Scatter(
            x=[x for _, x, _ in points],
            y=[y for _, _, y in points],
            mode="markers+text",
            marker={
                "symbol": _SYMBOLS.get(mark.role, "circle"),
                "size": 9,
                "color": colour,
                "line": {"color": colour, "width": 2}
                if mark.role == "host"
                else {"color": pane.theme.text, "width": 0.5},
            },
            text=labels,
            textposition="top right",
            textfont={"size": 10, "color": pane.theme.second},
            name=markup(mark.label),
            customdata=[_point_text(mark, index, pane) for index, _, _ in points],
            hovertemplate=HOVER,
        )
    )
    for lane in lanes(mark, pane.across, pane.down):
        _add_lane(mark, lane, pane)


def _add_lane(mark: Scatter, lane: Lane, pane: PlotlyPane) -> None:
    """Points that have no place on an axis: hollow, at its end."""
    scale, other = (pane.across, pane.down) if lane.axis == "x" else (pane.down, pane.across)
    end = pane.ends(scale)[0 if lane.is_low else 1]
    others = mark.y if lane.axis == "x" else mark.x
    known = [index for index in lane.indices if other.place(others[index]) is not None]
    along = [other.place(others[index]) for index in known]
    is_odd = lane.why in _ODD_SYMBOLS
    colour = pane.theme.odd if is_odd else pane.theme.roles[mark.role]
    symbol = _ODD_SYMBOLS.get(lane.why) or f"{_SYMBOLS.get(mark.role, 'circle')}-open"
    pane.add(
        go.Scatter(
            x=[end] * len(known) if lane.axis == "x" else along,
            y=along if lane.axis == "x" else [end] * len(known),
            mode="markers",
            marker={"symbol": symbol, "size": 8, "color": colour, "line": {"width": 1.5}},
            cliponaxis=False,
            name=markup(f"{mark.label}: {lane.why} ×{len(lane.indices):,}"),
            customdata=[_point_text(mark, index, pane) for index in known],
            hovertemplate=HOVER,
        )
    )


def write_legend(pane: PlotlyPane) -> None:
    """The classes of points by shape and name, and how many points have no place."""
    marks = [mark for mark in pane.panel.marks if isinstance(mark, Scatter)]
    if not marks:
        return
    keys = [f"{glyph_of(mark.role)} {markup(short(mark.label, 24))}" for mark in marks]
    beside = [markup(text) for text in lane_counts(pane.panel, pane.across, pane.down)]
    pane.write("  ".join([*keys, *beside]), 0, 1, -6, "top", pane.theme.second)


def _point_text(mark: Scatter, index: int, pane: PlotlyPane) -> str:
    name = mark.names[index] if mark.names else mark.label
    x, y = pane.across.text(mark.x[index]), pane.down.text(mark.y[index])
    lines = [f"{pane.panel.x.label}: {x}", f"{pane.panel.y.label}: {y}"]
    return "<br>".join([f"<b>{markup(name)}</b>", *map(markup, lines)])


def _faded(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
