"""How large are the optimizer's steps beside the weights that they change?"""

from __future__ import annotations

from torchatlas.run import Axis, Panel, Run, View
from torchatlas.views.by_depth import depth_panel
from torchatlas.views.distributions import Distribution, latest_distributions
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.heat_strip import heat_strip
from torchatlas.views.layer_series import layer_series
from torchatlas.views.layer_statistics import STATISTICS
from torchatlas.views.magnitude import magnitude_panel
from torchatlas.views.over_steps import lines_panel
from torchatlas.views.part import (
    part_of,
    part_view,
    ratio_zones,
    statistic_axis,
    statistic_basis,
    with_zones,
)
from torchatlas.views.samples import Choice, cadence_text

_WHATS = ("update", "updates")


def updates(
    run: Run,
    *,
    node: str | None = None,
    tensor: str | None = None,
    over: str | None = None,
    step: int | None = None,
    statistic: str | None = None,
) -> View:
    """Norm of the update over norm of the weight: over the steps, by layer, and as a strip.

    With options, the updates of a part of the model: see `torchatlas.views.part`.
    """
    part = part_of("update", node, tensor, over, step, statistic, None)
    if part.is_asked:
        return part_view(run, part)
    ratio = STATISTICS["update-ratio"]
    choice = Choice("update")
    series = layer_series(run, choice, ratio)
    measured = latest_distributions(run, "update")
    panels: list[Panel | None] = []
    steps = sorted({at for one in series for at in one.values})
    if series:
        axis, zones = statistic_axis(ratio, "update"), ratio_zones(ratio)
        basis = statistic_basis(run, choice, series)
        lines = lines_panel(run, "Update / weight over the steps", axis, series, "updates", basis)
        panels.append(with_zones(lines, zones) if lines else None)
        panels.append(
            depth_panel(
                f"Update / weight by layer, step {steps[-1]:,}",
                axis, series, steps[-1], "updates", note="Biases left out.", zones=zones,
            )
        )  # fmt: skip
        if len(steps) > 1:
            panels.append(heat_strip(run, "Update / weight, layer by step", series, ratio))
    if measured:
        labelled: list[tuple[str, Distribution | None]] = [(one.tensor, one) for one in measured]
        panels.append(magnitude_panel("Size of the updates", Axis("|update|"), labelled, "updates"))
    found = tuple(panel for panel in panels if panel)
    return View(
        name="updates",
        title="Updates",
        subtitle=f"what an optimizer step changes, {cadence_text(steps)}" if steps else
        ("what an optimizer step changes" if found else "not measured"),
        description=(
            "The norm of the update of each layer over the norm of its weights, over the steps "
            "and along the model. 1e-4 to 1e-2 is a rule of thumb for ordinary training and "
            "nothing that must hold."
        ),
        panels=found,
        gaps=gap_lines(run, _WHATS)
        if found
        else gap_lines_or(run, _WHATS, "no updates were recorded: record a training"),
    )  # fmt: skip
