"""Small runs to plant a fault in: a chain of nodes, and tables from a few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from torchatlas.measure.findings import RULES
from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.findings.thresholds import THRESHOLDS
from torchatlas.run import (
    ROOT,
    CaptureReport,
    ChannelSummary,
    Edge,
    Finding,
    Graph,
    Node,
    NodeKind,
    Run,
    TensorSpec,
    TensorSummary,
    build_table,
    channel_row,
)
from torchatlas.run.channels import BEYOND


def spec(*shape: int, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(shape, dtype, "cpu", 4)


def chain(*ops: tuple[str, str], shape: tuple[int, ...] = (8, 4, 5, 5), **options: Any) -> Graph:
    """input:x, then ops in a row, then output:0; an op is (module path, op type).

    Every module is an atomic one of torch.nn that holds one op, with parameters `weight` and
    `bias` under its own path.

    Args:
        dtype: of the input. error: what forward raised.
    """
    made = spec(*shape)
    entry = spec(*shape, dtype=options.get("dtype", "float32"))
    nodes = [node("input:x", "input", "input", outputs=(entry,)), node(ROOT, "module", "Net")]
    edges, last = [], "input:x"
    for path, kind in ops:
        own = (f"{path}.weight", f"{path}.bias")
        op = f"{path}/{kind}:0"
        nodes.append(node(path, "module", kind.title(), parameters=own, atomic=True))
        nodes.append(node(op, "op", kind, path, parameters=own, outputs=(made,)))
        edges.append(Edge(last, op, made))
        last = op
    nodes.append(node("output:0", "output", "output"))
    edges.append(Edge(last, "output:0", made))
    ordered = {n.id: n for n in _in_order(nodes)}
    return Graph(ordered, tuple(edges), CaptureReport(error=options.get("error")))


def node(
    node_id: str, kind: NodeKind, type_name: str, parent: str | None = ROOT, **fields: Any
) -> Node:
    return Node(node_id, kind, node_id, type_name, None if node_id == ROOT else parent, **fields)


def _in_order(nodes: list[Node]) -> list[Node]:
    return [replace(n, order=order) for order, n in enumerate(nodes)]


def activation(node_id: str, values: npt.ArrayLike, **cells: Any) -> dict[str, Any]:
    """A row of the table `distributions` for a node's output."""
    return distribution(node_id, "output", "activation", values, split="train", **cells)


def distribution(
    node_id: str, tensor: str, quantity: str, values: npt.ArrayLike, **cells: Any
) -> dict[str, Any]:
    """A row of the table `distributions`."""
    array = np.asarray(values, float)
    row = {"node": node_id, "tensor": tensor, "quantity": quantity, "step": 0}
    return row | {"elements": array.size, "summary": TensorSummary.of(array)} | cells


def gradient(name: str, values: npt.ArrayLike, **cells: Any) -> dict[str, Any]:
    """A row of the table `distributions` for the gradient of a parameter."""
    return distribution(name.rpartition(".")[0], name, "gradient", values, **cells)


def parameter(name: str, shape: str = "4×3", **cells: Any) -> dict[str, Any]:
    """A row of the table `parameters`."""
    count = int(np.prod([int(size) for size in shape.split("×")]))
    row = {"node": name.rpartition(".")[0], "tensor": name, "kind": "parameter", "shape": shape}
    return row | {"count": count, "trainable": True} | cells


def series(name: str, split: str, values: dict[int, float]) -> list[dict[str, Any]]:
    """Rows of the table `scalars`, from values by step."""
    return [
        {"name": name, "split": split, "step": step, "value": value}
        for step, value in values.items()
    ]


def metric(
    split: str, name: str, value: float, interval: tuple[float | None, float | None], samples: int
) -> dict[str, Any]:
    """A row of the table `evaluation`."""
    low, high = interval
    return {
        "split": split,
        "metric": name,
        "value": value,
        "low": low,
        "high": high,
        "samples": samples,
    }


def run_of(
    graph: Graph | None = None,
    classes: tuple[str, ...] = (),
    facts: dict[str, str] | None = None,
    **rows: list[dict[str, Any]],
) -> Run:
    """A run with these tables."""
    tables = {name: build_table(name, found) for name, found in rows.items()}
    created = "2026-01-01T00:00:00+00:00"
    return Run("test", created, graph=graph, tables=tables, classes=classes, facts=facts or {})


def findings_of(rule: str, run: Run, threshold: float | None = None) -> list[Finding]:
    """What one rule says."""
    changed = {} if threshold is None else {rule: threshold}
    return list(RULES[rule](Evidence(run, {**THRESHOLDS, **changed})))


def reason_of(rule: str, run: Run) -> str:
    """Why one rule cannot tell."""
    try:
        found = findings_of(rule, run)
    except CannotTell as reason:
        return str(reason)
    raise AssertionError(f"{rule} could tell: {found}")


def norms(name: str, quantity: str, values: dict[int, float], **cells: Any) -> list[dict[str, Any]]:
    """Rows of the table `norms` of a tensor, from norms by step."""
    node_id = name.rpartition(".")[0]
    row = {"node": node_id, "tensor": name, "quantity": quantity, "nonfinite": 0, "elements": 12}
    return [row | {"step": step, "norm": norm} | cells for step, norm in values.items()]


def channels(node_id: str, values: npt.ArrayLike, **cells: Any) -> dict[str, Any]:
    """A row of the table `channels`, of values of shape [values, channels]."""
    array = np.asarray(values, np.float64)
    size = np.abs(array)
    summary = ChannelSummary(
        values=len(array),
        minimum=array.min(0),
        maximum=array.max(0),
        total=array.sum(0),
        total_squares=(array * array).sum(0),
        total_absolute=size.sum(0),
        zero=(array == 0).sum(0),
        positive=(array > 0).sum(0),
        nonfinite=np.zeros(array.shape[1], np.int64),
        beyond=(size >= BEYOND).sum(0),
    )
    row = {"node": node_id, "tensor": "output", "quantity": "activation", "step": 0}
    return row | {"split": "train"} | channel_row(summary) | cells
