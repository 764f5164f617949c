"""What a rule is given: a run in the forms that rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from torchatlas.run import ROOT, Finding, Graph, Run, TensorSummary

Row = dict[str, Any]
Rule = Callable[["Evidence"], Iterator[Finding]]
"""Looks at the evidence; says nothing where it has too little of it."""


@dataclass(frozen=True)
class Evidence:
    """A run in the forms that rules ask for, and the thresholds in force."""

    run: Run
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The graph; empty when there is none."""
        return self.run.graph or Graph({})

    def rows(self, table: str, **wanted: Any) -> list[Row]:
        """Rows of a table whose columns have the wanted values."""
        return [
            row
            for row in self._rows.get(table, ())
            if all(row[column] == value for column, value in wanted.items())
        ]

    def latest(self, quantity: str) -> list[tuple[Row, TensorSummary]]:
        """Distributions of a quantity at the last step that has any, with their summaries."""
        rows = self.rows("distributions", quantity=quantity)
        last = max((row["step"] or 0 for row in rows), default=0)
        return [(row, row["summary"]) for row in rows if (row["step"] or 0) == last]

    def series(self, name: str, split: str) -> list[tuple[int, float]]:
        """Steps and values of a logged scalar, in order of steps."""
        rows = self.rows("scalars", name=name, split=split)
        return sorted((row["step"], row["value"]) for row in rows if row["value"] is not None)

    def label(self, node_id: str) -> str:
        """How a title names a node."""
        return "the model" if node_id == ROOT else node_id

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """Ids of the nodes whose tensors a node uses."""
        found: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            found.setdefault(edge.target, []).append(edge.source)
        return found

    @cached_property
    def targets(self) -> dict[str, list[str]]:
        """Ids of the nodes that use a node's tensors."""
        found: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            found.setdefault(edge.source, []).append(edge.target)
        return found

    def shown(self, node_id: str) -> str:
        """The node that stands for an op: the torch.nn module around it, else itself."""
        parent = self.graph.nodes[node_id].parent
        if parent is not None and self.graph.nodes[parent].atomic:
            return parent
        return node_id

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {name: table.rows() for name, table in self.run.tables.items()}
