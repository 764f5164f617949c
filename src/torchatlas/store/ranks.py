"""Puts together what several processes recorded of one tensor at one step."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any, Literal

from torchatlas.run import Cell, TensorSummary

Row = dict[str, Cell]

_KEY = ("node", "tensor", "quantity", "step", "split")


def merged_ranks(rows: Iterable[Row], kind: Literal["distributions", "norms"]) -> list[Row]:
    """One row a tensor and step: those of several ranks are added up, and have no rank any more.

    Each rank writes what no other one has: its shard of a tensor, or its own batch's activations;
    replicas are written by the first rank alone. So the sum is the whole, and a row of one rank
    stays as it is. Where a rank wrote nothing at a step, `elements` says how much is there.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in _KEY), []).append(row)
    add = _added_summaries if kind == "distributions" else _added_norms
    merged = []
    for group in groups.values():
        latest = list({row.get("rank"): row for row in group}.values())
        merged.append(latest[0] if len(latest) == 1 else add(latest))
    return merged


def _added_summaries(rows: list[Row]) -> Row:
    return {
        **rows[0],
        "rank": None,
        "elements": sum(row["elements"] for row in rows),
        "summary": TensorSummary.merged([row["summary"] for row in rows]),
    }


def _added_norms(rows: list[Row]) -> Row:
    counts = [row["nonfinite"] for row in rows]
    return {
        **rows[0],
        "rank": None,
        "norm": sqrt(sum(row["norm"] ** 2 for row in rows)),
        "nonfinite": None if None in counts else sum(counts),
        "elements": sum(row["elements"] for row in rows),
        "sampled": sum(row["sampled"] for row in rows),
    }
