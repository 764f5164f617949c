from __future__ import annotations

import pytest
from tests.views.runs import run_of, scalar
from tests.views.trainings import norm_rows, training

from torchatlas.run import Line, Run
from torchatlas.views import build_view


def runs() -> tuple[tuple[str, Run], ...]:
    logged = [scalar("loss", "test", step, 2.0 - step / 30) for step in (0, 10, 30)]
    less = [scalar("loss", "test", step, 1.0 - step / 60) for step in (0, 20, 30)]
    twice = [row | {"norm": 2 * row["norm"]} for row in norm_rows()]
    return (("old", training(scalars=logged)), ("new", training(scalars=less, norms=twice)))


def lines(panel: object) -> dict[str, tuple[object, ...]]:
    return {mark.label: mark.y for mark in panel.marks if isinstance(mark, Line)}  # type: ignore[attr-defined]


def test_curves_lie_over_each_other_and_differ_at_the_steps_that_both_have() -> None:
    others = runs()
    shown = build_view("compared", others[1][1], others)
    titles = [panel.title for panel in shown.panels]
    assert titles[:2] == ["loss on test", "loss on test: difference"]
    assert set(lines(shown.panels[0])) == {"old", "new"}
    assert lines(shown.panels[1]) == {"new − old": pytest.approx((-1.0, -0.5))}


def test_sizes_by_layer_are_compared_as_ratios() -> None:
    others = runs()
    shown = build_view("compared", others[1][1], others, quantity="gradient", how="difference")
    (panel,) = shown.panels
    assert lines(panel) == {"new / old": (2.0, 2.0)}
    assert panel.y.scale == "log"


def test_one_run_alone_is_a_gap() -> None:
    assert build_view("compared", run_of()).gaps == (
        "there is one run alone: hand two to ta.compare(...)",
    )
