from __future__ import annotations

import subprocess
import sys

import pytest
from tests.views.runs import run_of, whole_run
from tests.views.trainings import training

from torchatlas.errors import RunError
from torchatlas.run import Gap, View, from_json, to_json
from torchatlas.views import VIEWS, available_views, build_view

GAP_OF = {
    "parameters": "parameter",
    "activations": "activation",
    "gradients": "gradient",
    "curves": "scalars",
    "confusion": "evaluation",
    "cost": "cost",
    "ridges": "activation",
    "strips": "gradient",
    "work": "cost",
    "updates": "update",
    "history": "gradient",
    "depth": "gradient",
    "compared": "comparison",
}
OF_TRAININGS = ("updates", "history", "compared")
"""Views of what is measured at several steps, or of several runs."""


def test_every_view_is_available_where_there_are_data() -> None:
    known = tuple(name for name in VIEWS if name not in OF_TRAININGS)
    assert available_views(whole_run()) == known
    trained = available_views(training())
    assert {"updates", "history", "depth"} <= set(trained)
    assert "compared" in available_views(training(), (("a", training()), ("b", training())))


def test_no_view_is_available_without_data() -> None:
    assert available_views(run_of()) == ()


def test_an_unknown_view_is_refused_with_the_list() -> None:
    with pytest.raises(RunError, match="there is no view 'nope'; the views are parameters, acti"):
        build_view("nope", run_of())


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_without_data_has_a_reason_and_no_panels(name: str) -> None:
    view = build_view(name, run_of())
    assert view.panels == ()
    assert len(view.gaps) == 1
    assert view.gaps[0]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_without_data_gives_the_run_s_own_reasons(name: str) -> None:
    what = GAP_OF[name]
    gaps = (Gap(what, "it was cold"), Gap(what, "no heat", "fc"), Gap("else", "no"))
    assert build_view(name, run_of(gaps=gaps)).gaps == ("it was cold", "fc: no heat")


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_survives_the_way_through_json(name: str) -> None:
    run = training() if name in OF_TRAININGS else whole_run()
    view = build_view(name, run, (("a", run), ("b", run)))
    assert view.panels
    assert view.name == name
    assert from_json(View, to_json(view)) == view


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_says_what_it_shows(name: str) -> None:
    view = build_view(name, whole_run())
    assert view.title
    assert view.subtitle
    assert view.description.endswith(".")
    assert all(panel.title for panel in view.panels)
    assert all(panel.x.label or panel.x.categories for panel in view.panels)
    assert all(panel.y.label or panel.y.categories for panel in view.panels)


def test_views_load_neither_torch_nor_a_drawing_library() -> None:
    heavy = "{'torch', 'matplotlib', 'seaborn', 'plotly', 'pandas'}"
    code = f"import sys, torchatlas.views; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
