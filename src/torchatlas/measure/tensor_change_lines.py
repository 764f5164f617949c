"""How the tensors of two checkpoints differ, as lines that a person reads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MARKS = {
    "changed": "~",
    "retyped": "~",
    "reshaped": "~",
    "added": "+",
    "removed": "-",
    "not compared": "?",
}
_LONGEST_NAME = 60


def tensor_change_lines(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A heading with the counts, then a line for each tensor that is not the same in both.

    Args:
        name: what was compared: `A → B`.
        rows: of the table `tensor_differences`.
    """
    rows = list(rows)
    counts = Counter(row["kind"] for row in rows)
    told = [f"{counts[kind]:,} {kind}" for kind in (*_MARKS, "same") if counts[kind]]
    yield _printable(f"{name}, tensors: {', '.join(told) or 'none'}")
    total = _whole_change(rows)
    if total:
        yield total
    shown = [row for row in rows if row["kind"] != "same"]
    names = [_short(row["tensor"]) for row in shown]
    width = max(map(len, names), default=0)
    for row, own in zip(shown, names, strict=True):
        yield f"{_MARKS[row['kind']]} {own:<{width}}  {_what(row)}".rstrip()


def _whole_change(rows: list[Mapping[str, Any]]) -> str:
    """The change over all tensors together, as one vector."""
    measured = [row for row in rows if row["difference_norm"] is not None]
    if not any(row["difference_norm"] for row in measured):
        return ""
    difference = math.hypot(*(row["difference_norm"] for row in measured))
    before = math.hypot(*(row["before_norm"] for row in measured))
    relative = f", {_figure(difference / before)} of the norm before" if before else ""
    return f"  all together: the difference has norm {_figure(difference)}{relative}"


def _what(row: Mapping[str, Any]) -> str:
    kind = row["kind"]
    if kind in ("added", "removed"):
        before = "before_" if kind == "removed" else ""
        return f"{row[f'{before}shape']} {row[f'{before}dtype']}"
    if kind == "reshaped":
        return f"{row['before_shape']} → {row['shape']}"
    parts = []
    if row["before_dtype"] != row["dtype"]:
        parts.append(f"{row['before_dtype']} → {row['dtype']}")
    if row["relative_norm"] is not None:
        parts.append(f"relative {_figure(row['relative_norm'])}")
    if row["cosine"] is not None:
        parts.append(f"cosine {_cosine(row['cosine'])}")
    if row["largest_difference"] is not None:
        parts.append(f"largest {_figure(row['largest_difference'])}")
    if row["changed_elements"] is not None and row["elements"]:
        parts.append(f"{row['changed_elements']:,} of {row['elements']:,} values")
    if row["nonfinite"]:
        parts.append(f"{row['nonfinite']:,} not finite")
    return ", ".join(parts)


def _cosine(value: float) -> str:
    """As 1 less what is missing to it, where six digits would round to 1."""
    missing = 1 - value
    return f"1 − {missing:.1e}" if 0 < missing < 1e-5 else f"{value:.6f}"


def _figure(value: float) -> str:
    return f"{value:.3g}"


def _short(text: str) -> str:
    plain = _printable(text)
    half = (_LONGEST_NAME - 1) // 2
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:half]}…{plain[-half:]}"


def _printable(text: str) -> str:
    """The text with what would steer a terminal written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
