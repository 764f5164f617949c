"""The differences between two graphs, as lines that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MARKS = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}


def difference_lines(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A heading with the counts, then a line for each row of the table `differences`.

    Args:
        name: what was compared: `A → B`.
        rows: as `difference_rows` gives them.
    """
    rows = list(rows)
    counts = Counter(row["kind"] for row in rows)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in _MARKS if counts[kind])
    yield _printable(f"{name}: {told or 'no differences'}")
    for row in rows:
        yield _printable(f"{_MARKS[row['kind']]} {_line(row)}")


def _line(row: Mapping[str, Any]) -> str:
    if row["what"] == "edge":
        return f"edge {row['after'] or row['before']}"
    if row["kind"] == "changed":
        was = "" if row["before_node"] == row["node"] else f" (was {row['before_node']})"
        return f"{row['node']}{was}  {row['what']}: {row['before']} → {row['after']}"
    size = f", {row['count']} nodes" if (row["count"] or 0) > 1 else ""
    if row["kind"] == "moved":
        return f"{row['before_node']} → {row['node']}  {row['after']}{size}"
    return f"{row['node'] or row['before_node']}  {row['after'] or row['before']}{size}"


def _printable(text: str) -> str:
    """The text with what would steer a terminal written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
