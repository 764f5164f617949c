"""A table with many rows a step, as the page has it: of a long training the rows of some steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from torchatlas.run import Table
from torchatlas.serve.shown_table import ShownTable

MOST_ROWS = {"distributions": 6_000}
"""Of these tables; summaries are large."""

USUAL_ROWS = 20_000


class ShownSteps:
    """A table keyed by step, with at most some thousand rows.

    New rows are added as they come. When there are too many, every second step is left out,
    never the first or the last, and the table begins anew. Of what is left each step is whole:
    steps are thinned of each quantity by itself, and never tensors.
    """

    def __init__(self, table: Table) -> None:
        """Show a table, and what is added to it from now on."""
        self.table = ShownTable(table.name, table.columns)
        self._most = MOST_ROWS.get(table.name, USUAL_ROWS)
        self.add(table)

    def add(self, rows: Table) -> None:
        """Show rows that came."""
        if len(self.table) + len(rows) <= self._most:
            self.table.append(rows.cells)
            return
        shown = self.table.table().cells
        self._thin({name: [*shown[name], *rows.cells[name]] for name in shown})

    def begin_anew(self, rows: Table) -> None:
        """Show these rows: those before do not hold any more."""
        self.table.begin_anew({})
        self.add(rows)

    def _thin(self, cells: dict[str, list[Any]]) -> None:
        groups = _groups(cells)
        steps = {group: sorted({step for step, _ in rows}) for group, rows in groups.items()}
        rows = len(next(iter(cells.values())))
        while rows > self._most // 2:
            fewer = {group: _every_second(of_group) for group, of_group in steps.items()}
            if fewer == steps:
                break
            steps = fewer
            kept = {group: set(of_group) for group, of_group in steps.items()}
            rows = sum(step in kept[group] for group, found in groups.items() for step, _ in found)
        kept = {group: set(of_group) for group, of_group in steps.items()}
        places = sorted(
            place for group, found in groups.items() for step, place in found if step in kept[group]
        )
        self.table.begin_anew({n: [column[i] for i in places] for n, column in cells.items()})


def _groups(cells: dict[str, list[Any]]) -> dict[Any, list[tuple[int, int]]]:
    """Step and place of the rows of each quantity."""
    length = len(next(iter(cells.values())))
    quantities = cells.get("quantity") or [None] * length
    groups: dict[Any, list[tuple[int, int]]] = {}
    for place, (quantity, step) in enumerate(zip(quantities, cells["step"], strict=True)):
        groups.setdefault(quantity, []).append((step or 0, place))
    return groups


def _every_second(steps: Iterable[int]) -> list[int]:
    """About half of the steps, spread evenly over the way, with the first and the last."""
    found = np.array(list(steps))
    if len(found) < 3:
        return [int(step) for step in found]
    wanted = np.linspace(found[0], found[-1], (len(found) + 1) // 2)
    nearest = np.abs(found[:, None] - wanted[None, :]).argmin(axis=0)
    return [int(step) for step in found[np.unique(nearest)]]
