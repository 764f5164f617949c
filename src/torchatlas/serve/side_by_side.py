"""The curves of several runs on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torchatlas.run import Axis, Line, Panel, Role, Run, View
from torchatlas.views import build_view

_ROLES: tuple[Role, ...] = ("neutral", "accent", "linear", "elementwise", "pool", "norm", "conv")
"""Colours that are told apart; the first run, which the others are held against, is grey."""


def side_by_side(runs: Sequence[Run]) -> View:
    """One panel a metric, with the curve of every run and split that has it.

    Lines have the colour of their run and its name; those of training are dashed.
    """
    curves = [build_view("curves", run) for run in runs]
    titles = dict.fromkeys(panel.title for view in curves for panel in view.panels)
    panels = (_panel(title, runs, curves) for title in titles)
    missing = [
        f"{run.name}: no scalars were logged"
        for run, view in zip(runs, curves, strict=True)
        if not view.panels
    ]
    return View(
        name="curves",
        title="Run by run",
        subtitle="values as logged; training dashed",
        description="Each metric that was logged over the optimizer steps, a line a run and split.",
        panels=tuple(panels),
        gaps=tuple(missing),
    )


def _panel(title: str, runs: Sequence[Run], curves: Sequence[View]) -> Panel:
    lines: list[Line] = []
    y: Axis | None = None
    for place, (run, view) in enumerate(zip(runs, curves, strict=True)):
        panel = next((panel for panel in view.panels if panel.title == title), None)
        if panel is None:
            continue
        y = panel.y if y is None or panel.y.scale == "log" else y
        own = [mark for mark in panel.marks if isinstance(mark, Line)]
        for line in own:
            label = run.name if len(own) == 1 else f"{run.name} {line.label}"
            lines.append(replace(line, label=label, role=_ROLES[place % len(_ROLES)]))
    assert y is not None  # the title is that of a panel
    positive = all(value is None or value > 0 for line in lines for value in line.y)
    axis = y if positive else replace(y, scale="linear")
    return Panel(title=title, x=Axis("optimizer steps"), y=axis, marks=tuple(lines))
