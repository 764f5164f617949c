"""One pair of matplotlib axes on which a panel is being drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.axes import Axes

from torchatlas.run import Bars, Line, Panel, Scatter
from torchatlas.views.render.arrange import lies, row_names
from torchatlas.views.render.quantity import number_text
from torchatlas.views.render.scale import Scale, scale_on
from torchatlas.views.render.theme import Theme

LONGEST_NAME = 42


@dataclass(slots=True)
class Pane:
    """The axes, the panel, and where its values lie.

    Attributes:
        across, down: the scales of the horizontal and the vertical axis as drawn; those of the
            panel, exchanged when its bars lie.
        most_names: how many names one under another have room.
        line_ends: position and text of the label at the end of each line drawn so far.
        point_names: position and text of the names of the points drawn so far.
        odd_counts: how many points have no place on the axes, in words.
    """

    axes: Axes
    panel: Panel
    theme: Theme
    across: Scale
    down: Scale
    lies: bool
    most_names: int
    line_ends: list[tuple[float, float, str, str]] = field(default_factory=list)
    point_names: list[tuple[float, float, str]] = field(default_factory=list)
    odd_counts: list[str] = field(default_factory=list)

    @staticmethod
    def on(axes: Axes, panel: Panel, theme: Theme, most_names: int) -> Pane:
        """The pane of a panel."""
        x = scale_on(panel, "x")
        y = scale_on(panel, "y")
        turned = lies(panel)
        return Pane(axes, panel, theme, y if turned else x, x if turned else y, turned, most_names)

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

    def stroke(self, points: float) -> float:
        """A stroke of this many points, thinner where the rows are too many for it."""
        return points * min(1.0, self.most_names / max(len(self.names), 1))

    def end_label(self, line: Line) -> None:
        """Note the label of a line; `label_ends` writes it when the limits are known."""
        for x, y in zip(reversed(line.x), reversed(line.y), strict=True):
            across, down = self.across.place(x), self.down.place(y)
            if across is not None and down is not None and y is not None:
                value = number_text(y / self.down.factor)
                is_guide = any(isinstance(mark, Scatter) for mark in self.panel.marks)
                text = line.label if is_guide else f"{line.label} {value}"
                self.line_ends.append((across, down, text, self.theme.roles[line.role]))
                return
