from __future__ import annotations

from pathlib import Path

import pytest
from tests.views.odd import BLANK, EMPTY, ODD
from tests.views.runs import whole_run
from tests.views.trainings import training

from torchatlas.run import Axis, Histogram, Line, Panel, View
from torchatlas.views import VIEWS, build_view
from torchatlas.views.render.text import render

GOLDEN = Path(__file__).parents[2] / "golden" / "views"


def golden_cases() -> dict[str, View]:
    measured = whole_run()
    cases = {}
    for name in VIEWS:
        run = measured if build_view(name, measured).panels else training()
        cases[name] = build_view(name, run, (("a", run), ("b", run)))
    return cases | {view.name: view for view in (ODD, BLANK, EMPTY)}


@pytest.mark.parametrize("name", golden_cases())
def test_text_is_as_it_was_looked_at(name: str) -> None:
    expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert render(golden_cases()[name], width=80) == expected


@pytest.mark.parametrize("width", [10, 40, 63, 120])
@pytest.mark.parametrize("name", golden_cases())
def test_lines_stay_within_the_width(name: str, width: int) -> None:
    lines = render(golden_cases()[name], width=width).splitlines()
    assert max(map(len, lines)) <= max(width, 40)


def test_a_wide_histogram_is_drawn_whole() -> None:
    edges = tuple(float(i) for i in range(101))
    histogram = Histogram(edges, (0.0,) * 99 + (7.0,), "h")
    view = View("v", "t", "s", "d", (Panel("p", Axis("v"), Axis("n"), (histogram,)),))
    columns = [line for line in render(view, width=40).splitlines() if line.endswith("█")]
    assert {len(line) for line in columns} == {34}
    assert "most in a column 7" in render(view, width=40)


def test_a_rising_line_rises() -> None:
    line = Line((0.0, 1.0, 2.0, 3.0), (0.0, 1.0, 2.0, 7.0), "up")
    view = View("v", "t", "s", "d", (Panel("p", Axis("step"), Axis("loss"), (line,)),))
    assert "up ▁▂▃█ 0 → 7" in render(view)


def test_series_share_one_time_axis() -> None:
    train = Line((0.0, 1.0, 2.0, 3.0, 4.0), (1.0,) * 5, "train")
    test = Line((0.0, 4.0), (2.0, 3.0), "test")
    view = View("v", "t", "s", "d", (Panel("p", Axis("step"), Axis("loss"), (train, test)),))
    assert "test  ▅   █ 2 → 3" in render(view)
