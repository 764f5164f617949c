"""The scalars of a run as the page has them: all of a short series, the extremes of a long one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from torchatlas.measure.extremes import extremes
from torchatlas.run import TABLES, Table, View, build_table, to_json
from torchatlas.serve.shown_table import ShownTable
from torchatlas.store import ScalarSeries

MOST_POINTS = 1_000
"""A series is thinned to half of this whenever it has more."""

DETAIL_POINTS = 2_000
"""Of the stretch of a series that is looked at closely."""

Key = tuple[str, str | None, int]
"""Name, split and rank."""
Cells = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Of a series: how many points were looked at, how many rows show them, and the last point."""

    taken: int
    rows: int
    last: tuple[int, Any]


class ShownScalars:
    """The table `scalars` with at most some thousand rows a series.

    A new point is one new row. When a series has too many, the extremes of each stretch of it are
    kept and the table begins anew: a page that follows is sent a few rows a second, and now and
    then a table that is never large.
    """

    def __init__(self) -> None:
        """No series yet."""
        self.table = ShownTable("scalars", TABLES["scalars"])
        self._series: Mapping[Key, ScalarSeries] = {}
        self._shown: dict[Key, _Shown] = {}

    @property
    def points(self) -> int:
        """How many points there are, shown or not."""
        return sum(len(one.steps) for one in self._series.values())

    def take(self, series: Mapping[Key, ScalarSeries]) -> None:
        """Show these series, which are the earlier ones with more points, or others."""
        self._series = series
        if self._is_rewound() or any(self._is_crowded(key) for key in series):
            self._begin_anew()
            return
        for key, one in series.items():
            known = self._shown.get(key)
            taken, rows = (known.taken, known.rows) if known else (0, 0)
            added = len(one.steps) - taken
            if added:
                self.table.append(_cells(key, one, np.arange(taken, taken + added)))
                self._note(key, rows + added)

    def whole_table(self) -> Table:
        """All points as a table, for what reads every one of them."""
        return _joined(
            [_cells(k, one, np.arange(len(one.steps))) for k, one in self._series.items()]
        )

    def detail(self, metric: str, low: float, high: float) -> list[dict[str, Any]]:
        """Each series of a metric between two steps, as JSON values, and a point beyond each end.

        Of a stretch with more than `DETAIL_POINTS` points the extremes are given; `points` says
        how many there are.
        """
        found = []
        for (name, split, rank), one in self._series.items():
            if name != metric:
                continue
            start = max(0, int(np.searchsorted(one.steps, low, "left")) - 1)
            end = min(len(one.steps), int(np.searchsorted(one.steps, high, "right")) + 1)
            steps, values = one.steps[start:end], one.values[start:end]
            kept = extremes(steps, values, DETAIL_POINTS)
            found.append(
                {
                    "split": split,
                    "rank": rank,
                    "x": steps[kept].tolist(),
                    "y": to_json(values[kept]),
                    "points": end - start,
                }
            )
        return found

    def noted(self, view: View) -> View:
        """The curves, with a word under each that shows the extremes of a longer series."""
        return replace(
            view,
            panels=tuple(
                replace(panel, note=" ".join(filter(None, [panel.note, self._said(panel.title)])))
                for panel in view.panels
            ),
        )

    def _said(self, metric: str) -> str:
        long = {
            key[1] or key[0]: len(one.steps)
            for key, one in self._series.items()
            if key[0] == metric and len(one.steps) > self._shown[key].rows
        }
        words = [
            f"{label}: lowest and highest of every few of {points:,} points."
            for label, points in long.items()
        ]
        return " ".join([*words, "Zoom in to see more of them."]) if words else ""

    def _is_crowded(self, key: Key) -> bool:
        """Whether a series would have more rows than it may."""
        known = self._shown.get(key)
        taken, rows = (known.taken, known.rows) if known else (0, 0)
        return rows + len(self._series[key].steps) - taken > MOST_POINTS

    def _is_rewound(self) -> bool:
        """Whether what was shown is not the beginning of what there is now."""
        for key, known in self._shown.items():
            one = self._series.get(key)
            if one is None or len(one.steps) < known.taken:
                return True
            if known.taken and _point(one, known.taken - 1) != known.last:
                return True
        return False

    def _begin_anew(self) -> None:
        self._shown = {}
        parts = []
        for key, one in self._series.items():
            kept = np.arange(len(one.steps))
            if len(kept) > MOST_POINTS:
                kept = extremes(one.steps, one.values, MOST_POINTS // 2)
            parts.append(_cells(key, one, kept))
            self._note(key, len(kept))
        self.table.begin_anew(_joined(parts).cells)

    def _note(self, key: Key, rows: int) -> None:
        one = self._series[key]
        length = len(one.steps)
        self._shown[key] = _Shown(length, rows, _point(one, length - 1) if length else (0, None))


def _point(one: ScalarSeries, index: int) -> tuple[int, Any]:
    """A point that can be compared, also where its value is NaN."""
    return int(one.steps[index]), to_json(float(one.values[index]))


def _cells(key: Key, one: ScalarSeries, kept: np.ndarray) -> Cells:
    name, split, rank = key
    return {
        "name": [name] * len(kept),
        "split": [split] * len(kept),
        "rank": [rank] * len(kept),
        "step": one.steps[kept].tolist(),
        "value": one.values[kept].tolist(),
        "time_s": one.times_s[kept].tolist(),
    }


def _joined(parts: list[Cells]) -> Table:
    columns = [column.name for column in TABLES["scalars"]]
    cells = {name: [cell for part in parts for cell in part[name]] for name in columns}
    return replace(build_table("scalars", []), cells=cells)
