"""What was measured of tensors through a training: the rows that charts over steps are made of."""

from __future__ import annotations

import difflib
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from torchatlas.errors import RunError
from torchatlas.run import Run, TensorSummary, is_output

MANY = {
    "parameter": "parameters",
    "activation": "activations",
    "gradient": "gradients",
    "update": "updates",
}
_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of a run a chart is of: one quantity, of all nodes or of one, or of one tensor."""

    quantity: str
    node: str | None = None
    tensor: str | None = None
    split: str | None = None

    @property
    def is_part(self) -> bool:
        """Whether a node or a tensor was asked for, so that each tensor has a row of its own."""
        return self.node is not None or self.tensor is not None


@dataclass(frozen=True, slots=True)
class Sample:
    """One tensor at one step; `summary` rests on at most `elements` values."""

    node: str
    tensor: str
    step: int
    elements: int
    summary: TensorSummary
    units: int | None = None
    dead_units: int | None = None

    @property
    def weight(self) -> float:
        """How many values each of those that were looked at stands for."""
        return self.elements / self.summary.count if self.summary.count else 1.0

    @property
    def norm(self) -> float:
        """Euclidean norm of the whole tensor, reckoned from the sample; NaN where not finite."""
        if self.summary.nonfinite:
            return math.nan
        return math.sqrt(self.summary.total_squares * self.weight)


def samples(run: Run, choice: Choice) -> list[Sample]:
    """The samples of a quantity, by step, those of several processes together.

    Raises:
        RunError: no such node, tensor or split was measured; the message names some that were.
    """
    rows = [row for row in _rows(run, "distributions") if _is_of(row, choice.quantity)]
    rows = _of_split(rows, choice)
    kept = of_part(run, rows, choice)
    by_tensor: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in kept:
        by_tensor[row["node"] or "", row["tensor"] or "", row["step"] or 0].append(row)
    counts = parameter_sizes(run)
    found = [_together(key, same, counts) for key, same in by_tensor.items()]
    return sorted(found, key=lambda sample: sample.step)


def _rows(run: Run, table: str) -> list[dict[str, Any]]:
    found = run.tables.get(table)
    return found.rows() if found else []


def _is_of(row: dict[str, Any], quantity: str) -> bool:
    if row["quantity"] != quantity or row["summary"] is None:
        return False
    return quantity != "gradient" or not is_output(row["tensor"] or "")


def _of_split(rows: list[dict[str, Any]], choice: Choice) -> list[dict[str, Any]]:
    """Of several splits the one that was asked for, else training, else the first."""
    splits = list(dict.fromkeys(row["split"] or "" for row in rows))
    if choice.split is not None:
        if rows and choice.split not in splits:
            known = ", ".join(repr(split) for split in splits)
            raise RunError(f"nothing was measured on split {choice.split!r}; there are {known}")
        return [row for row in rows if (row["split"] or "") == choice.split]
    training = [row for row in rows if (row["split"] or "train") == "train"]
    return training or [row for row in rows if (row["split"] or "") == splits[0]]


def of_part(run: Run, rows: list[dict[str, Any]], choice: Choice) -> list[dict[str, Any]]:
    """The rows of the node or the tensor that was asked for; all of them where none was.

    Raises:
        RunError: it is in none of the rows.
    """
    what = MANY[choice.quantity]
    if choice.tensor is not None and rows:
        names = list(dict.fromkeys(row["tensor"] or "" for row in rows))
        if choice.tensor not in names:
            raise RunError(_unknown("tensor", choice.tensor, names, what))
        rows = [row for row in rows if row["tensor"] == choice.tensor]
    if choice.node is not None and rows:
        inside = _inside(run, choice.node)
        kept = [row for row in rows if inside(row["node"] or "")]
        if not kept:
            names = list(dict.fromkeys(row["node"] or "" for row in rows))
            raise RunError(_unknown("node", choice.node, names, what))
        rows = kept
    return rows


def _inside(run: Run, node: str) -> Any:
    if run.graph is not None and node in run.graph.nodes:
        graph = run.graph
        return lambda other: (
            other == node or (other in graph.nodes and node in graph.ancestors(other))
        )
    return lambda other: other == node or other.startswith((f"{node}.", f"{node}/"))


def _unknown(kind: str, name: str, names: list[str], what: str) -> str:
    near = difflib.get_close_matches(name, names, _MOST_NAMES, 0.5) or names[:_MOST_NAMES]
    more = f" and {len(names) - len(near):,} more" if len(names) > len(near) else ""
    return f"no {what} of {kind} {name!r} were measured; there are {', '.join(near)}{more}"


def parameter_sizes(run: Run) -> dict[str, int]:
    """Elements of each parameter by its name."""
    return {
        row["tensor"]: row["count"]
        for row in _rows(run, "parameters")
        if row["kind"] == "parameter" and row["count"] is not None
    }


def are_shards(elements: Iterable[int | None], whole: int | None) -> bool:
    """Whether what several processes hold of a parameter are parts of it and no copies."""
    return whole is not None and sum(count or 0 for count in elements) <= whole


def _together(
    key: tuple[str, str, int], rows: list[dict[str, Any]], counts: dict[str, int]
) -> Sample:
    """The sample of all processes: parts and activations are added, of copies one is taken."""
    rows = sorted(rows, key=lambda row: row["rank"] or 0)
    node, tensor, step = key
    adds = rows[0]["quantity"] == "activation" or are_shards(
        [row["elements"] for row in rows], counts.get(tensor)
    )
    first = rows[0]
    sample = Sample(
        node,
        tensor,
        step,
        first["elements"] or first["summary"].count,
        first["summary"],
        first.get("units"),
        first.get("dead_units"),
    )
    if not adds or len(rows) == 1:
        return sample
    return replace(
        sample,
        elements=sum(row["elements"] or row["summary"].count for row in rows),
        summary=TensorSummary.merged([row["summary"] for row in rows]),
    )


def sample_text(found: Iterable[Sample]) -> str:
    """How many of the values were looked at, in words: `from 65,536 of up to 2,359,296 values`."""
    sampled = [one for one in found if one.summary.count < one.elements]
    if not sampled:
        return "from all values"
    most = max(one.summary.count for one in sampled)
    largest = max(one.elements for one in sampled)
    return f"from a sample of at most {most:,} values a tensor (the largest has {largest:,})"


def cadence_text(steps: Iterable[int]) -> str:
    """How often something was measured, in words: `at 25 steps, every 10`."""
    rising = sorted(set(steps))
    if not rising:
        return "not measured"
    if len(rising) == 1:
        return f"at step {rising[0]:,}"
    apart = sorted({after - before for before, after in itertools.pairwise(rising)})
    every = f"every {apart[0]:,}" if len(apart) == 1 else f"{apart[0]:,} to {apart[-1]:,} apart"
    every = "every one" if apart == [1] else every
    return f"at {len(rising):,} steps from {rising[0]:,} to {rising[-1]:,}, {every}"
