"""Norms of all tensors of a model at one step, as they stand in event files.

Which tensors there are is written once, as a numbered table: one event whose values have the tags
`tensors/TABLE/POSITION/NAME` and hold (elements, elements looked at). From then on each step adds
one record a quantity, tag `norms/QUANTITY/TABLE`: an array [2, tensors] of norms and of counts of
NaN and infinity. TensorBoard leaves these tags alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from torchatlas.store.events import Event, Value

NOT_COUNTED = -1
"""In the place of a count: there may be NaN and infinities, and nobody counted them."""
NOT_MEASURED = -2
"""In the place of a count: the tensor had no values (a frozen parameter has no gradient)."""

_TABLE, _NORMS = "tensors", "norms"


@dataclass(frozen=True, slots=True)
class NormPoint:
    """The norm of one tensor at one step.

    Attributes:
        norm: L2 norm of all elements, an estimate where `sampled` is less than `elements`.
        nonfinite: how many are NaN or infinite; None where they were not counted.
        elements, sampled: of the tensor, and how many of them were looked at.
    """

    quantity: str
    tensor: str
    step: int
    norm: float
    nonfinite: int | None
    elements: int
    sampled: int


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


class NormReader:
    """Reads the norms of one event file; hand it the events in their order."""

    def __init__(self) -> None:
        self._tables: dict[str, list[tuple[str, int, int]]] = {}

    def read(self, event: Event) -> list[NormPoint]:
        """The norms in an event, none where it holds something else.

        A record whose table was lost to damage, or does not fit, gives none.
        """
        points: list[NormPoint] = []
        entries: dict[str, list[tuple[int, str, int, int]]] = {}
        for value in event.values:
            kind, _, rest = value.tag.partition("/")
            if kind == _TABLE and value.numbers.shape == (2,):
                number, _, named = rest.partition("/")
                position, _, name = named.partition("/")
                if position.isdecimal():
                    elements, sampled = value.numbers.tolist()
                    entry = (int(position), name, int(elements), int(sampled))
                    entries.setdefault(number, []).append(entry)
            elif kind == _NORMS and value.numbers.ndim == 2 and len(value.numbers) == 2:
                points += self._points(rest, value, event.step)
        for number, found in entries.items():
            self._tables[number] = [entry[1:] for entry in sorted(found)]
        return points

    def _points(self, rest: str, value: Value, step: int) -> list[NormPoint]:
        quantity, _, number = rest.rpartition("/")
        table = self._tables.get(number, [])
        norms, counts = value.numbers
        if len(table) != len(norms):
            return []
        return [
            NormPoint(
                quantity,
                name,
                step,
                norm,
                None if count == NOT_COUNTED else int(count),
                elements,
                sampled,
            )
            for (name, elements, sampled), norm, count in zip(
                table, norms.tolist(), counts.tolist(), strict=True
            )
            if count != NOT_MEASURED
        ]


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
