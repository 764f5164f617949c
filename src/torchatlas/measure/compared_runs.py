"""Several runs as one: the second, with tables that say how all of them differ from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torchatlas.errors import RunError
from torchatlas.measure.diff import compared_rows
from torchatlas.run import Comparison, Graph, Run, build_table


def compared_runs(runs: Sequence[Run], told: Sequence[str] = ()) -> tuple[Run, Comparison]:
    """The second run, named `A → B`, with the tables `differences` and `matches`.

    Args:
        runs: two or more; each is compared with the first.
        told: what each is called in the tables and on the page, no two the same; their own names
            without it.

    Returns:
        That run, and what it is held against.

    Raises:
        RunError: there are fewer than two, or one of them has no graph.
    """
    if len(runs) < 2:
        raise RunError("a comparison takes two runs or more")
    graphs = [_graph_of(run) for run in runs]
    first, *others = runs
    names = [run.name for run in others]
    own, *shown = told or names_of_compared([first.name, *names])
    rows: dict[str, list[dict[str, Any]]] = {"differences": [], "matches": []}
    for other, name in zip(graphs[1:], shown, strict=True):
        differences, matches = compared_rows(graphs[0], other, name)
        rows["differences"] += differences
        rows["matches"] += matches
    tables = others[0].tables | {name: build_table(name, found) for name, found in rows.items()}
    comparison = Comparison(names=(own, *shown), runs=(first, *others[1:]))
    return replace(others[0], name=" → ".join([first.name, *names]), tables=tables), comparison


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


def _graph_of(run: Run) -> Graph:
    if run.graph is None:
        raise RunError(
            f"{run.name} has no graph to compare: the run was recorded or measured without its "
            "structure; give record an example, or compare an atlas of the model"
        )
    return run.graph
