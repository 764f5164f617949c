"""Draws the architecture with Plotly: to pan and zoom, with facts under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from torchatlas.views.render.paper.drawing import Box, Drawing, DrawnNode, Path, Text, positive
from torchatlas.views.render.plotly_pane import markup
from torchatlas.views.render.theme import FONTS, ink_on

_QUARTER = 0.5523
_TALLEST = 4000


def interactive(drawing: Drawing, *, width: float | None = None) -> go.Figure:
    """The drawing as an interactive figure.

    Args:
        width: in pixels; the drawing's own if left out, and the height follows. Words keep their
            size in pixels, so they fit best at the drawing's own.
    """
    shown = drawing.width if width is None else positive("width", width)
    height = min(_TALLEST, drawing.height * shown / drawing.width)
    made = go.Figure()
    made.add_trace(_hover(drawing))
    made.update_layout(
        template="none",
        width=round(shown),
        height=round(height),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=drawing.background,
        plot_bgcolor=drawing.background,
        showlegend=False,
        hovermode="closest",
        dragmode="pan",
        font={"family": ", ".join([*FONTS, "sans-serif"])},
        hoverlabel={"bgcolor": drawing.background, "font": {"color": ink_on(drawing.background)}},
        shapes=list(_shapes(drawing)),
        annotations=[_annotation(text) for text in drawing.texts],
        xaxis={"visible": False, "range": [0, drawing.width], "constrain": "domain"},
        yaxis={"visible": False, "range": [drawing.height, 0], "scaleanchor": "x"},
    )
    return made


def _hover(drawing: Drawing) -> go.Scatter:
    """Marks that are not seen, on the middle of what is closed and the head of what is open."""
    return go.Scatter(
        x=[node.x + node.width / 2 for node in drawing.nodes],
        y=[node.y + (13 if node.open else node.height / 2) for node in drawing.nodes],
        mode="markers",
        marker={"size": 26, "opacity": 0},
        hovertext=[_facts(node, drawing.legend) for node in drawing.nodes],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[node.id for node in drawing.nodes],
    )


def _facts(node: DrawnNode, legend: str | None) -> str:
    lines = [f"<b>{markup(node.title)}</b> {markup(node.detail)}", markup(node.id)]
    if node.count > 1:
        lines.append(f"{node.count} that are identical")
    if node.value is not None:
        lines.append(f"{markup(legend or '')}: {markup(node.value)}")
    elif node.state == "unmeasured":
        lines.append(f"{markup(legend or '')}: not measured")
    return "<br>".join(lines)


def _shapes(drawing: Drawing) -> Iterator[dict[str, Any]]:
    """Neighbouring marks with the same paint in one shape, since few shapes are drawn quickly."""
    lines = [mark for mark in drawing.marks if not isinstance(mark, Text)]
    for (fill, stroke, line_width, dash), marks in groupby(
        lines, key=lambda mark: (mark.fill, mark.stroke, mark.line_width, mark.dash)
    ):
        yield {
            "type": "path",
            "path": " ".join(map(_outline, marks)),
            "fillcolor": fill or "rgba(0,0,0,0)",
            "line": {
                "color": stroke or "rgba(0,0,0,0)",
                "width": line_width if stroke else 0,
                "dash": ",".join(f"{length:g}px" for length in dash) or "solid",
            },
            "layer": "below",
        }


def _outline(mark: Box | Path) -> str:
    if isinstance(mark, Path):
        return " ".join(
            f"{segment[0]}{' '.join(f'{number:.2f}' for number in segment[1:])}"
            for segment in mark.segments
        )
    left, top, right, bottom = mark.x, mark.y, mark.x + mark.width, mark.y + mark.height
    r = min(mark.radius, mark.height / 2, mark.width / 2)
    k = r * (1 - _QUARTER)
    corners = (
        f"M{left + r:.2f} {top:.2f} L{right - r:.2f} {top:.2f}",
        f"C{right - k:.2f} {top:.2f} {right:.2f} {top + k:.2f} {right:.2f} {top + r:.2f}",
        f"L{right:.2f} {bottom - r:.2f}",
        f"C{right:.2f} {bottom - k:.2f} {right - k:.2f} {bottom:.2f} {right - r:.2f} {bottom:.2f}",
        f"L{left + r:.2f} {bottom:.2f}",
        f"C{left + k:.2f} {bottom:.2f} {left:.2f} {bottom - k:.2f} {left:.2f} {bottom - r:.2f}",
        f"L{left:.2f} {top + r:.2f}",
        f"C{left:.2f} {top + k:.2f} {left + k:.2f} {top:.2f} {left + r:.2f} {top:.2f} Z",
    )
    return " ".join(corners)


def _annotation(text: Text) -> dict[str, Any]:
    return {
        "x": text.x,
        "y": text.y - text.size * 0.364,
        "text": markup(text.text),
        "showarrow": False,
        "xanchor": "right" if text.anchor == "end" else "left",
        "yanchor": "middle",
        "borderpad": 0,
        "font": {"size": text.size, "color": text.colour, "weight": text.weight},
        "bgcolor": text.halo,
    }
