"""What a rule is given: a run in the forms that rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from torchatlas.measure.findings.thresholds import THRESHOLDS
from torchatlas.run import ROOT, Finding, Graph, Run, TensorSummary

Row = dict[str, Any]
Rule = Callable[["Evidence"], Iterator[Finding]]
"""Looks at the evidence. Raises `CannotTell` before its first finding where there is too little."""


class CannotTell(Exception):  # noqa: N818 (no fault, but a verdict)
    """Why a rule has no verdict: what it needs was not measured, or too little of it."""


@dataclass(frozen=True)
class Evidence:
    """A run in the forms that rules ask for, and the thresholds in force."""

    run: Run
    thresholds: Mapping[str, float] = field(default_factory=lambda: THRESHOLDS)

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


def some(names: list[str], most: int = 3) -> str:
    """The first few of several names, for a sentence."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
