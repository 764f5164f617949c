"""Trainings made by hand: tables `norms` and `distributions` over some steps."""

from __future__ import annotations

import math
from typing import Any

from tests.views.runs import distribution, run_of

from torchatlas.run import Finding, Graph, Node, Run, TensorSummary

STEPS = (0, 10, 20, 30)


def norm(tensor: str, quantity: str, step: int, value: float | None, **more: Any) -> dict[str, Any]:
    """A row of the table `norms`; the node is the tensor's."""
    row = {"node": tensor.rpartition(".")[0], "tensor": tensor, "quantity": quantity, "step": step}
    return row | {"rank": 0, "norm": value, "nonfinite": 0, "elements": 4} | more


def norm_rows() -> list[dict[str, Any]]:
    """Two layers of a weight and a bias each; layer b has gradients ten times as large."""
    rows = []
    for step in STEPS:
        for layer, size in (("a", 1.0), ("b", 10.0)):
            for kind in ("weight", "bias"):
                tensor = f"{layer}.{kind}"
                rows += [
                    norm(tensor, "gradient", step, size * (3.0 if kind == "weight" else 4.0)),
                    norm(tensor, "update", step, 0.002 * size),
                    norm(tensor, "parameter", step, 2.0),
                ]
    return rows


def distribution_rows() -> list[dict[str, Any]]:
    """The weights of a and b, which spread with the steps, and an output of a tanh."""
    rows = []
    for step in STEPS:
        wide = 1.0 + step / 10
        for layer in ("a", "b"):
            rows.append(distribution(layer, [-wide, 0.0, 0.0, wide], step=step, elements=8))
        rows.append(
            distribution(
                "act",
                [-0.99, 0.0, 0.5, 0.96],
                "activation",
                tensor="output",
                step=step,
                split="train",
                units=4,
                dead_units=step // 10,
            )
        )
    return rows


def graph() -> Graph:
    """A model of two linear layers with a tanh between them."""
    nodes = [
        Node(".", "module", "Net", "Net", None),
        Node("a", "module", "a", "Linear", ".", atomic=True, parameters=("a.weight", "a.bias")),
        Node("act", "module", "act", "Tanh", ".", atomic=True),
        Node("b", "module", "b", "Linear", ".", atomic=True, parameters=("b.weight", "b.bias")),
    ]
    return Graph({node.id: node for node in nodes}, ())


def training(**more: Any) -> Run:
    """A training with everything, a rewind at step 15 and a spike at step 20."""
    tables = {
        "norms": norm_rows(),
        "distributions": distribution_rows(),
        "parameters": [
            {"node": name[0], "tensor": name, "kind": "parameter", "count": 4}
            for name in ("a.weight", "a.bias", "b.weight", "b.bias")
        ],
        "rewinds": [{"rank": 0, "step": 15, "from_step": 18}],
    }
    run = run_of(graph=graph(), **(tables | more))
    spike = Finding("loss_spike", "warning", "A spike.", "", "", steps=(20, 21), view="curves")
    return Run(run.name, run.created, graph=run.graph, tables=run.tables, findings=(spike,))


def summary_of_nan() -> TensorSummary:
    """Values that were looked at and are no numbers."""
    return TensorSummary.of([math.nan, math.nan])
