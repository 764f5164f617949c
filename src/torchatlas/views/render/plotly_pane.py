"""One pair of Plotly axes on which a panel is being drawn."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import Any, Literal

import plotly.graph_objects as go

from torchatlas.run import Bars, Heatmap, Histogram, Line, Panel, Scatter
from torchatlas.views.render.arrange import lies, row_names
from torchatlas.views.render.names import one_line, short
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.ruler import Ruler
from torchatlas.views.render.scale import Scale, scale_on, values_on
from torchatlas.views.render.theme import Theme

_MARGIN = 0.06
"""Room beyond the lowest and the highest value, as a share of the axis."""
_LABEL_STEP = 0.08
HOVER = "%{customdata}<extra></extra>"
"""What a mark shows under the pointer: the text in its `customdata`."""


def markup(text: str) -> str:
    """Text of strangers as Plotly may show it: no markup, no formula, no control characters."""
    lines = [html.escape(one_line(line)).replace("$", "&#36;") for line in text.split("\n")]
    return "<br>".join(lines)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where axes lie in the figure, as shares of its width from the left and height from below."""

    across: tuple[float, float]
    down: tuple[float, float]


@dataclass(slots=True)
class PlotlyPane:
    """The figure, the number of the axes in it, the panel, and where its values lie."""

    figure: go.Figure
    panel: Panel
    theme: Theme
    number: int
    across: Scale
    down: Scale
    lies: bool
    domain: Domain
    line_ends: list[tuple[float, float, str, str]] = field(default_factory=list)

    @staticmethod
    def on(
        figure: go.Figure, panel: Panel, theme: Theme, number: int, domain: Domain
    ) -> PlotlyPane:
        """The pane of a panel, on axes of its own."""
        x = scale_on(panel, "x")
        y = scale_on(panel, "y")
        turned = lies(panel)
        across, down = (y, x) if turned else (x, y)
        return PlotlyPane(figure, panel, theme, number, across, down, turned, domain)

    @property
    def names(self) -> tuple[str, ...]:
        """The categories from top to bottom."""
        return row_names(self.panel)

    @property
    def values(self) -> Scale:
        """The scale of the bars' heights, whichever way they point."""
        return self.across if self.lies else self.down

    def bars(self) -> list[Bars]:
        """All bars of the panel, which share the room of each category."""
        return [mark for mark in self.panel.marks if isinstance(mark, Bars)]

    def ref(self, which: Literal["x", "y"]) -> str:
        """Name of an axis in traces: `x`, `x2`, ..."""
        return f"{which}{self.number if self.number > 1 else ''}"

    def add(self, trace: Any) -> None:
        """Put a trace on these axes."""
        self.figure.add_trace(trace.update(xaxis=self.ref("x"), yaxis=self.ref("y")))

    def update(self, which: Literal["x", "y"], **settings: Any) -> None:
        """Change an axis."""
        name = f"{which}axis{self.number if self.number > 1 else ''}"
        self.figure.update_layout({name: settings})

    def write(
        self, text: str, x: float, y: float, shift: float, anchor: str, colour: str, **more: Any
    ) -> None:
        """Text at a share of the axes' width and height, `shift` pixels up."""
        self.figure.add_annotation(
            text=text,
            x=x,
            y=y,
            xref=f"{self.ref('x')} domain",
            yref=f"{self.ref('y')} domain",
            yshift=shift,
            showarrow=False,
            align="left",
            xanchor="left",
            yanchor=anchor,
            font={"size": 11 if anchor != "bottom" else 13, "color": colour},
            **more,
        )

    def ends(self, scale: Scale) -> tuple[float, float]:
        """The two positions between which an axis with numbers runs."""
        which: Literal["x", "y"] = "y" if (scale is self.down) != self.lies else "x"
        values = values_on(self.panel, which)
        stands = any(isinstance(mark, Bars | Histogram) for mark in self.panel.marks)
        from_zero = scale is self.values and stands
        ruler = Ruler.over(scale, [*values, 0.0] if from_zero else values)
        low, high = ruler.low, ruler.high
        if scale.kind == "log":
            room = (high / low) ** _MARGIN
            return low / room, high * room
        room = _MARGIN * (high - low)
        return (low if from_zero and low == 0 else low - room), high + (
            2 if from_zero else 1
        ) * room

    def limits(self, scale: Scale) -> list[float] | None:
        """The range of an axis as Plotly takes it; None where it finds its own."""
        if scale.kind == "category":
            return [-0.5, len(scale.ticks) - 0.5]
        if any(isinstance(mark, Heatmap) for mark in self.panel.marks):
            return None
        ends = self.ends(scale)
        return [math.log10(end) for end in ends] if scale.kind == "log" else list(ends)

    def end_label(self, line: Line) -> None:
        """Note the label of a line; `label_ends` writes it."""
        low, high = self.ends(self.down)
        ruler = Ruler(self.down, low, high)
        for y in reversed(line.y):
            along = ruler.along(y)
            if along is not None and y is not None:
                value = number_text(y / self.down.factor)
                is_guide = any(isinstance(mark, Scatter) for mark in self.panel.marks)
                text = short(line.label, 24) if is_guide else f"{short(line.label, 20)} {value}"
                self.line_ends.append((1.0, along, text, self.theme.roles[line.role]))
                return

    def label_ends(self) -> None:
        """Write the label of each line at its end, pushed apart where they would overlap."""
        lowest = -math.inf
        for x, y, text, colour in sorted(self.line_ends, key=lambda end: end[1]):
            lowest = max(y, lowest + _LABEL_STEP)
            self.write(f"<b>{markup(text)}</b>", x, lowest, 0, "middle", colour, xshift=4)


def hatch(pane: PlotlyPane) -> dict[str, Any]:
    """How bars look that stand for what was not measured."""
    pattern = {"shape": "/", "size": 6, "fgcolor": pane.theme.grid, "bgcolor": "rgba(0,0,0,0)"}
    return {"color": "rgba(0,0,0,0)", "pattern": pattern, "line": {"width": 0}}
