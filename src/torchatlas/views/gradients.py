"""Do gradients reach every layer, neither vanishing nor exploding on the way?"""

from __future__ import annotations

from torchatlas.run import Axis, Panel, Run, View, is_output
from torchatlas.views.distributions import Distribution, latest_distributions, steps_text
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.magnitude import magnitude_panel, zero_panel
from torchatlas.views.nodes import shown_nodes
from torchatlas.views.part import part_of, part_view


def gradients(
    run: Run,
    *,
    node: str | None = None,
    tensor: str | None = None,
    over: str | None = None,
    step: int | None = None,
    statistic: str | None = None,
) -> View:
    """Bands of |gradient| by parameter and by node output, in execution order.

    With options, the gradients of a part of the model: see `torchatlas.views.part`.
    """
    part = part_of("gradient", node, tensor, over, step, statistic, None)
    if part.is_asked:
        return part_view(run, part)
    measured = latest_distributions(run, "gradient")
    panels = [*_parameter_panels(measured), *_output_panels(run, measured)]
    whats = ("gradient", "gradients")
    return View(
        name="gradients",
        title="Gradients",
        subtitle=f"of the mean loss, {steps_text(measured)}" if measured else "not measured",
        description=(
            "For each parameter and each node's output, from first to last, the stretch between "
            "the 5 % and the 95 % quantile of the absolute gradients with the median. Bands that "
            "drift left towards the top vanish on the way back; bands that drift right explode."
        ),
        panels=tuple(panels),
        gaps=gap_lines(run, whats)
        if measured
        else gap_lines_or(run, whats, "no gradients were looked at"),
    )


def _parameter_panels(measured: list[Distribution]) -> list[Panel]:
    labelled: list[tuple[str, Distribution | None]] = [
        (found.tensor, found) for found in measured if not is_output(found.tensor)
    ]
    return _panels("With respect to parameters", Axis("|∂loss/∂parameter|"), labelled)


def _output_panels(run: Run, measured: list[Distribution]) -> list[Panel]:
    by_node = {found.node: found for found in measured if is_output(found.tensor)}
    shown = shown_nodes(run.graph, by_node)
    labelled: list[tuple[str, Distribution | None]] = [(node, by_node[node]) for node in shown]
    return _panels("With respect to outputs", Axis("|∂loss/∂output|"), labelled)


def _panels(title: str, axis: Axis, labelled: list[tuple[str, Distribution | None]]) -> list[Panel]:
    if not labelled:
        return []
    sizes = magnitude_panel(title, axis, labelled, "gradients")
    zeros = zero_panel(labelled, "gradients")
    return [sizes, zeros] if zeros else [sizes]
