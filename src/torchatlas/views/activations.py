"""How large is what each node puts out, and how much of it is exactly zero?"""

from __future__ import annotations

from torchatlas.run import Axis, Panel, Run, View
from torchatlas.views.distributions import (
    Distribution,
    latest_distributions,
    splits_of,
    steps_text,
)
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.magnitude import magnitude_panel, zero_panel
from torchatlas.views.nodes import shown_nodes
from torchatlas.views.part import part_of, part_view


def activations(
    run: Run,
    *,
    node: str | None = None,
    tensor: str | None = None,
    over: str | None = None,
    step: int | None = None,
    statistic: str | None = None,
    split: str | None = None,
) -> View:
    """Bands of |output| by node, in execution order, and the share of exact zeros.

    With options, the activations of a part of the model: see `torchatlas.views.part`.
    """
    part = part_of("activation", node, tensor, over, step, statistic, split)
    if part.is_asked:
        return part_view(run, part)
    measured = latest_distributions(run, "activation")
    panels: list[Panel] = []
    for split in splits_of(measured):
        panels += _panels(run, split, [found for found in measured if found.split == split])
    whats = ("activation", "activations")
    return View(
        name="activations",
        title="Activations",
        subtitle=f"outputs of each node, {steps_text(measured)}" if measured else "not measured",
        description=(
            "For each node in execution order, the stretch between the 5 % and the 95 % quantile "
            "of the absolute values of its output with the median, and the share of exact zeros."
        ),
        panels=tuple(panels),
        gaps=gap_lines(run, whats)
        if measured
        else gap_lines_or(run, whats, "no activations were looked at"),
    )


def _panels(run: Run, split: str, measured: list[Distribution]) -> list[Panel]:
    by_node = {found.node: found for found in measured}
    shown = shown_nodes(run.graph, by_node)
    labelled: list[tuple[str, Distribution | None]] = [(node, by_node[node]) for node in shown]
    where = f" on {split}" if split else ""
    sizes = magnitude_panel(
        f"Size of the outputs{where}", Axis("|output|"), labelled, "activations"
    )
    zeros = zero_panel(labelled, "activations")
    return [sizes, zeros] if zeros else [sizes]
