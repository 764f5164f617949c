"""Several runs as one: the second, with tables that say how all of them differ from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torchatlas.errors import RunError
from torchatlas.measure.diff import compared_rows
from torchatlas.run import Comparison, Gap, Run, build_table


def compared_runs(runs: Sequence[Run], told: Sequence[str] = ()) -> tuple[Run, Comparison]:
    """The second run, named `A → B`, with the tables `differences` and `matches`.

    Args:
        runs: two or more; each is compared with the first.
        told: what each is called in the tables and on the page, no two the same; their own names
            without it.

    Returns:
        That run, and what it is held against. Where one has no graph its nodes are not compared,
        and a gap says so.

    Raises:
        RunError: there are fewer than two.
    """
    if len(runs) < 2:
        raise RunError("a comparison takes two runs or more")
    first, *others = runs
    names = [run.name for run in others]
    own, *shown = told or names_of_compared([first.name, *names])
    rows: dict[str, list[dict[str, Any]]] = {"differences": [], "matches": []}
    for other, name in zip(others, shown, strict=True):
        if first.graph is None or other.graph is None:
            continue
        differences, matches = compared_rows(first.graph, other.graph, name)
        rows["differences"] += differences
        rows["matches"] += matches
    without = tuple(
        Gap("comparison", f"{name}: {_NO_GRAPH}")
        for name, run in zip((own, *shown), runs, strict=True)
        if run.graph is None
    )
    tables = others[0].tables | {name: build_table(name, found) for name, found in rows.items()}
    comparison = Comparison(names=(own, *shown), runs=(first, *others[1:]))
    name, gaps = " → ".join([first.name, *names]), (*others[0].gaps, *without)
    return replace(others[0], name=name, tables=tables, gaps=gaps), comparison


_NO_GRAPH = (
    "it has no graph, so its nodes are not compared; give ta.record an example of the input, "
    "or compare atlases of the models"
)


def names_of_compared(names: Sequence[str]) -> list[str]:
    """Names of which no two are the same; the first says that it is the first, if it must."""
    first, *others = names
    return told_apart([f"{first} (first)" if first in others else first, *others])


def told_apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are the same: `net`, `net (2)`, `net (3)`."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name} ({count})" for count in range(2, len(names) + 2))
        found.append(next(one for one in (name, *numbered) if one not in found))
    return found
