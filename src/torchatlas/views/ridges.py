"""How are the values of each layer spread, and how does that change along the model?"""

from __future__ import annotations

from typing import Literal

from torchatlas.measure.distribution import shared_log_histograms
from torchatlas.run import (
    Axis,
    Panel,
    Ridges,
    Role,
    Run,
    TensorSummary,
    View,
    is_output,
)
from torchatlas.views.distributions import (
    Distribution,
    latest_distributions,
    splits_of,
    steps_text,
)
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.nodes import shown_nodes
from torchatlas.views.thinning import evenly

MOST_ROWS = 100
"""Of more rows than this, so many are shown, evenly chosen."""

_DIGITS = 5
_WHATS = ("parameter", "parameters", "activation", "activations", "gradient", "gradients")

Rows = list[tuple[str, Distribution]]
"""Name of each row and what was measured of it, top row first."""


def ridges(run: Run) -> View:
    """One ridge a layer, in execution order: weights, outputs of each split, and gradients."""
    weights = latest_distributions(run, "parameter")
    outputs = latest_distributions(run, "activation")
    gradients = [f for f in latest_distributions(run, "gradient") if not is_output(f.tensor)]
    panels = [ridge_panel("Weights", Axis("weight"), _by_tensor(weights), "weights")]
    for split in splits_of(outputs):
        where = f" on {split}" if split else ""
        rows = _by_node(run, [found for found in outputs if found.split == split])
        panels.append(ridge_panel(f"Outputs{where}", Axis("output"), rows, "activations"))
    panels.append(
        ridge_panel("Gradients", Axis("∂loss/∂parameter"), _by_tensor(gradients), "gradients")
    )
    measured = [*weights, *outputs, *gradients]
    return View(
        name="ridges",
        title="Distributions by layer",
        subtitle=f"first layer on top, {steps_text(measured)}" if measured else "not measured",
        description=(
            "For each layer in execution order, how its values are spread on a symmetric "
            "logarithmic axis: negative ones left, exact zeros in the middle, positive ones right."
        ),
        panels=tuple(panel for panel in panels if panel),
        gaps=gap_lines(run, _WHATS)
        if measured
        else gap_lines_or(run, _WHATS, "no distributions were looked at"),
    )


def ridge_panel(
    title: str,
    axis: Axis,
    rows: Rows,
    role: Role,
    *,
    filled: Literal["all", "last"] = "all",
    note: str = "",
) -> Panel | None:
    """The distributions one under another on one axis; None where there are none.

    Args:
        note: what to say of them beside how ridges are read.
    """
    if not rows:
        return None
    shown = [rows[at] for at in evenly(len(rows), MOST_ROWS)]
    histograms = shared_log_histograms([found.summary for _, found in shown])
    wholes = [max(found.summary.finite, 1) for _, found in shown]
    mark = Ridges(
        edges=tuple(histograms[0].edges.tolist()),
        shares=tuple(
            tuple(round(n / whole, _DIGITS) for n in histogram.counts.tolist())
            for histogram, whole in zip(histograms, wholes, strict=True)
        ),
        label=title,
        role=role,
        zero=tuple(found.summary.zero_share for _, found in shown),
        spread=tuple(found.summary.std for _, found in shown),
        odd=tuple(_odd(found.summary) for _, found in shown),
        nodes=tuple(found.node for _, found in shown),
        filled=filled,
    )
    said = "Each ridge is as high as its own fullest bin; the bar at 0 is the share of zeros."
    if len(shown) < len(rows):
        said += f" {len(shown)} of {len(rows):,} layers, evenly chosen."
    return Panel(
        title=title,
        x=Axis(axis.label, axis.unit, "symlog"),
        y=Axis("", scale="category", categories=tuple(name for name, _ in shown)),
        marks=(mark,),
        note=f"{said} {note}".rstrip(),
    )


def _by_tensor(measured: list[Distribution]) -> Rows:
    return [(found.tensor, found) for found in measured]


def _by_node(run: Run, measured: list[Distribution]) -> Rows:
    by_node = {found.node: found for found in measured}
    return [(node, by_node[node]) for node in shown_nodes(run.graph, by_node)]


def _odd(summary: TensorSummary) -> str:
    counts = {
        "NaN": summary.nan,
        "Inf": summary.positive_infinity,
        "−Inf": summary.negative_infinity,
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
