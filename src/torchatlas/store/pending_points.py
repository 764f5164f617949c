"""Points that were found many at once, kept until it is their turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.store.scalar_shapes import Lot


@dataclass(slots=True)
class _Waiting:
    """Points of one series in the order of their records, of which `done` have been added."""

    series: Any
    records: IntArray
    steps: IntArray
    times: FloatArray
    values: FloatArray
    done: int = 0


@dataclass(slots=True)
class PendingPoints:
    """Adds points to their series in the order in which they stand in the file.

    Points found at once belong between others that are read one by one.
    """

    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    def put(self, lots: Iterable[tuple[IntArray, Lot]]) -> None:
        """Keep points; each lot comes with the number of the record of each."""
        by_series: dict[int, list[tuple[IntArray, Lot]]] = {}
        for numbers, lot in lots:
            by_series.setdefault(id(lot.series), []).append((numbers, lot))
        for key, own in by_series.items():
            records = np.concatenate([numbers for numbers, _ in own])
            order = np.argsort(records, kind="stable")
            self._waiting[key] = _Waiting(
                own[0][1].series,
                records[order],
                np.concatenate([lot.steps for _, lot in own])[order],
                np.concatenate([lot.times for _, lot in own])[order],
                np.concatenate([lot.values for _, lot in own])[order],
            )

    def add_before(self, series: Any, record: int) -> None:
        """Add what a series has in records before one."""
        waiting = self._waiting.get(id(series))
        if waiting is not None:
            self._add(waiting, int(np.searchsorted(waiting.records, record)))

    def add_all(self) -> None:
        """Add everything that is left."""
        for waiting in self._waiting.values():
            self._add(waiting, len(waiting.records))
        self._waiting.clear()

    @staticmethod
    def _add(waiting: _Waiting, until: int) -> None:
        new = slice(waiting.done, until)
        waiting.series.extend(waiting.steps[new], waiting.times[new], waiting.values[new])
        waiting.done = max(waiting.done, until)
