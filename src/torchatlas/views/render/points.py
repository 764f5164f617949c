"""The points of a scatter chart: which have a place, and where the others are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from torchatlas.run import Panel, Role, Scatter
from torchatlas.views.render.names import one_line
from torchatlas.views.render.scale import Scale

GLYPHS: dict[Role, str] = {
    "conv": "●",
    "norm": "■",
    "elementwise": "▲",
    "linear": "×",
    "pool": "◆",
    "host": "–",
}
"""Shape of the points of each class, so that colour is never the only sign."""

_HIGH_SIDE = ("NaN", "Inf")


def glyph_of(role: Role) -> str:
    """The shape of a role's points; a disc for what is no class of nodes."""
    return GLYPHS.get(role, "●")


@dataclass(frozen=True, slots=True)
class Lane:
    """Points that have no place on one axis: on which side of it, why, and where on the other."""

    axis: str
    is_low: bool
    why: str
    indices: tuple[int, ...]


def lanes(mark: Scatter, x: Scale, y: Scale) -> list[Lane]:
    """The lanes beside the axes; a point without a place on both is in that of the y axis."""
    found: dict[tuple[str, str], list[int]] = {}
    for index, point in enumerate(zip(mark.x, mark.y, strict=True)):
        why_x, why_y = (
            _reason(mark, index) if value is None else scale.oddity(value)
            for value, scale in zip(point, (x, y), strict=True)
        )
        if why_y:
            found.setdefault(("y", why_y), []).append(index)
        elif why_x:
            found.setdefault(("x", why_x), []).append(index)
    return [
        Lane(axis, why not in _HIGH_SIDE, why, tuple(indices))
        for (axis, why), indices in found.items()
    ]


def _reason(mark: Scatter, index: int) -> str:
    return (mark.missing[index] if mark.missing else "") or "not measured"


def placed(mark: Scatter, x: Scale, y: Scale) -> list[tuple[int, float, float]]:
    """Index and position of each point that has a place on both axes."""
    points = []
    for index, (across, down) in enumerate(zip(mark.x, mark.y, strict=True)):
        left, low = x.place(across), y.place(down)
        if left is not None and low is not None:
            points.append((index, left, low))
    return points


def lane_counts(panel: Panel, x: Scale, y: Scale) -> list[str]:
    """How many points lie beside the axes, in words, all scatter marks together."""
    counts: Counter[str] = Counter()
    for mark in panel.marks:
        if isinstance(mark, Scatter):
            for lane in lanes(mark, x, y):
                label = one_line((panel.x if lane.axis == "x" else panel.y).label)
                counts[f"{label}: {lane.why}"] += len(lane.indices)
    return [f"{what} ×{count:,}" for what, count in counts.items()]
