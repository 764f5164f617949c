"""One number of each layer over the steps at which it was measured."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from torchatlas.run import Run
from torchatlas.run.view import Number
from torchatlas.views.layer_statistics import Statistic, is_bias, kind_of
from torchatlas.views.nodes import shown_nodes
from torchatlas.views.samples import (
    Choice,
    Sample,
    are_shards,
    of_part,
    parameter_sizes,
    samples,
)


@dataclass(frozen=True, slots=True)
class LayerSeries:
    """A row of a chart: a layer, or one tensor, and its number by step.

    Attributes:
        basis: what the numbers rest on: "norms" of all elements, or "distributions".
    """

    name: str
    node: str
    values: dict[int, Number]
    basis: str = "distributions"

    def at(self, step: int) -> Number:
        """The number at the last measured step that is not after `step`."""
        known = [known for known in self.values if known <= step]
        return self.values[max(known)] if known else None


@dataclass(frozen=True, slots=True)
class _Norm:
    """Norm and count of values that are not finite, of one tensor at one step."""

    node: str
    tensor: str
    step: int
    norm: Number
    nonfinite: Number


def layer_series(run: Run, choice: Choice, statistic: Statistic) -> list[LayerSeries]:
    """The numbers of each layer in execution order, or of each tensor where a part was asked for.

    Norms and counts of what is not finite come from the table `norms` where it has them, since it
    is written more often and of all elements.

    Raises:
        RunError: the node, tensor or split that was asked for was not measured.
    """
    if statistic.name == "update-ratio":
        return _ratios(run, choice)
    if statistic.name in ("norm", "nonfinite"):
        norms = _norms(run, choice, choice.quantity)
        if norms:
            of = _norm_of if statistic.name == "norm" else _nonfinite_of
            basis = "norms" if _has_norms(run, choice.quantity) else "distributions"
            return [
                LayerSeries(name, node, {step: of(one) for step, one in by_step.items()}, basis)
                for (name, node), by_step in _by_row(run, choice, norms).items()
            ]
    found = samples(run, choice)
    if statistic.without_biases and choice.tensor is None and choice.quantity != "activation":
        found = [sample for sample in found if not is_bias(sample.tensor)] or found
    rows = _by_row(run, choice, found)
    series = [
        LayerSeries(
            name,
            node,
            {step: statistic.of(one, kind_of(run, node)) for step, one in by_step.items()},
        )
        for (name, node), by_step in rows.items()
    ]
    return [one for one in series if any(value is not None for value in one.values.values())]


def grouped_samples(run: Run, choice: Choice) -> dict[tuple[str, str], dict[int, list[Sample]]]:
    """Samples by row (name and node) and step: rows are layers, or tensors of a part."""
    return _by_row(run, choice, samples(run, choice))


def _by_row(run: Run, choice: Choice, found: list[Any]) -> dict[tuple[str, str], dict[int, Any]]:
    """What was found by row and step; a step at which a layer lacks a tensor is left out."""
    rows: dict[tuple[str, str], dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        by_tensor = choice.is_part and choice.quantity != "activation"
        label = one.tensor if by_tensor or not one.node else one.node
        rows[label, one.node][one.step].append(one)
    ordered = _in_order(run, choice, list(rows))
    return {row: _whole_steps(rows[row]) for row in ordered}


def _whole_steps(by_step: dict[int, list[Any]]) -> dict[int, list[Any]]:
    most = max(map(len, by_step.values()))
    return {step: one for step, one in sorted(by_step.items()) if len(one) == most}


def _in_order(run: Run, choice: Choice, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if run.graph is None:
        return rows
    if choice.quantity == "activation" and not choice.is_part:
        shown = shown_nodes(run.graph, [node for _, node in rows])
        return [(node, node) for node in shown]
    place = {node: at for at, node in enumerate(run.graph.nodes)}
    return sorted(rows, key=lambda row: place.get(row[1], len(place)))


def _has_norms(run: Run, quantity: str) -> bool:
    table = run.tables.get("norms")
    return table is not None and quantity in table.cells["quantity"]


def _norms(run: Run, choice: Choice, quantity: str) -> list[_Norm]:
    """Norms of a quantity: of the table `norms`, else reckoned from its distributions."""
    choice = replace(choice, quantity=quantity)
    if not _has_norms(run, quantity):
        return [
            _Norm(one.node, one.tensor, one.step, one.norm, float(one.summary.nonfinite))
            for one in samples(run, choice)
        ]
    counts = parameter_sizes(run)
    by_tensor: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in _part_of_norms(run, choice):
        by_tensor[row["node"] or "", row["tensor"] or "", row["step"] or 0].append(row)
    return [
        _norm_together(key, rows, counts.get(key[1]))
        for key, rows in sorted(by_tensor.items(), key=lambda item: item[0][2])
    ]


def _part_of_norms(run: Run, choice: Choice) -> list[dict[str, Any]]:
    rows = [row for row in run.tables["norms"].rows() if row["quantity"] == choice.quantity]
    return of_part(run, rows, choice)


def _norm_together(
    key: tuple[str, str, int], rows: list[dict[str, Any]], whole: int | None
) -> _Norm:
    rows = sorted(rows, key=lambda row: row["rank"] or 0)
    if not are_shards([row["elements"] for row in rows], whole):
        rows = rows[:1]
    norms = [row["norm"] for row in rows]
    nonfinite = [row["nonfinite"] for row in rows if row["nonfinite"] is not None]
    together = None if None in norms else math.sqrt(sum(norm * norm for norm in norms))
    return _Norm(*key, together, float(sum(nonfinite)) if nonfinite else None)


def _norm_of(found: list[_Norm]) -> Number:
    norms = [one.norm for one in found if one.norm is not None]
    return math.sqrt(sum(norm * norm for norm in norms)) if len(norms) == len(found) else None


def _nonfinite_of(found: list[_Norm]) -> Number:
    counts = [one.nonfinite for one in found if one.nonfinite is not None]
    return sum(counts) if counts else None


def _ratios(run: Run, choice: Choice) -> list[LayerSeries]:
    """Norm of the update over norm of the parameter at the same step; biases only where asked."""
    updates = _norms(run, choice, "update")
    if not updates:
        return []
    weights = {(one.tensor, one.step): one for one in _norms(run, choice, "parameter")}
    if choice.tensor is None:
        updates = [one for one in updates if not is_bias(one.tensor)] or updates
    pairs = [one for one in updates if (one.tensor, one.step) in weights]
    series = []
    for (name, node), by_step in _by_row(run, choice, pairs).items():
        values: dict[int, Number] = {}
        for step, found in by_step.items():
            update = _norm_of(found)
            weight = _norm_of([weights[one.tensor, step] for one in found])
            values[step] = None if update is None or not weight else update / weight
        if any(value is not None for value in values.values()):
            series.append(LayerSeries(name, node, values, "norms"))
    return series
