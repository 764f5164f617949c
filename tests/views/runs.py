"""Runs made by hand, of numbers that can be checked in one's head."""

from __future__ import annotations

from typing import Any

from torchatlas.run import Edge, Gap, Graph, Node, Run, TensorSpec, TensorSummary, build_table


def run_of(*, gaps: tuple[Gap, ...] = (), graph: Graph | None = None, **tables: Any) -> Run:
    """A run that holds these tables, each given as its rows."""
    built = {name: build_table(name, rows) for name, rows in tables.items()}
    return Run("tiny", "2026-01-01T00:00:00+00:00", graph=graph, tables=built, gaps=gaps)


def distribution(
    node: str, values: list[float], quantity: str = "parameter", **more: Any
) -> dict[str, Any]:
    """A row of the table `distributions`."""
    row = {"node": node, "tensor": f"{node}.weight", "quantity": quantity, "step": 0}
    return row | {"elements": len(values), "summary": TensorSummary.of(values)} | more


def scalar(name: str, split: str, step: int, value: float | None, **more: Any) -> dict[str, Any]:
    """A row of the table `scalars`."""
    return {"name": name, "split": split, "step": step, "value": value} | more


def small_graph() -> Graph:
    """A model of a block (a linear layer with its op, then an add) after an input."""
    spec = TensorSpec((1, 2), "float32", "cpu", 8)
    nodes = [
        Node(".", "module", "Net", "Net", None),
        Node("input:x", "input", "x", "input", "."),
        Node("block", "module", "block", "Block", "."),
        Node("block.fc", "module", "fc", "Linear", "block", atomic=True),
        Node("block.fc/linear:0", "op", "linear", "linear", "block.fc"),
        Node("block/add:0", "op", "add", "add", "block"),
    ]
    edges = (
        Edge("input:x", "block.fc/linear:0", spec),
        Edge("block.fc/linear:0", "block/add:0", spec),
    )
    return Graph({node.id: node for node in nodes}, edges)


def whole_run() -> Run:
    """A run with data for every view."""
    return run_of(
        parameters=[
            {"node": "a", "tensor": "a.weight", "kind": "parameter", "count": 4},
            {"node": "b", "tensor": "b.weight", "kind": "parameter", "count": 2},
            {"node": "b", "tensor": "b.mean", "kind": "buffer", "count": 9},
            {
                "node": "c",
                "tensor": "c.weight",
                "kind": "parameter",
                "count": 4,
                "tied_to": "a.weight",
            },
        ],
        distributions=[
            distribution("a", [-1.0, 1.0, 2.0, 4.0]),
            distribution("b", [0.01, 0.02]),
            distribution("a", [0.0, 0.0, 3.0, 3.0], "activation", tensor="output", split="train"),
            distribution("b", [1.0, 1.0], "activation", tensor="output", split="train"),
            distribution("a", [1e-5, 1e-5], "gradient", split="train"),
            distribution("b", [1e-2, 1e-2], "gradient", split="train"),
            distribution("b", [0.5, 0.5], "gradient", tensor="output", split="train"),
        ],
        scalars=[
            *(scalar("loss", "train", step, 2.0 / (step + 1)) for step in range(5)),
            scalar("loss", "test", 0, 2.0),
            scalar("loss", "test", 2, 1.0),
            scalar("loss", "test", 4, 1.5),
            scalar("accuracy", "test", 4, 0.75),
        ],
        confusion=[
            {"split": "test", "target": 0, "predicted": 0, "count": 3},
            {"split": "test", "target": 0, "predicted": 1, "count": 1},
            {"split": "test", "target": 1, "predicted": 1, "count": 2},
        ],
        cost=[
            {"node": "a", "phase": "forward", "time_s": 0.002, "flops": 4e6},
            {"node": "b", "phase": "forward", "time_s": 0.001, "flops": None},
        ],
        tensor_differences=[
            {
                "run": "after",
                "node": "a",
                "tensor": "a.batches",
                "kind": "same",
                "dtype": "int64",
                "relative_norm": 0.0,
                "cosine": 1.0,
            },
            *(
                {
                    "run": "after",
                    "node": node,
                    "tensor": f"{node}.weight",
                    "kind": "changed",
                    "dtype": "float32",
                    "relative_norm": moved,
                    "cosine": cosine,
                }
                for node, moved, cosine in (("a", 0.5, 0.9), ("b", 0.01, 0.999))
            ),
        ],
    )
