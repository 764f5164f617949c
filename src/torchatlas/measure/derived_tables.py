"""Tables that follow from the graphs and the findings of a run: nothing is measured for them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from torchatlas.measure.flop_coverage import flop_coverage_rows
from torchatlas.measure.folding import fold
from torchatlas.measure.graph_tables import edge_rows, node_rows
from torchatlas.measure.over_fold import fold_rows
from torchatlas.measure.parameters import parameter_counts
from torchatlas.measure.saved_memory import saved_tensor_rows
from torchatlas.run import TABLES, Cell, Finding, Graph, Run, Table, build_table, to_json

Rows = list[dict[str, Cell]]

VIEWER_TABLES = ("nodes", "flop_coverage", "folds")
"""Those that the viewer is handed beside the tables that were measured."""


def derived_tables(run: Run, names: Collection[str] | None = None) -> dict[str, Table]:
    """The tables by name that the run can be asked for although nobody recorded them.

    Args:
        names: which of them; left out, all that the run has the graphs for.
    """
    makers: dict[str, Callable[[], Rows]] = {}
    graph, backward = run.graph, run.backward
    if graph is not None:
        makers |= {
            "nodes": lambda: _node_rows(run, graph),
            "edges": lambda: edge_rows(graph),
            "flop_coverage": lambda: flop_coverage_rows(graph, run.tables.get("cost")),
            "folds": lambda: fold_rows(fold(graph)),
        }
    if backward is not None:
        makers["saved_tensors"] = lambda: saved_tensor_rows(backward)
    makers["findings"] = lambda: [_finding_row(finding) for finding in run.findings]
    wanted = [name for name in makers if names is None or name in names]
    return {name: build_table(name, makers[name]()) for name in wanted}


def _node_rows(run: Run, graph: Graph) -> Rows:
    parameters = run.tables.get("parameters") or build_table("parameters", [])
    return node_rows(graph, parameter_counts(graph, parameters))


def _finding_row(finding: Finding) -> dict[str, Cell]:
    row = to_json(finding)
    names = [column.name for column in TABLES["findings"]]
    return {name: row[name] for name in names if name != "nodes"} | {
        "nodes": ", ".join(finding.nodes)
    }
