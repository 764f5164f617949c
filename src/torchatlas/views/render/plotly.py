"""Draws a view with Plotly: the numbers behind every mark show when the pointer is on it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from torchatlas.run import Heatmap, Panel, View
from torchatlas.views.render.arrange import panel_rows, row_names, shares_names
from torchatlas.views.render.names import distinct, one_line, short, wrapped
from torchatlas.views.render.plotly_layers import write_legend
from torchatlas.views.render.plotly_marks import draw
from torchatlas.views.render.plotly_pane import Domain, PlotlyPane, markup
from torchatlas.views.render.ridge import room_above
from torchatlas.views.render.scale import Scale, is_blank
from torchatlas.views.render.theme import FONTS, Theme, theme_named

_WIDTH = 960
_HEADER = 116
_LEFT, _RIGHT = 40, 120
_BETWEEN_ROWS = 132
_BETWEEN_PANELS, _BETWEEN_LAYERS = 200, 60
_LINE = 16
_MOST_NAMES_ACROSS, _MOST_ROWS = 70, 200
_MOST_NOTES = 6


def render(
    view: View, *, width: int | None = None, height: int | None = None, theme: str = "light"
) -> go.Figure:
    """The view as an interactive figure.

    Args:
        width, height: in pixels; left out, the height follows the number of rows.
        theme: "light" or "dark".
    """
    look = theme_named(theme)
    figure = go.Figure()
    rows = panel_rows(view.panels)
    notes = _gap_notes(view)
    heights = [_row_height(row) for row in rows]
    footer = _BETWEEN_ROWS - 20 + _LINE * len(notes)
    own_height = _HEADER + sum(heights) + _BETWEEN_ROWS * max(len(rows) - 1, 0) + footer
    _lay_out(figure, view, look, (width or _WIDTH, height or max(own_height, 240)), footer)
    if rows:
        _draw_rows(figure, rows, heights, look)
    _write_gaps(figure, notes, look, is_empty=not rows)
    return figure


def _lay_out(
    figure: go.Figure, view: View, theme: Theme, size: tuple[int, int], footer: int
) -> None:
    figure.update_layout(
        template="none",
        width=size[0],
        height=size[1],
        margin={"l": _LEFT, "r": _RIGHT, "t": _HEADER, "b": footer, "pad": 4},
        paper_bgcolor=theme.background,
        plot_bgcolor=theme.background,
        font={"family": ", ".join([*FONTS, "sans-serif"]), "size": 12, "color": theme.second},
        title={
            "text": f"<b>{markup(view.title)}</b>",
            "subtitle": {"text": markup(view.subtitle), "font": {"size": 12}},
            "font": {"size": 18, "color": theme.text},
            "x": 0.012,
            "xanchor": "left",
            "yref": "container",
            "y": 1 - 24 / size[1],
        },
        hoverlabel={"align": "left"},
        showlegend=False,
        barmode="overlay",
    )


def _row_height(row: tuple[Panel, ...]) -> int:
    names = max(len(row_names(panel)) for panel in row)
    if any(isinstance(mark, Heatmap) for panel in row for mark in panel.marks):
        return min(max(240, 24 * names), 800) if len(row) == 1 else 320
    return 20 + 18 * min(names, _MOST_ROWS) if names else 220


def _draw_rows(
    figure: go.Figure, rows: list[tuple[Panel, ...]], heights: list[int], theme: Theme
) -> None:
    whole = sum(heights) + _BETWEEN_ROWS * (len(rows) - 1)
    count = 0
    top = float(whole)
    for row, height in zip(rows, heights, strict=True):
        first = count + 1
        joined = shares_names(row)
        share = (_BETWEEN_LAYERS if joined else _BETWEEN_PANELS) / (_WIDTH - _LEFT - _RIGHT)
        each = (1 - share * (len(row) - 1)) / len(row)
        for column, panel in enumerate(row):
            count += 1
            left = column * (each + share)
            domain = Domain((left, left + each), ((top - height) / whole, top / whole))
            pane = PlotlyPane.on(figure, panel, theme, count, domain)
            for mark in panel.marks:
                draw(mark, pane)
            _dress(pane)
            if joined and column:
                pane.update("y", matches=f"y{first if first > 1 else ''}", showticklabels=False)
        top -= height + _BETWEEN_ROWS


def _dress(pane: PlotlyPane) -> None:
    domain = pane.domain
    pane.update(
        "x",
        domain=domain.across,
        anchor=pane.ref("y"),
        **_axis(pane, pane.across, _MOST_NAMES_ACROSS),
    )
    pane.update("y", domain=domain.down, anchor=pane.ref("x"), **_axis(pane, pane.down, _MOST_ROWS))
    pane.update("x", automargin=True)
    pane.update("y", automargin=True)
    is_matrix = any(isinstance(mark, Heatmap) for mark in pane.panel.marks)
    pane.update("x", showgrid=bool(pane.names) and not is_matrix)
    pane.update("y", showgrid=not pane.names, showline=not pane.names)
    if pane.names:
        pane.update("y", range=[len(pane.names) - 0.5, -room_above(pane.panel)])
    if is_blank(pane.panel):
        pane.add(go.Scatter(x=[None], y=[None]))  # axes without a trace are not laid out
        pane.write("not measured", 0.4, 0.5, 0, "middle", pane.theme.second)
    title = markup(short(pane.panel.title, 60))
    pane.write(f"<b>{title}</b>", 0, 1, 10, "bottom", pane.theme.text)
    if pane.panel.note:
        lines = wrapped(pane.panel.note, 110 if domain.across[1] - domain.across[0] > 0.6 else 55)
        below = "<br>".join(filter(None, (markup(pane.across.title), markup(lines))))
        pane.update("x", title={"text": below})
    pane.label_ends()
    write_legend(pane)


def _axis(pane: PlotlyPane, scale: Scale, most_names: int) -> dict[str, Any]:
    theme = pane.theme
    drawn: dict[str, Any] = {
        "title": {"text": markup(scale.title), "standoff": 8, "font": {"size": 11}},
        "type": "log" if scale.kind == "log" else "linear",
        "gridcolor": theme.grid,
        "linecolor": theme.axis,
        "tickcolor": theme.axis,
        "tickfont": {"size": 10, "color": theme.third},
        "showline": True,
        "zeroline": False,
        "nticks": 6,
        "ticks": "" if scale.kind == "category" else "outside",
        "ticklen": 4,
        "separatethousands": True,
        "exponentformat": "power" if scale.kind == "log" else "SI",
    }
    if scale.kind in ("category", "symlog"):
        every = -(-len(scale.ticks) // most_names) if scale.kind == "category" else 1
        shown = scale.ticks[:: max(every, 1)]
        drawn["tickvals"] = [position for position, _ in shown]
        drawn["ticktext"] = [markup(text) for text in distinct([text for _, text in shown], 42)]
    limits = pane.limits(scale)
    if limits:
        drawn["range"] = limits
    if limits and scale.kind == "log":
        decades = limits[1] - limits[0]
        drawn["dtick"] = max(1, round(decades / 6)) if decades > 1.5 else "D2"
    return drawn


def _gap_notes(view: View) -> list[str]:
    notes = [f"Not measured: {one_line(gap)}" for gap in view.gaps[:_MOST_NOTES]]
    more = len(view.gaps) - _MOST_NOTES
    lines = [line for note in notes for line in wrapped(note, 130).splitlines()]
    return [*lines, f"and {more:,} more gaps"] if more > 0 else lines


def _write_gaps(figure: go.Figure, notes: list[str], theme: Theme, is_empty: bool) -> None:
    if not notes and not is_empty:
        return
    text = "<br>".join(markup(line) for line in notes or ["Not measured."])
    place = {"x": 0.5, "y": 0.5} if is_empty else {"x": 0, "y": 0, "yanchor": "top", "yshift": -62}
    figure.add_annotation(
        text=text,
        xref="paper",
        yref="paper",
        showarrow=False,
        align="left",
        xanchor="center" if is_empty else "left",
        font={"size": 11, "color": theme.second},
        **place,
    )
    if is_empty:
        figure.add_shape(
            type="rect", xref="paper", yref="paper", x0=0, x1=1, y0=0, y1=1,
            line={"color": theme.axis, "dash": "dash", "width": 1},
        )  # fmt: skip
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
