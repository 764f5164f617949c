"""A table as the page has it: rows are appended to it, or it begins anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torchatlas.run import Cell, Column, Table, to_json


class Mark(NamedTuple):
    """How far somebody has read a table: `begun` counts how often it began anew."""

    begun: int
    length: int


class ShownTable:
    """Rows in the order in which the page was handed them.

    Attributes:
        mark: the end of the table now.
    """

    def __init__(self, name: str, columns: tuple[Column, ...]) -> None:
        """An empty table."""
        self.name = name
        self.columns = columns
        self._cells: dict[str, list[Cell]] = {column.name: [] for column in columns}
        self._begun = 0

    @property
    def mark(self) -> Mark:
        """The end of the table now."""
        return Mark(self._begun, len(self))

    def __len__(self) -> int:
        return len(next(iter(self._cells.values()), ()))

    def append(self, cells: Mapping[str, Sequence[Cell]]) -> None:
        """Add rows; a column that is left out was not measured in them."""
        length = max((len(column) for column in cells.values()), default=0)
        for name, column in self._cells.items():
            column.extend(cells.get(name) or [None] * length)

    def begin_anew(self, cells: Mapping[str, Sequence[Cell]]) -> None:
        """Hold these rows and no others: what was read before is void."""
        self._begun += 1
        self._cells = {name: list(cells.get(name) or ()) for name in self._cells}

    def table(self) -> Table:
        """The table for whoever works with it now: it is not to be kept while rows come."""
        return Table(self.name, self.columns, self._cells)

    def since(self, mark: Mark | None) -> dict[str, Any] | None:
        """What somebody lacks who has read up to a mark, as JSON values; None if nothing.

        `from` is the row that the first of the new cells is: 0 says that the table begins anew.
        """
        start = 0 if mark is None or mark.begun != self._begun else mark.length
        if mark == self.mark:
            return None
        return {
            "from": start,
            "columns": to_json(self.columns) if start == 0 else [],
            "cells": {name: to_json(column[start:]) for name, column in self._cells.items()},
        }
