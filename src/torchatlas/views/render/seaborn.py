"""Draws a view with seaborn, in the same frame as matplotlib."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D

from torchatlas.run import Band, Bars, Heatmap, Histogram, Line, Scatter, View
from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.views.render import matplotlib as plain
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
)
from torchatlas.views.render.pane import Pane
from torchatlas.views.render.points import placed


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
def draw(mark: Any, pane: Pane) -> None:
    """Draw one mark on a pane; what seaborn has no plot for is left to matplotlib."""
    plain.draw(mark, pane)


@draw.register
def _(mark: Line, pane: Pane) -> None:
    frame = pd.DataFrame(
        {
            "x": np.array([pane.across.place(value) for value in mark.x], float),
            "y": np.array([pane.down.place(value) for value in mark.y], float),
        }
    )
    # seaborn joins the points on both sides of a missing one, so each stretch is a unit of its own
    frame["stretch"] = frame["y"].isna().cumsum()
    known = frame.dropna()
    if not known.empty:
        _plot_line(mark, known, pane)
    pane.end_label(mark)
    mark_odd_points(mark, pane)


def _plot_line(mark: Line, frame: pd.DataFrame, pane: Pane) -> None:
    sns.lineplot(
        frame,
        x="x",
        y="y",
        units="stretch",
        estimator=None,
        sort=False,
        ax=pane.axes,
        color=pane.theme.roles[mark.role],
        linestyle=(0, (4, 2)) if mark.dashed else "-",
        linewidth=1.6,
        marker="o" if mark.markers else None,
        markersize=4,
        label=mark.label,
        legend=False,
    )


@draw.register
def _(mark: Bars, pane: Pane) -> None:
    positions, thickness = bar_places(mark, pane)
    heights = np.array([pane.values.place(height) for height in mark.heights], float)
    sns.barplot(
        x=heights if pane.lies else positions,
        y=positions if pane.lies else heights,
        orient="y" if pane.lies else "x",
        native_scale=True,
        width=thickness,
        errorbar=None,
        ax=pane.axes,
        color=pane.theme.roles[mark.role],
        saturation=1,
        label=mark.label,
        legend=False,
    )
    mark_intervals(mark, pane)
    label_bars(mark, pane)
    mark_missing(mark.heights, pane, mark.missing)
    mark_odd_rows(mark, pane)


@draw.register
def _(mark: Band, pane: Pane) -> None:
    places = np.array(
        [[pane.across.place(v) for v in values] for values in (mark.low, mark.middle, mark.high)],
        float,
    )
    rows = np.arange(places.shape[1])
    whole = ~np.isnan(places).any(axis=0)
    if whole.any():
        _plot_band(mark, places[:, whole], rows[whole], pane)
    lone = ~whole & ~np.isnan(places[1])
    if lone.any():
        colour = pane.theme.roles[mark.role]
        sns.scatterplot(x=places[1][lone], y=rows[lone], color=colour, ax=pane.axes, legend=False)
    mark_missing(mark.middle, pane)
    mark_odd_rows(mark, pane)


def _plot_band(mark: Band, places: FloatArray, rows: IntArray, pane: Pane) -> None:
    """Of a row's three numbers the median is the middle one, and they span from low to high."""
    sns.pointplot(
        x=places.ravel(),
        y=np.tile(rows, 3),
        orient="y",
        native_scale=True,
        estimator="median",
        errorbar=("pi", 100),
        linestyle="none",
        markersize=pane.stroke(4),
        err_kws={"linewidth": pane.stroke(5), "alpha": 0.35},
        color=pane.theme.roles[mark.role],
        ax=pane.axes,
        label=mark.label,
        legend=False,
    )


@draw.register
def _(mark: Histogram, pane: Pane) -> None:
    edges = np.array([pane.across.place(edge) for edge in mark.edges], float)
    sns.histplot(
        x=(edges[:-1] + edges[1:]) / 2,
        weights=np.array(mark.counts) / pane.down.factor,
        bins=edges.tolist(),
        ax=pane.axes,
        color=pane.theme.roles[mark.role],
        edgecolor=pane.theme.background,
        alpha=0.85,
        label=mark.label,
        legend=False,
    )
    draw_zero_bar(mark, pane)


@draw.register
def _(mark: Heatmap, pane: Pane) -> None:
    values = np.array(mark.values, float)
    sns.heatmap(
        values,
        mask=~np.isfinite(values),
        cmap=colour_map(pane.theme, mark),
        norm=colour_scale(mark),
        linewidths=0.8,
        linecolor=pane.theme.background,
        cbar=False,
        xticklabels=False,
        yticklabels=False,
        ax=pane.axes,
    )
    # seaborn's cells begin at 0, the pane's are centred on whole numbers
    cells = pane.axes.collections[-1]
    cells.set_transform(Affine2D().translate(-0.5, -0.5) + pane.axes.transData)
    write_cells(mark, pane)
    add_colour_bar(mark, pane)


@draw.register
def _(mark: Scatter, pane: Pane) -> None:
    points = placed(mark, pane.across, pane.down)
    sns.scatterplot(
        x=[x for _, x, _ in points],
        y=[y for _, _, y in points],
        s=30,
        marker=MARKERS.get(mark.role, "o"),
        color=pane.theme.roles[mark.role],
        **point_edge(mark, pane),
        ax=pane.axes,
        label=mark.label,
        legend=False,
        zorder=3,
    )
    mark_lanes(mark, pane)
    note_names(mark, pane)
