"""Norms of all tensors of a model at one step, as they stand in event files.

Which tensors there are is written once, as a numbered table: one event whose values have the tags
`tensors/TABLE/POSITION/NAME` and hold (elements, elements looked at). From then on each step adds
one record a quantity, tag `norms/QUANTITY/TABLE`: an array [2, tensors] of norms and of counts of
NaN and infinity. TensorBoard leaves these tags alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from torchatlas.run import Cell
from torchatlas.store.event_file import EventFile
from torchatlas.store.event_log import EventLog
from torchatlas.store.events import Value

NOT_COUNTED = -1
"""In the place of a count: there may be NaN and infinities, and nobody counted them."""
NOT_MEASURED = -2
"""In the place of a count: the tensor had no values (a frozen parameter has no gradient)."""

_TABLE, _NORMS = "tensors", "norms"
_Entry = tuple[str, int, int]
"""Name, elements, and elements looked at."""


class NormWriter:
    """Turns norms into values of events, and tells when a new table has to come first."""

    def __init__(self) -> None:
        self._tables: dict[tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]], int] = {}

    def values(
        self,
        quantity: str,
        names: Sequence[str],
        elements: Sequence[int],
        sampled: Sequence[int],
        norms: Sequence[float],
        nonfinite: Sequence[int],
    ) -> tuple[tuple[Value, ...], Value]:
        """The values of the table, none where it is known already, and those of the record."""
        key = (tuple(names), tuple(elements), tuple(sampled))
        known = key in self._tables
        number = self._tables.setdefault(key, len(self._tables))
        table = () if known else _table_values(number, *key)
        record = np.array([norms, nonfinite], np.float64)
        return table, Value(f"{_NORMS}/{quantity}/{number}", record, "torchatlas")


def norm_rows(
    log: EventLog, since: int, place: Callable[[str, str, int, int], dict[str, Cell]]
) -> list[dict[str, Cell]]:
    """Rows of the table `norms` that came after a version; with 0, all.

    A record whose table was lost to damage, or does not fit, gives none.

    Args:
        place: gives the key columns of a row, from quantity, tensor, step and rank.
    """
    rows: list[dict[str, Cell]] = []
    tables: dict[Path, dict[str, list[_Entry]]] = {}
    for part in log.parts("tensors"):
        kind, _, rest = part.tag.partition("/")
        quantity, _, number = rest.rpartition("/")
        chosen = part.chosen(since)
        if kind != _NORMS or not part.file.own or not chosen.size:
            continue
        if part.file.path not in tables:
            tables[part.file.path] = _tables(part.file)
        table = tables[part.file.path].get(number, [])
        for step, index in zip(part.steps(chosen).tolist(), chosen.tolist(), strict=True):
            numbers = part.series.values[index].numbers
            if numbers.shape != (2, len(table)):
                continue
            for (name, elements, sampled), norm, count in zip(
                table, *numbers.tolist(), strict=True
            ):
                if count != NOT_MEASURED:
                    rows.append(
                        place(quantity, name, step, part.file.rank)
                        | {"norm": norm, "elements": elements, "sampled": sampled}
                        | {"nonfinite": None if count == NOT_COUNTED else int(count)}
                    )
    return rows


def _tables(file: EventFile) -> dict[str, list[_Entry]]:
    """The tables that a file tells of, by number; those of steps taken again, too."""
    entries: dict[str, list[tuple[int, _Entry]]] = {}
    for tag, series in file.tensors.items():
        kind, _, rest = tag.partition("/")
        number, _, named = rest.partition("/")
        position, _, name = named.partition("/")
        if kind != _TABLE or not position.isdecimal() or not len(series):
            continue
        numbers = series.values[-1].numbers
        if numbers.shape == (2,):
            elements, sampled = numbers.tolist()
            entry = (name, int(elements), int(sampled))
            entries.setdefault(number, []).append((int(position), entry))
    return {number: [entry for _, entry in sorted(found)] for number, found in entries.items()}


def _table_values(
    number: int, names: tuple[str, ...], elements: tuple[int, ...], sampled: tuple[int, ...]
) -> tuple[Value, ...]:
    return tuple(
        Value(
            f"{_TABLE}/{number}/{position}/{name}",
            np.array([count, looked_at], np.float64),
            "torchatlas",
        )
        for position, (name, count, looked_at) in enumerate(
            zip(names, elements, sampled, strict=True)
        )
    )
