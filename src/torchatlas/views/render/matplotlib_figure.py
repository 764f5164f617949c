"""The figure around the marks: title, panels in rows, axes, notes and what was not measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal

from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from torchatlas.run import Heatmap, Panel, Scatter, View
from torchatlas.views.render.arrange import panel_rows, row_names, shares_names
from torchatlas.views.render.names import distinct, one_line, short, wrapped
from torchatlas.views.render.pane import LONGEST_NAME, Pane
from torchatlas.views.render.points import lane_counts
from torchatlas.views.render.quantity import number_text, power_of_ten, tick_text
from torchatlas.views.render.ridge import room_above
from torchatlas.views.render.scale import Scale, is_blank
from torchatlas.views.render.theme import FONTS, Theme, theme_named

Draw = Callable[[Any, Pane], None]
"""Draws one mark on a pane."""

_WIDTH_IN = 10.0
_HEADER_IN = 0.72
_LINE_IN = 0.19
_MOST_NOTES = 6
_LABEL_STEP = 0.075
"""Least distance of the labels at the ends of lines, as a share of the panel's height."""

_NAME_STEP = 0.06
"""The same of the names of points."""

_PAD_OVER_LEGEND = 20.0
_MOST_NAMES_ACROSS = 70
_MOST_NAMES_OF_MATRIX = 60
_MOST_ROWS = 160
"""More rows than this make a figure no higher, and their names are thinned out."""


class ViewFigure(Figure):
    """A figure that no pyplot state knows and that notebooks show all the same."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=144)
        return buffer.getvalue()


def draw_view(
    view: View, draw: Draw, figsize: tuple[float, float] | None, theme_name: str
) -> Figure:
    """The figure of a view, each mark drawn by `draw`."""
    theme = theme_named(theme_name)
    rows = panel_rows(view.panels)
    notes = _gap_notes(view)
    heights = [_row_height(row) for row in rows]
    footer = _LINE_IN * (sum(note.count("\n") + 1 for note in notes) + 1) if notes and rows else 0.1
    size = figsize or (_WIDTH_IN, _HEADER_IN + (sum(heights) or 1.2) + footer)
    with rc_context(_style(theme)):
        figure = ViewFigure(figsize=size, facecolor=theme.background)
        figure.set_layout_engine(_layout(size, footer))
        _write_header(figure, view, theme, size)
        if rows:
            _draw_rows(figure, rows, heights, draw, theme, _names_that_fit(figsize, len(rows)))
            _write_footer(figure, notes, theme, size)
        else:
            reasons = "\n".join(notes) or "Not measured."
            _draw_not_measured(figure.add_subplot(), reasons, theme)
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names may hold a dollar sign
    return figure


def _names_that_fit(figsize: tuple[float, float] | None, rows: int) -> int:
    """How many names one under another have room in each row of panels."""
    if figsize is None:
        return _MOST_ROWS
    height_of_row = (figsize[1] - _HEADER_IN) / rows - 0.9
    return max(int(height_of_row / 0.15), 4)


def _style(theme: Theme) -> dict[Any, Any]:
    installed = set(font_manager.get_font_names())
    return {
        "font.family": [name for name in FONTS if name in installed],
        "font.size": 9,
        "text.usetex": False,
        "text.color": theme.text,
        "axes.facecolor": theme.background,
        "axes.edgecolor": theme.axis,
        "axes.labelcolor": theme.second,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "xtick.color": theme.third,
        "ytick.color": theme.third,
        "grid.color": theme.grid,
        "grid.linewidth": 0.8,
        "hatch.linewidth": 0.6,
        "hatch.color": theme.grid,
    }


def _layout(size: tuple[float, float], footer: float) -> ConstrainedLayoutEngine:
    bottom = footer / size[1]
    top = 1 - _HEADER_IN / size[1]
    return ConstrainedLayoutEngine(
        w_pad=0.08,
        h_pad=0.08,
        hspace=0.02,
        wspace=0.03,
        rect=(0, bottom, 1, max(top - bottom, 0.1)),
    )


def _row_height(row: tuple[Panel, ...]) -> float:
    names = max(len(row_names(panel)) for panel in row)
    notes = max(len(_note_lines(panel, len(row))) for panel in row)
    if any(isinstance(mark, Heatmap) for panel in row for mark in panel.marks):
        below = max(
            len(short(name, LONGEST_NAME)) for panel in row for name in (*panel.x.categories, "")
        )
        lowest = 1.6 if names == 1 else 2.6
        height = min(max(lowest, 0.26 * names + 1.4), 9.5) if len(row) == 1 else 4.2
        height += 0.07 * min(below, LONGEST_NAME)
    elif names:
        height = 0.9 + (0.2 if names <= 40 else 0.165) * min(names, _MOST_ROWS)
    else:
        names = max(len(panel.x.categories) for panel in row)
        height = 4.1 if names else 2.9
    return height + _LINE_IN * notes


def _note_lines(panel: Panel, beside: int) -> list[str]:
    return wrapped(panel.note, 120 // beside).splitlines() if panel.note else []


def _gap_notes(view: View) -> list[str]:
    notes = [wrapped(f"Not measured: {gap}", 125) for gap in view.gaps[:_MOST_NOTES]]
    more = len(view.gaps) - _MOST_NOTES
    return [*notes, f"and {more:,} more gaps"] if more > 0 else notes


def _write_header(figure: Figure, view: View, theme: Theme, size: tuple[float, float]) -> None:
    left = 0.16 / size[0]
    figure.text(
        left,
        1 - 0.16 / size[1],
        one_line(view.title),
        fontsize=14,
        fontweight="bold",
        va="top",
    )
    subtitle = one_line(view.subtitle)
    figure.text(left, 1 - 0.44 / size[1], subtitle, fontsize=10, color=theme.second, va="top")


def _write_footer(
    figure: Figure, notes: list[str], theme: Theme, size: tuple[float, float]
) -> None:
    if notes:
        text = "\n".join(notes)
        place = (0.16 / size[0], 0.1 / size[1])
        figure.text(*place, text, fontsize=8.5, color=theme.second, va="bottom")


def _draw_not_measured(axes: Axes, text: str, theme: Theme) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, linestyle="--", color=theme.axis)
    axes.patch.set(hatch="///", edgecolor=theme.grid)
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=theme.second,
        bbox={"facecolor": theme.background, "edgecolor": "none", "pad": 6},
    )


def _draw_rows(
    figure: Figure,
    rows: list[tuple[Panel, ...]],
    heights: list[float],
    draw: Draw,
    theme: Theme,
    most_names: int,
) -> None:
    grid = figure.add_gridspec(len(rows), 1, height_ratios=heights)
    for index, row in enumerate(rows):
        joined = shares_names(row)
        cells = grid[index].subgridspec(1, len(row))
        left: Axes | None = None
        for column, panel in enumerate(row):
            axes = figure.add_subplot(cells[column], sharey=left if joined else None)
            left = left or axes
            if is_blank(panel):
                title = short(panel.title, 40)
                _draw_not_measured(axes, f"{title}: not measured", theme)
                continue
            pane = Pane.on(axes, panel, theme, most_names)
            axes.set_xscale("log" if pane.across.kind == "log" else "linear")
            axes.set_yscale("log" if pane.down.kind == "log" else "linear")
            for mark in panel.marks:
                draw(mark, pane)
            _dress(pane, beside=len(row), named=not (joined and column))
            _label_ends(pane)
            _name_points(pane)
            _count_odd(pane)
            _add_legend(pane)


def _dress(pane: Pane, beside: int, named: bool) -> None:
    """Limits, ticks, titles and grid, after the marks, which some libraries title themselves."""
    axes, theme = pane.axes, pane.theme
    title = short(pane.panel.title, 90 // beside)
    pad = _PAD_OVER_LEGEND if len(_legend_labels(pane)) > 1 else None
    axes.set_title(title, loc="left", pad=pad, fontsize=10.5, fontweight="bold", color=theme.text)
    _set_ticks(axes.xaxis, pane.across, _MOST_NAMES_ACROSS)
    is_matrix = any(isinstance(mark, Heatmap) for mark in pane.panel.marks)
    most_names = min(pane.most_names, _MOST_NAMES_OF_MATRIX) if is_matrix else pane.most_names
    _set_ticks(axes.yaxis, pane.down, most_names)
    below = [pane.across.title] * bool(pane.across.title) + _note_lines(pane.panel, beside)
    below += lane_counts(pane.panel, pane.across, pane.down)
    axes.set_xlabel("\n".join(below))
    axes.set_ylabel(pane.down.title)
    axes.tick_params(length=3, labelfontfamily=axes.xaxis.label.get_fontfamily())
    if pane.across.kind == "category":
        axes.set_xlim(-0.5, len(pane.across.ticks) - 0.5)
    if pane.names:
        axes.set_ylim(len(pane.names) - 0.5, -room_above(pane.panel))
        size = 8.5 if len(pane.names) <= 40 else 7.5
        axes.tick_params(axis="y", length=0, labelleft=named, labelsize=size)
        axes.spines["left"].set_visible(False)
    if pane.across.kind == "category" and not is_matrix and not pane.names:
        axes.tick_params(axis="x", length=0, labelrotation=90, labelsize=7)
    if not is_matrix:
        axes.grid(axis="x" if pane.names else "y")
    elif max((len(text) for _, text in pane.across.ticks), default=0) > 3:
        axes.tick_params(axis="x", length=0, labelrotation=90)


def _set_ticks(axis: MatplotlibAxis, scale: Scale, most_names: int) -> None:
    low, high = sorted(axis.get_view_interval())
    if scale.kind == "log":
        spans_few = high < 300 * low
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0) if spans_few else (1.0,), numticks=8))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: _log_tick(value, spans_few)))
    elif scale.kind == "linear":
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value, high)))
    else:
        every = -(-len(scale.ticks) // most_names) if scale.kind == "category" else 1
        ticks = scale.ticks[:: max(every, 1)]
        labels = distinct([text for _, text in ticks], LONGEST_NAME)
        axis.set_ticks([position for position, _ in ticks], labels=labels)


def _log_tick(value: float, spans_few: bool) -> str:
    """A power of ten; on an axis of few decades a plain number where it is not too small."""
    exponent = math.log10(value)
    is_power = abs(exponent - round(exponent)) < 1e-6
    if is_power and not (spans_few and 1e-3 <= value < 1e4):
        return power_of_ten(round(exponent))
    return number_text(value)


def _count_odd(pane: Pane) -> None:
    """How many points lie in the lane along the edge, above it on the right."""
    if pane.odd_counts:
        pane.axes.annotate(
            "  ".join(pane.odd_counts),
            (1, 1),
            (0, 8),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=pane.theme.odd,
        )


def _legend_labels(pane: Pane) -> list[str]:
    return [mark.label for mark in pane.panel.marks if isinstance(mark, Scatter)]


def _add_legend(pane: Pane) -> None:
    """The shapes of several scatter marks, above the axes; one alone is named by the title."""
    labels = _legend_labels(pane)
    if len(labels) <= 1:
        return
    handles, names = pane.axes.get_legend_handles_labels()
    kept = [at for at, name in enumerate(names) if name in labels]
    pane.axes.legend(
        [handles[at] for at in kept],
        [short(names[at], 24) for at in kept],
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.99),
        ncols=len(kept),
        fontsize=7.5,
        frameon=False,
        labelcolor=pane.theme.second,
        handletextpad=0.1,
        columnspacing=0.7,
    )


def _name_points(pane: Pane) -> None:
    """Names beside their points, towards the middle of the axes, pushed apart in height."""
    axes = pane.axes
    axes.get_ylim()  # brings the limits up to date with what was drawn
    into_axes = axes.transScale + axes.transLimits
    lowest = {"left": -math.inf, "right": -math.inf}
    for x, y, text in sorted(pane.point_names, key=lambda point: point[1]):
        across, height = map(float, into_axes.transform((x, y)))
        side: Literal["left", "right"] = "right" if across > 0.5 else "left"
        lowest[side] = max(height, lowest[side] + _NAME_STEP)
        axes.annotate(
            text,
            (across, lowest[side]),
            (-7 if side == "right" else 7, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=7.5,
            color=pane.theme.second,
        )


def _label_ends(pane: Pane) -> None:
    """Write the label of each line at its end, pushed apart where they would overlap."""
    axes = pane.axes
    axes.get_ylim()  # brings the limits up to date with what was drawn
    into_axes = axes.transScale + axes.transLimits
    lowest = -math.inf
    for x, y, text, colour in sorted(pane.line_ends, key=lambda end: end[1]):
        wanted = float(into_axes.transform((x, y))[1])
        lowest = max(wanted, lowest + _LABEL_STEP)
        axes.annotate(
            short(text, 28),
            (1, lowest),
            (5, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            fontweight="bold",
            fontsize=8.5,
            color=colour,
        )
