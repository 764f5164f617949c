"""A part of one quantity: over the layers at a step, over the steps of a tensor, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from torchatlas.errors import RunError
from torchatlas.run import Axis, Panel, Role, Run, TensorSummary, View, Zone
from torchatlas.views.by_depth import depth_multiples, depth_panel
from torchatlas.views.distributions import Distribution
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.heat_strip import heat_strip
from torchatlas.views.layer_series import LayerSeries, grouped_samples, layer_series
from torchatlas.views.layer_statistics import Statistic, statistic_named
from torchatlas.views.over_steps import (
    History,
    guide,
    lines_panel,
    quantile_panel,
    ridges_over_steps,
)
from torchatlas.views.ridges import ridge_panel
from torchatlas.views.samples import MANY, Choice, Sample, cadence_text, sample_text

ROLES: dict[str, Role] = {
    "parameter": "weights",
    "activation": "activations",
    "gradient": "gradients",
    "update": "updates",
}
AXES = {
    "parameter": Axis("parameter"),
    "activation": Axis("output"),
    "gradient": Axis("∂loss/∂parameter", scale="symlog"),
    "update": Axis("update", scale="symlog"),
}
TITLES = {
    "parameter": "Parameters",
    "activation": "Activations",
    "gradient": "Gradients",
    "update": "Updates",
}
RATIO_GUIDE = (1e-4, 1e-2)
RATIO_WORDS = "10⁻⁴ to 10⁻²: folklore (info), no verdict"
OVER = ("layers", "steps")
MOST_TENSORS = 3

Over = Literal["layers", "steps"]


@dataclass(frozen=True, slots=True)
class Part:
    """What a person asked for beside the quantity; see `docs/how-to/distributions.md`."""

    choice: Choice
    over: str | None
    step: int | None
    statistic: str | None

    @property
    def is_asked(self) -> bool:
        """Whether anything was asked for."""
        asked = (self.over, self.step, self.statistic, self.choice.split)
        return self.choice.is_part or any(one is not None for one in asked)


def part_of(
    quantity: str,
    node: str | None,
    tensor: str | None,
    over: str | None,
    step: int | None,
    statistic: str | None,
    split: str | None,
) -> Part:
    """The part, its words checked.

    Raises:
        RunError: `over` or `statistic` is none of the words that are possible.
    """
    if over is not None and over not in OVER:
        raise RunError(f"over={over!r} is not possible; choose 'layers' or 'steps'")
    if statistic is not None:
        statistic_named(statistic, quantity)
    if step is not None and (isinstance(step, bool) or not isinstance(step, int) or step < 0):
        raise RunError(f"step={step!r} is no optimizer step; give a whole number from 0")
    return Part(Choice(quantity, node, tensor, split), over, step, statistic)


def part_view(run: Run, part: Part) -> View:
    """The chart of a part; where there are no data, its gaps say why.

    Raises:
        RunError: the node, tensor, split or step was not measured; the message says what was.
    """
    quantity = part.choice.quantity
    panels, subtitle = (
        _of_statistic(run, part, statistic_named(part.statistic, quantity))
        if part.statistic is not None
        else _of_distribution(run, part)
    )
    whats = (quantity, MANY[quantity])
    otherwise = f"no {MANY[quantity]} were recorded: record a training with ta.record(...)"
    return View(
        name=MANY[quantity],
        title=_title(part),
        subtitle=subtitle if panels else "not measured",
        description=_description(part),
        panels=tuple(panels),
        gaps=gap_lines(run, whats) if panels else gap_lines_or(run, whats, otherwise),
    )


def _title(part: Part) -> str:
    of = part.choice.tensor or part.choice.node
    return f"{TITLES[part.choice.quantity]} of {of}" if of else TITLES[part.choice.quantity]


def _description(part: Part) -> str:
    number = part.statistic or "how the values are spread"
    if part.over == "layers" or (part.step is not None and part.over is None):
        return f"Along the layers from first to last: {number}."
    if part.over == "steps" or part.choice.is_part:
        return f"Over the optimizer steps: {number}."
    return f"Of each layer (rows) at each optimizer step (columns): {number}."


def _of_distribution(run: Run, part: Part) -> tuple[list[Panel], str]:
    over = part.over or ("layers" if part.step is not None else "steps")
    rows = grouped_samples(run, part.choice)
    if not rows:
        return [], ""
    found = [one for by_step in rows.values() for same in by_step.values() for one in same]
    if over == "layers":
        return _ridges(part, rows, found)
    return _through_time(run, part, rows, found)


def _ridges(
    part: Part, rows: dict[tuple[str, str], dict[int, list[Sample]]], found: list[Sample]
) -> tuple[list[Panel], str]:
    quantity = part.choice.quantity
    step = checked_step(part.step, (one.step for one in found), MANY[quantity])
    shown: list[tuple[str, Distribution]] = []
    for (name, node), by_step in rows.items():
        known = [one for one in by_step if one <= step]
        if known:
            summary = whole_of(by_step[max(known)])
            shown.append((name, Distribution(node, "", "", max(known), summary.count, summary)))
    panel = ridge_panel(
        "By layer", AXES[quantity], shown, ROLES[quantity], note=_sentence(sample_text(found))
    )
    return [panel] if panel else [], f"first layer on top, as of step {step:,}"


def _through_time(
    run: Run, part: Part, rows: dict[tuple[str, str], dict[int, list[Sample]]], found: list[Sample]
) -> tuple[list[Panel], str]:
    quantity, axis, role = (
        part.choice.quantity,
        AXES[part.choice.quantity],
        ROLES[part.choice.quantity],
    )
    until = part.step
    if until is not None:
        until = checked_step(until, (one.step for one in found), MANY[quantity])
    if not part.choice.is_part:
        if quantity == "activation":
            names = ", ".join(list(dict.fromkeys(node for _, node in rows))[:6])
            raise RunError(
                f"activations over steps are of one node: give node=, for example one of {names}"
            )
        histories = {f"all {MANY[quantity]}": _all_together(rows)}
    else:
        histories = {name: _history(by_step) for (name, _), by_step in rows.items()}
    panels: list[Panel | None] = []
    for name, whole in list(histories.items())[:MOST_TENSORS]:
        history = [one for one in whole if until is None or one[0] <= until]
        basis = _sentence(f"{cadence_text(step for step, _ in history)}, {sample_text(found)}")
        panels.append(quantile_panel(run, name, axis, history, role, basis))
        if len(history) > 1:
            panels.append(
                ridges_over_steps(
                    f"{name}, step by step", axis, history, role, "Last step in front."
                )
            )
    more = len(histories) - MOST_TENSORS
    subtitle = cadence_text(one.step for one in found)
    if more > 0:
        subtitle += f"; {MOST_TENSORS} of {len(histories):,} tensors, name others by tensor="
    return [panel for panel in panels if panel], subtitle


def _history(by_step: dict[int, list[Sample]]) -> History:
    return [(step, whole_of(found)) for step, found in by_step.items()]


def _all_together(rows: dict[tuple[str, str], dict[int, list[Sample]]]) -> History:
    """All layers at each step at which every one of them was measured."""
    steps: dict[int, list[Sample]] = {}
    for by_step in rows.values():
        for step, found in by_step.items():
            steps.setdefault(step, []).extend(found)
    most = max(map(len, steps.values()))
    return [(step, whole_of(found)) for step, found in sorted(steps.items()) if len(found) == most]


def whole_of(found: list[Sample]) -> TensorSummary:
    """All tensors of a layer as one, samples counted as the wholes that they stand for."""
    if len(found) == 1:
        return found[0].summary
    return TensorSummary.merged(
        [one.summary.scaled(one.weight) if one.weight != 1 else one.summary for one in found]
    )


def _of_statistic(run: Run, part: Part, statistic: Statistic) -> tuple[list[Panel], str]:
    quantity = part.choice.quantity
    series = layer_series(run, part.choice, statistic)
    if not series:
        return [], ""
    steps = sorted({step for one in series for step in one.values})
    axis = statistic_axis(statistic, quantity)
    role, basis = ROLES[quantity], statistic_basis(run, part.choice, series)
    zones = ratio_zones(statistic)
    title = sentence_case(axis.label)
    if part.over == "layers" or (part.over is None and part.step is not None):
        if part.step is None:
            panels = depth_multiples(title, axis, series, role, basis=basis)
            return [with_zones(panel, zones) for panel in panels], "first layer on the left"
        step = checked_step(part.step, steps, MANY[quantity])
        panel = depth_panel(title, axis, series, step, role, note=basis, zones=zones)
        return [panel] if panel else [], f"first layer on the left, as of step {step:,}"
    if part.over == "steps":
        lines = lines_panel(run, title, axis, series, role, basis)
        return [with_zones(lines, zones)] if lines else [], cadence_text(steps)
    strip = heat_strip(run, title, series, statistic, basis)
    return [strip] if strip else [], f"first layer on top, {cadence_text(steps)}"


def statistic_axis(statistic: Statistic, quantity: str) -> Axis:
    """The axis of a statistic, named after what it is of."""
    if statistic.name == "nonfinite":
        return Axis(f"{MANY[quantity]} that are not finite", statistic.unit, statistic.scale)
    of = (
        ""
        if statistic.name in ("update-ratio", "dead", "saturated")
        else f" of the {MANY[quantity]}"
    )
    return Axis(f"{statistic.label}{of}", statistic.unit, statistic.scale)


def statistic_basis(run: Run, choice: Choice, series: list[LayerSeries]) -> str:
    """Cadence and sample size of a statistic, as a sentence."""
    when = cadence_text(step for one in series for step in one.values)
    if all(one.basis == "norms" for one in series):
        return _sentence(f"{when}, from all values")
    rows = grouped_samples(run, choice)
    found = [one for by_step in rows.values() for same in by_step.values() for one in same]
    return _sentence(f"{when}, {sample_text(found)}")


def ratio_zones(statistic: Statistic) -> tuple[Zone, ...]:
    """The stretch that some take for right, marked as what it is."""
    if statistic.name != "update-ratio":
        return ()
    return (guide(*RATIO_GUIDE, RATIO_WORDS),)


def with_zones(panel: Panel, zones: Iterable[Zone]) -> Panel:
    """The panel with guides beneath its marks."""
    return replace(panel, marks=(*zones, *panel.marks))


def checked_step(step: int | None, measured: Iterable[int], what: str) -> int:
    """The last measured step at or before the one that was asked for; the last of all without one.

    Raises:
        RunError: nothing was measured by then.
    """
    steps = sorted(set(measured))
    if step is None:
        return steps[-1]
    known = [one for one in steps if one <= step]
    if not known:
        raise RunError(
            f"no {what} were measured at or before step {step:,}; "
            f"the first were at step {steps[0]:,}, the last at {steps[-1]:,}"
        )
    return known[-1]


def sentence_case(text: str) -> str:
    """The text with a capital at its front."""
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return f"{sentence_case(text)}."
