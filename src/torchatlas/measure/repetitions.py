"""Repetitions in a sequence: where something is followed by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LONGEST_PERIOD = 1000
"""Longer periods are not looked for, which keeps the search linear in the sequence."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """A stretch in which every item equals the one `period` before it, at least two periods long.

    It can grow neither to the left nor to the right, and has no shorter period.
    """

    start: int
    end: int
    period: int


def repetitions(items: Sequence[int]) -> list[Repetition]:
    """Every repetition in a sequence of numbers, the shortest periods first."""
    count = len(items)
    if len(set(items)) == count:
        return []
    values = np.asarray(items, np.int64)
    found: dict[tuple[int, int], Repetition] = {}
    for period in range(1, min(count // 2, LONGEST_PERIOD) + 1):
        same = values[:-period] == values[period:]
        if np.count_nonzero(same) < period:
            continue
        edges = np.concatenate(([-1], np.flatnonzero(~same), [count - period]))
        lengths = np.diff(edges) - 1
        for at in np.flatnonzero(lengths >= period).tolist():
            start = int(edges[at]) + 1
            end = start + int(lengths[at]) + period
            found.setdefault((start, end), Repetition(start, end, period))
    return list(found.values())
