"""What matplotlib and seaborn draw alike: intervals, labels, and values that have no place."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import (
    Colormap,
    LinearSegmentedColormap,
    LogNorm,
    Normalize,
    SymLogNorm,
    to_hex,
)
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from torchatlas.run import Band, Bars, Heatmap, Histogram, Line, Ridges, Role, Scatter
from torchatlas.run.view import Number
from torchatlas.views.render.matrix import DECADES, cell_range, cell_text
from torchatlas.views.render.names import short
from torchatlas.views.render.pane import Pane
from torchatlas.views.render.points import lanes
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.ridge import ridge_figures
from torchatlas.views.render.scale import ODD_GLYPHS
from torchatlas.views.render.theme import Theme, ink_on

FloatArray = npt.NDArray[np.float64]
_MOST_BARS_WITH_TEXT = 70
_MARKERS = {"NaN": "x", "Inf": "^", "−Inf": "v", "0": "v", "< 0": "v"}
_LOW_SIDE = ("−Inf", "0", "< 0")
MARKERS: dict[Role, str] = {
    "conv": "o",
    "norm": "s",
    "elementwise": "^",
    "linear": "x",
    "pool": "D",
    "host": "_",
}
_MOST_ROWS_WITH_TEXT = 120


def bar_places(mark: Bars, pane: Pane) -> tuple[FloatArray, float]:
    """Where the bars of a mark stand among those of the same category, and how thick they are."""
    bars = pane.bars()
    thickness = 0.72 / len(bars)
    offset = (bars.index(mark) - (len(bars) - 1) / 2) * thickness
    return np.arange(len(mark.heights), dtype=np.float64) + offset, thickness


def mark_intervals(mark: Bars, pane: Pane) -> None:
    """The interval of each bar that has one."""
    positions, _ = bar_places(mark, pane)
    ends = [
        (place, pane.values.place(low), pane.values.place(high))
        for place, height, low, high in zip(
            positions, mark.heights, mark.low, mark.high, strict=False
        )
        if pane.values.place(height) is not None
    ]
    known = [(at, low, high) for at, low, high in ends if low is not None and high is not None]
    draw_lines = pane.axes.hlines if pane.lies else pane.axes.vlines
    if known:
        at, low, high = zip(*known, strict=True)
        draw_lines(at, low, high, color=pane.theme.text, linewidth=1.2)


def label_bars(mark: Bars, pane: Pane) -> None:
    """The value at the end of each lying bar, where there is room."""
    most = min(pane.most_names, _MOST_BARS_WITH_TEXT)
    if not pane.lies or len(mark.heights) * len(pane.bars()) > most:
        return
    positions, _ = bar_places(mark, pane)
    for at, height in zip(positions, mark.heights, strict=True):
        place = pane.values.place(height)
        if place is not None and height is not None:
            text = number_text(height / pane.values.factor)
            pane.axes.annotate(
                text,
                (place, at),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=pane.theme.third,
            )


def mark_missing(values: tuple[Number, ...], pane: Pane, words: tuple[str, ...] = ()) -> None:
    """Hatch the categories that have no value, and say why: nothing was measured, or `words`."""
    span = pane.axes.axhspan if pane.names else pane.axes.axvspan
    for index, value in enumerate(values):
        if value is None:
            span(
                index - 0.4,
                index + 0.4,
                facecolor="none",
                edgecolor=pane.theme.grid,
                hatch="////",
                linewidth=0,
            )
            if pane.names:
                _note_row(
                    index, words[index] if words else "not measured", 0.02, pane, pane.theme.third
                )


def mark_odd_points(mark: Line, pane: Pane) -> None:
    """Points of a line that have no place on the vertical axis: in a lane along its edge."""
    found = [
        (x, pane.down.oddity(y))
        for x, y in zip(mark.x, mark.y, strict=True)
        if pane.across.place(x) is not None and pane.down.oddity(y)
    ]
    for kind, count in Counter(kind for _, kind in found).items():
        is_low = kind in _LOW_SIDE
        places = np.array([pane.across.place(x) for x, which in found if which == kind], float)
        pane.axes.plot(
            places,
            [-0.02 if is_low else 1.02] * count,
            _MARKERS[kind],
            transform=pane.axes.get_xaxis_transform(),
            color=pane.theme.odd,
            markersize=5,
            clip_on=False,
            label=f"{mark.label}: {kind}",
        )
        pane.odd_counts.append(f"{short(mark.label, 20)} {kind} ×{count:,}")


def mark_odd_rows(mark: Bars | Band, pane: Pane) -> None:
    """Values by category that have no place: in words, at the edge towards which they lie."""
    series = (mark.low, mark.middle, mark.high) if isinstance(mark, Band) else (mark.heights,)
    scale = pane.across if isinstance(mark, Band) else pane.values
    for index, values in enumerate(zip(*series, strict=True)):
        for kind in dict.fromkeys(filter(None, map(scale.oddity, values))):
            text = kind if kind in ("0", "< 0") else f"{ODD_GLYPHS[kind]} {kind}"
            if pane.names:
                _note_row(index, text, 0.98 if kind == "Inf" else 0.02, pane, pane.theme.odd)
            else:
                pane.axes.annotate(
                    text,
                    (index, 0.02),
                    xycoords=pane.axes.get_xaxis_transform(),
                    ha="center",
                    fontsize=8,
                    color=pane.theme.odd,
                )


def _note_row(index: int, text: str, across: float, pane: Pane, colour: str) -> None:
    pane.axes.annotate(
        text,
        (across, index),
        xycoords=pane.axes.get_yaxis_transform(),
        ha="right" if across > 0.5 else "left",
        va="center",
        fontsize=7.5,
        color=colour,
        bbox={"facecolor": pane.theme.background, "edgecolor": "none", "pad": 0.5},
    )


def mark_lanes(mark: Scatter, pane: Pane) -> None:
    """Points that have no place on an axis: hollow, along its edge; how many is counted."""
    for lane in lanes(mark, pane.across, pane.down):
        at = (-0.02 if lane.is_low else 1.02, *lane.indices)
        others = mark.y if lane.axis == "x" else mark.x
        scale = pane.down if lane.axis == "x" else pane.across
        places = [scale.place(others[index]) for index in lane.indices]
        known = [place for place in places if place is not None]
        edge = [at[0]] * len(known)
        transform = (
            pane.axes.get_yaxis_transform() if lane.axis == "x" else pane.axes.get_xaxis_transform()
        )
        is_odd = lane.why in ("NaN", "Inf", "−Inf")
        pane.axes.plot(
            edge if lane.axis == "x" else known,
            known if lane.axis == "x" else edge,
            _MARKERS.get(lane.why, "o") if is_odd else MARKERS.get(mark.role, "o"),
            transform=transform,
            markerfacecolor="none",
            markeredgecolor=pane.theme.odd if is_odd else pane.theme.roles[mark.role],
            markersize=5,
            clip_on=False,
            label=f"{mark.label}: {lane.why}",
        )


def point_edge(mark: Scatter, pane: Pane) -> dict[str, Any]:
    """An outline for filled points, so that light ones stand out from the background too."""
    if mark.role in ("linear", "host"):
        return {"linewidth": 1.5}
    return {"linewidth": 0.6, "edgecolor": pane.theme.text}


def note_names(mark: Scatter, pane: Pane) -> None:
    """Note the names of points; they are written when the limits are known."""
    for index in mark.labelled:
        x, y = pane.across.place(mark.x[index]), pane.down.place(mark.y[index])
        if x is not None and y is not None:
            pane.point_names.append((x, y, short(mark.names[index], 28)))


def write_ridge_figures(mark: Ridges, pane: Pane) -> None:
    """Spread, zeros and what is not finite, at the right of each ridge."""
    if len(mark.shares) > min(pane.most_names, _MOST_ROWS_WITH_TEXT):
        return
    for row in range(len(mark.shares)):
        is_odd = bool(mark.odd and mark.odd[row])
        pane.axes.annotate(
            short(ridge_figures(mark, row), 40),
            (1, row),
            (4, 0),
            xycoords=pane.axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=pane.theme.odd if is_odd else pane.theme.third,
        )


def draw_zero_bar(mark: Histogram, pane: Pane) -> None:
    """Exact zeros as a bar of their own at zero, with their share."""
    place = pane.across.place(0.0)
    if not mark.zero or place is None:
        return
    share = mark.zero / (mark.zero + sum(mark.counts))
    height = mark.zero / pane.down.factor
    width = 0.4 if pane.across.kind == "symlog" else 0.02 * (mark.edges[-1] - mark.edges[0])
    pane.axes.bar([place], [height], width, color=pane.theme.text, label="exact zeros")
    pane.axes.annotate(
        f"exact zeros {share:.1%}",
        (place, height),
        (0, 2),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=pane.theme.second,
    )


def colour_map(theme: Theme, mark: Heatmap) -> Colormap:
    """The map of a matrix; when a sequential one starts at 0, a cell of 0 is drawn as empty."""
    is_signed = mark.scale == "symlog"
    low = cell_range(mark)[0]
    steps = theme.diverging if is_signed else theme.sequential
    colours = LinearSegmentedColormap.from_list("torchatlas", steps, N=256)
    return colours.with_extremes(bad=theme.background, under=theme.empty if low == 0 else None)


def colour_scale(mark: Heatmap) -> Normalize:
    """From the lowest to the highest finite value; 0 lies just under it."""
    low, high = cell_range(mark)
    if mark.scale == "log":
        return LogNorm(low, high)
    if mark.scale == "symlog":
        return SymLogNorm(high / 10**DECADES, vmin=low, vmax=high, base=10)
    return Normalize(high * 1e-6 if low == 0 else low, high)


def write_cells(mark: Heatmap, pane: Pane) -> None:
    """Text in the cells of a small matrix, and a word or hatch on cells without a number."""
    colours, scale = colour_map(pane.theme, mark), colour_scale(mark)
    for row, values in enumerate(mark.values):
        for column, value in enumerate(values):
            if value is None:
                _hatch_cell(row, column, pane)
                continue
            text = cell_text(mark, row, column)
            is_finite = bool(np.isfinite(value))
            has_colour = is_finite and (mark.scale != "log" or value > 0)
            ink = ink_on(to_hex(colours(float(scale(value))))) if has_colour else pane.theme.odd
            if text:
                pane.axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=ink)


def _hatch_cell(row: int, column: int, pane: Pane) -> None:
    corner = [column - 0.5, column + 0.5, column + 0.5, column - 0.5]
    sides = [row - 0.5, row - 0.5, row + 0.5, row + 0.5]
    pane.axes.fill(corner, sides, fill=False, hatch="////", edgecolor=pane.theme.axis, linewidth=0)


def add_colour_bar(mark: Heatmap, pane: Pane) -> None:
    """The legend of a matrix, with its unit."""
    figure = pane.axes.get_figure()
    assert figure is not None
    colours = ScalarMappable(colour_scale(mark), colour_map(pane.theme, mark))
    bar = figure.colorbar(colours, ax=pane.axes, shrink=0.6, aspect=24, pad=0.02)
    bar.outline.set_visible(False)
    unit = f" ({mark.unit})" if mark.unit else ""
    bar.set_label(short(mark.label, 40) + unit, color=pane.theme.second)
    if mark.scale == "linear":
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_text(value)))
    bar.ax.tick_params(length=0)
