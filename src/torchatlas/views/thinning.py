"""Makes long curves short enough to draw without hiding a spike."""

from __future__ import annotations

import math
from itertools import groupby

Points = list[tuple[int, float | None]]

MOST = 1_000
"""More points than this are not told apart on a screen."""


def thinned(points: Points, most: int = MOST) -> Points:
    """At most about `most` points: the lowest and highest of each stretch, and the two ends.

    The first value of a stretch that is missing, NaN or infinite is kept too, so that a break or a
    divergence stays visible.
    """
    if len(points) <= most:
        return points
    width = math.ceil(2 * len(points) / most)
    keep = {0, len(points) - 1}
    for _, stretch in groupby(range(len(points)), key=lambda index: index // width):
        keep |= _telling(points, list(stretch))
    return [points[index] for index in sorted(keep)]


def _telling(points: Points, stretch: list[int]) -> set[int]:
    values = {index: points[index][1] for index in stretch}
    finite = {i: y for i, y in values.items() if y is not None and math.isfinite(y)}
    odd = [index for index in stretch if index not in finite]
    keep = set(odd[:1])
    if finite:
        keep |= {min(finite, key=lambda i: finite[i]), max(finite, key=lambda i: finite[i])}
    return keep


def evenly(count: int, most: int) -> list[int]:
    """Positions of at most `most` of so many things: the first, the last, and evenly between."""
    if count <= most:
        return list(range(count))
    step = (count - 1) / (most - 1)
    return [math.floor(i * step + 0.5) for i in range(most)]
