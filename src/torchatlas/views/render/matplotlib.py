"""Draws a view with matplotlib alone."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from torchatlas.run import (
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Ridges,
    Rule,
    Scatter,
    View,
    Zone,
)
from torchatlas.views.render.matplotlib_figure import draw_view
from torchatlas.views.render.matplotlib_marks import (
    MARKERS,
    add_colour_bar,
    bar_places,
    colour_map,
    colour_scale,
    draw_zero_bar,
    label_bars,
    mark_intervals,
    mark_lanes,
    mark_missing,
    mark_odd_points,
    mark_odd_rows,
    note_names,
    point_edge,
    write_cells,
    write_ridge_figures,
)
from torchatlas.views.render.names import short
from torchatlas.views.render.pane import Pane
from torchatlas.views.render.points import placed
from torchatlas.views.render.ridge import ridge_outline, zero_height


def render(
    view: View, *, figsize: tuple[float, float] | None = None, theme: str = "light"
) -> Figure:
    """The view as a figure that pyplot does not know; notebooks show it.

    Args:
        figsize: width and height in inches; left out, the height follows the number of rows.
        theme: "light" or "dark".
    """
    return draw_view(view, draw, figsize, theme)


@singledispatch
def draw(mark: Any, pane: Pane) -> None:  # noqa: ARG001 (those registered use it)
    """Draw one mark on a pane."""
    raise TypeError(f"matplotlib draws no {type(mark).__name__}")


@draw.register
def _(mark: Line, pane: Pane) -> None:
    x = [pane.across.place(value) for value in mark.x]
    y = [pane.down.place(value) for value in mark.y]
    pane.axes.plot(
        np.array(x, float),
        np.array(y, float),
        color=pane.theme.roles[mark.role],
        linestyle=(0, (4, 2)) if mark.dashed else "-",
        linewidth=1.6,
        marker="o" if mark.markers else None,
        markersize=3,
        label=mark.label,
    )
    pane.end_label(mark)
    mark_odd_points(mark, pane)


@draw.register
def _(mark: Envelope, pane: Pane) -> None:
    x, low, high = (
        np.array([scale.place(value) for value in values], float)
        for scale, values in ((pane.across, mark.x), (pane.down, mark.low), (pane.down, mark.high))
    )
    pane.axes.fill_between(
        x,
        low,
        high,
        where=(~np.isnan(low + high)).tolist(),
        color=pane.theme.roles[mark.role],
        alpha=mark.strength,
        linewidth=0,
        label=mark.label,
    )


@draw.register
def _(mark: Zone, pane: Pane) -> None:
    stands = (mark.axis == "x") != pane.lies
    scale = pane.across if stands else pane.down
    low, high = scale.place(mark.low), scale.place(mark.high)
    if low is None or high is None:
        return
    span = pane.axes.axvspan if stands else pane.axes.axhspan
    if mark.hatched:
        span(low, high, facecolor="none", edgecolor=pane.theme.axis, hatch="////", linewidth=0)
    else:
        span(low, high, facecolor=pane.theme.axis, alpha=0.14, linewidth=0)
    pane.axes.annotate(
        short(mark.label, 48),
        (low, 1.0) if stands else (0.0, high),
        (4, -10),
        xycoords=("data", "axes fraction") if stands else ("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8,
        color=pane.theme.third,
    )


@draw.register
def _(mark: Bars, pane: Pane) -> None:
    positions, thickness = bar_places(mark, pane)
    heights = [pane.values.place(height) or 0.0 for height in mark.heights]
    draw_bars = pane.axes.barh if pane.lies else pane.axes.bar
    draw_bars(positions, heights, thickness, color=pane.theme.roles[mark.role], label=mark.label)
    mark_intervals(mark, pane)
    label_bars(mark, pane)
    mark_missing(mark.heights, pane, mark.missing)
    mark_odd_rows(mark, pane)


@draw.register
def _(mark: Band, pane: Pane) -> None:
    colour = pane.theme.roles[mark.role]
    low, middle, high = (
        np.array([pane.across.place(value) for value in values], float)
        for values in (mark.low, mark.middle, mark.high)
    )
    rows = np.arange(len(middle))
    stroke = pane.stroke(5)
    whole = ~np.isnan(low + high)
    pane.axes.hlines(
        rows[whole], low[whole], high[whole], color=colour, alpha=0.35, linewidth=stroke
    )
    pane.axes.plot(middle, rows, "o", color=colour, markersize=0.8 * stroke, label=mark.label)
    mark_missing(mark.middle, pane)
    mark_odd_rows(mark, pane)


@draw.register
def _(mark: Histogram, pane: Pane) -> None:
    edges = np.array([pane.across.place(edge) for edge in mark.edges], float)
    pane.axes.bar(
        edges[:-1],
        np.array(mark.counts) / pane.down.factor,
        0.92 * np.diff(edges),
        align="edge",
        color=pane.theme.roles[mark.role],
        alpha=0.85,
        label=mark.label,
    )
    draw_zero_bar(mark, pane)


@draw.register
def _(mark: Heatmap, pane: Pane) -> None:
    values = np.array(mark.values, float)
    pane.axes.pcolormesh(
        np.arange(values.shape[1] + 1) - 0.5,
        np.arange(values.shape[0] + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap=colour_map(pane.theme, mark),
        norm=colour_scale(mark),
        edgecolors=pane.theme.background,
        linewidth=0.8,
    )
    write_cells(mark, pane)
    add_colour_bar(mark, pane)


@draw.register
def _(mark: Ridges, pane: Pane) -> None:
    colour = pane.theme.roles[mark.role]
    for row, shares in enumerate(mark.shares):
        outline = ridge_outline(mark, row, pane.across)
        if not outline:
            continue
        x, height = np.array(outline).T
        is_filled = mark.filled == "all" or row == len(mark.shares) - 1
        face = colour if is_filled else pane.theme.background
        alpha = 0.55 if is_filled else 0.85
        pane.axes.fill_between(x, row, row - height, facecolor=face, alpha=alpha, zorder=2 + row)
        pane.axes.plot(x, row - height, color=colour, linewidth=0.8, zorder=2 + row)
        zero = zero_height(mark, row)
        if zero and shares:
            pane.axes.plot(
                [0.0, 0.0], [row - zero, row], color=pane.theme.text, linewidth=2, zorder=2.1 + row
            )
    measured = tuple(float(row) if shares else None for row, shares in enumerate(mark.shares))
    mark_missing(measured, pane, mark.missing)
    write_ridge_figures(mark, pane)


@draw.register
def _(mark: Scatter, pane: Pane) -> None:
    points = placed(mark, pane.across, pane.down)
    pane.axes.scatter(
        [x for _, x, _ in points],
        [y for _, _, y in points],
        s=28,
        marker=MARKERS.get(mark.role, "o"),
        color=pane.theme.roles[mark.role],
        **point_edge(mark, pane),
        label=mark.label,
        zorder=3,
    )
    mark_lanes(mark, pane)
    note_names(mark, pane)


@draw.register
def _(mark: Rule, pane: Pane) -> None:
    stands = (mark.axis == "x") != pane.lies
    place = (pane.across if stands else pane.down).place(mark.value)
    if place is None:
        return
    line = pane.axes.axvline if stands else pane.axes.axhline
    over_cells = any(isinstance(other, Heatmap) for other in pane.panel.marks)
    ink = pane.theme.text if over_cells else pane.theme.axis
    line(place, color=ink, linestyle="-" if over_cells else ":", linewidth=1.0)
    above = sum(isinstance(one, Rule) for one in pane.panel.marks[: pane.panel.marks.index(mark)])
    pane.axes.annotate(
        short(mark.label, 48),
        (place, 0.0) if stands else (0.0, place),
        (4, 4 + 11 * (above % 3) if stands else 4),  # neighbours stand one above the other
        xycoords=("data", "axes fraction") if stands else ("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8,
        color=pane.theme.third,
    )
