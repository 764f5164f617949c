"""Do gradients keep their size from the last layer back to the first, and did they all along?"""

from __future__ import annotations

from torchatlas.run import Run, View
from torchatlas.views.by_depth import depth_multiples
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.layer_series import layer_series
from torchatlas.views.layer_statistics import STATISTICS
from torchatlas.views.part import statistic_axis, statistic_basis
from torchatlas.views.samples import Choice, cadence_text

_WHATS = ("gradient", "gradients")


def depth(run: Run) -> View:
    """Norm of the gradient by layer at up to six steps, each over the range of all of them."""
    choice = Choice("gradient")
    norm = STATISTICS["norm"]
    series = layer_series(run, choice, norm)
    steps = {step for one in series for step in one.values}
    basis = statistic_basis(run, choice, series) if series else ""
    axis = statistic_axis(norm, "gradient")
    panels = depth_multiples("Gradient norm", axis, series, "gradients", basis=basis)
    return View(
        name="depth",
        title="Gradients by depth",
        subtitle=f"first layer on the left, {cadence_text(steps)}" if panels else "not measured",
        description=(
            "The norm of the gradient of each layer's parameters from first (left) to last "
            "(right), at some steps of the training. A line that falls towards the left vanishes "
            "on the way back; one that rises explodes."
        ),
        panels=tuple(panels),
        gaps=gap_lines(run, _WHATS)
        if panels
        else gap_lines_or(run, _WHATS, "no gradients were looked at"),
    )
