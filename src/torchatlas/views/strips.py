"""Where along the model do weights, outputs or gradients leave the range of their neighbours?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from torchatlas.run import Axis, Heatmap, Panel, Run, TensorSummary, View, is_output
from torchatlas.views.distributions import Distribution, latest_distributions, steps_text
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.nodes import shown_nodes

_WHATS = ("parameter", "parameters", "activation", "activations", "gradient", "gradients")

Figure = Callable[[TensorSummary], float | None]
"""The one number of a distribution that a strip shows."""


def strips(run: Run) -> View:
    """Strips of colour along the model: spread of weights, outputs and gradients, and zeros."""
    weights = [f for f in latest_distributions(run, "parameter") if not _is_bias(f.tensor)]
    outputs = latest_distributions(run, "activation")
    gradients = [f for f in latest_distributions(run, "gradient") if not is_output(f.tensor)]
    train = [found for found in outputs if found.split in ("", "train")] or outputs
    panels = (
        _strip(run, "Spread of weights", "standard deviation", weights, _spread),
        _strip(run, "Spread of gradients", "standard deviation", gradients, _spread),
        _strip(run, "Spread of outputs", "standard deviation", train, _spread),
        _strip(run, "Zeros in outputs", "exact zeros", train, _zeros, "%"),
    )
    measured = [*weights, *train, *gradients]
    return View(
        name="strips",
        title="Along the model",
        subtitle=f"a cell is a layer, {steps_text(measured)}" if measured else "not measured",
        description=(
            "For each layer from first (left) to last (right), the standard deviation of its "
            "weights (biases left out), of all its gradients and of its outputs, and the share of "
            "outputs that are zero."
        ),
        panels=tuple(panel for panel in panels if panel),
        gaps=gap_lines(run, _WHATS)
        if measured
        else gap_lines_or(run, _WHATS, "no distributions were looked at"),
    )


def _strip(
    run: Run,
    title: str,
    label: str,
    measured: list[Distribution],
    figure: Figure,
    unit: Literal["", "%"] = "",
) -> Panel | None:
    by_node: dict[str, list[Distribution]] = defaultdict(list)
    for found in measured:
        by_node[found.node].append(found)
    shown = shown_nodes(run.graph, by_node)
    if not shown:
        return None
    values = tuple(figure(_together(by_node[node])) for node in shown)
    is_log = unit == "" and any(value and value > 0 for value in values)
    return Panel(
        title=title,
        x=Axis("layer", scale="category", categories=tuple(shown)),
        y=Axis("", scale="category", categories=(label,)),
        marks=(
            Heatmap(
                values=(values,),
                label=label,
                unit=unit,
                scale="log" if is_log else "linear",
                nodes=tuple(shown),
            ),
        ),
    )


def _is_bias(tensor: str) -> bool:
    return tensor.rpartition(".")[2] == "bias"


def _together(found: list[Distribution]) -> TensorSummary:
    """All tensors of a node, each counted as the whole that its sample stands for."""
    wholes = [
        one.summary.scaled(one.elements / one.summary.count) if one.summary.count else one.summary
        for one in found
    ]
    return TensorSummary.merged(wholes)


def _spread(summary: TensorSummary) -> float | None:
    """NaN where values were seen and none of them is finite: that is measured, and not a gap."""
    return math.nan if summary.count and not summary.finite else summary.std


def _zeros(summary: TensorSummary) -> float | None:
    share = summary.zero_share
    return None if share is None else 100 * share
