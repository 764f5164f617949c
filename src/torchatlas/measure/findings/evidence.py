"""What a rule is given: a run in the forms that rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import sqrt
from typing import Any

from torchatlas.measure.findings.thresholds import THRESHOLDS
from torchatlas.run import ROOT, Finding, Graph, Run, TensorSummary, is_output

Row = dict[str, Any]
Rule = Callable[["Evidence"], Iterator[Finding]]
"""Looks at the evidence. Raises `CannotTell` before its first finding where there is too little."""


class CannotTell(Exception):  # noqa: N818 (no fault, but a verdict)
    """Why a rule has no verdict: what it needs was not measured, or too little of it."""


@dataclass(frozen=True, slots=True)
class NormPoint:
    """The norm of a tensor at a step, how many of its values are not finite, and where it is."""

    step: int
    norm: float
    nonfinite: int
    elements: int
    node: str


HELD_OUT = ("test", "val", "validation", "valid", "eval", "evaluation")
"""Names of data that a model is not trained on; the first that was measured is taken."""


@dataclass(frozen=True)
class Evidence:
    """A run in the forms that rules ask for, and the thresholds in force.

    Attributes:
        now: when it is looked at; None where that does not matter, as for a run that has ended.
    """

    run: Run
    thresholds: Mapping[str, float] = field(default_factory=lambda: THRESHOLDS)
    now: datetime | None = None

    @property
    def graph(self) -> Graph:
        """The graph; empty when there is none."""
        return self.run.graph or Graph({})

    def executed_graph(self) -> Graph:
        """The graph of a forward pass that ran to its end.

        Raises:
            CannotTell: there is none.
        """
        if not self.graph.edges:
            raise CannotTell("no forward pass was traced; give data to run the model on")
        if self.graph.capture.error is not None:
            raise CannotTell(f"the forward pass did not end: {self.graph.capture.error}")
        return self.graph

    def rows(self, table: str, **wanted: Any) -> list[Row]:
        """Rows of a table whose columns have the wanted values."""
        return [
            row
            for row in self._rows.get(table, ())
            if all(row[column] == value for column, value in wanted.items())
        ]

    def latest(self, quantity: str) -> list[tuple[Row, TensorSummary]]:
        """The last distribution of each tensor of a quantity, in order of first appearance.

        Activations are told apart by split. A recorded gradient and one taken afterwards are not:
        only one of them names a split.
        """
        found: dict[tuple[Any, ...], Row] = {}
        for row in self.rows("distributions", quantity=quantity):
            split = row["split"] if quantity == "activation" else None
            key = row["node"], row["tensor"], split
            if row["summary"] is None:
                continue
            if key not in found or (row["step"] or 0) >= (found[key]["step"] or 0):
                found[key] = row
        return [(row, row["summary"]) for row in found.values()]

    def parameter_gradients(self) -> list[tuple[Row, TensorSummary]]:
        """The last gradient of each parameter, without those of outputs.

        Raises:
            CannotTell: there are none.
        """
        names = {row["tensor"] for row in self.rows("parameters", kind="parameter")}
        found = [(row, s) for row, s in self.latest("gradient") if row["tensor"] in names]
        if not found:
            raise CannotTell("no gradients of parameters were measured")
        return found

    def series(self, name: str, split: str) -> list[tuple[int, float]]:
        """Steps and values of a logged scalar, in order of steps."""
        rows = self.rows("scalars", name=name, split=split)
        return sorted((row["step"] or 0, row["value"]) for row in rows if row["value"] is not None)

    def held_out_series(self, name: str) -> list[tuple[int, float]]:
        """The same on data that the model is not trained on, whatever it is called."""
        return next(filter(None, (self.series(name, split) for split in HELD_OUT)), [])

    def norms(self, quantity: str) -> dict[str, list[NormPoint]]:
        """The norms of each tensor over time, in order of steps.

        They are those of the table `norms`; where it has none, those that distributions tell. Of
        several processes, the first one's count.
        """
        found: dict[str, dict[int, NormPoint]] = {}
        for row in self.rows("norms", quantity=quantity):
            if row["norm"] is not None:
                _keep(found, row, row["norm"], row["nonfinite"] or 0)
        if not found:
            for row in self.rows("distributions", quantity=quantity):
                summary = row["summary"]
                if summary is not None and summary.count and not is_output(row["tensor"] or ""):
                    whole = sqrt((row["elements"] or summary.count) / summary.count)
                    _keep(found, row, summary.norm * whole, summary.nonfinite)
        return {name: [own[step] for step in sorted(own)] for name, own in found.items()}

    def over_time(self, quantity: str) -> dict[tuple[str, str], list[tuple[int, TensorSummary]]]:
        """Distributions of each tensor of a quantity, in order of steps, by node and tensor."""
        found: dict[tuple[str, str], dict[int, TensorSummary]] = {}
        for row in self.rows("distributions", quantity=quantity):
            if row["summary"] is not None:
                own = found.setdefault((row["node"], row["tensor"]), {})
                own.setdefault(row["step"] or 0, row["summary"])
        return {key: sorted(own.items()) for key, own in found.items()}

    def latest_channels(self, quantity: str) -> list[Row]:
        """The last look at the channels of each tensor, in order of first appearance."""
        found: dict[tuple[Any, ...], Row] = {}
        for row in self.rows("channels", quantity=quantity):
            key = row["node"], row["tensor"], row["split"]
            if key not in found or (row["step"] or 0) >= (found[key]["step"] or 0):
                found[key] = row
        return list(found.values())

    @cached_property
    def weights(self) -> dict[str, Row]:
        """Rows of the table `parameters` that have two or more dimensions, by name."""
        rows = self.rows("parameters", kind="parameter")
        return {row["tensor"]: row for row in rows if "×" in (row["shape"] or "")}

    def known(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Those ids that are in the graph, each once."""
        return tuple(dict.fromkeys(node for node in nodes if node in self.graph.nodes))

    def kind_of(self, node_id: str) -> str:
        """The type of a node in small letters, without `_`: "leakyrelu", "batchnorm2d"."""
        node = self.graph.nodes.get(node_id)
        return "" if node is None else node.type.lower().replace("_", "")

    def label(self, node_id: str) -> str:
        """How a title names a node."""
        return "the model" if node_id == ROOT else node_id

    @cached_property
    def targets(self) -> dict[str, list[str]]:
        """Ids of the nodes that use a node's tensors."""
        found: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            found.setdefault(edge.source, []).append(edge.target)
        return found

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """Ids of the nodes whose tensors a node uses."""
        found: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            found.setdefault(edge.target, []).append(edge.source)
        return found

    def makers(self, node_id: str) -> list[str]:
        """What an op or a whole module uses, each under its `shown` name."""
        inside = {node_id, *(node.id for node in self.graph.descendants(node_id))}
        return list(
            dict.fromkeys(
                self.shown(source)
                for target in inside
                for source in self.sources.get(target, ())
                if source not in inside
            )
        )

    def users(self, node_id: str) -> list[str]:
        """What uses the outputs of an op or of a whole module, each under its `shown` name."""
        inside = {node_id, *(node.id for node in self.graph.descendants(node_id))}
        outside = (
            self.shown(target)
            for source in inside
            for target in self.targets.get(source, ())
            if target not in inside
        )
        return sorted(set(outside), key=lambda user: self.graph.nodes[user].order)

    def shown(self, node_id: str) -> str:
        """The node that stands for an op: the torch.nn module around it, else itself."""
        parent = self.graph.nodes[node_id].parent
        if parent is not None and self.graph.nodes[parent].atomic:
            return parent
        return node_id

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {name: table.rows() for name, table in self.run.tables.items()}


def _keep(found: dict[str, dict[int, NormPoint]], row: Row, norm: float, bad: int) -> None:
    own = found.setdefault(row["tensor"], {})
    point = NormPoint(row["step"] or 0, norm, bad, row["elements"] or 0, row["node"] or "")
    own.setdefault(point.step, point)


def some(names: list[str], most: int = 3) -> str:
    """The first few of several names, for a sentence."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
