"""What every backend does alike."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from tests.views.odd import BLANK, EMPTY, ODD
from tests.views.runs import whole_run
from tests.views.trainings import training

from torchatlas.errors import MissingDependency, RunError
from torchatlas.views import VIEWS, build_view
from torchatlas.views.render import BACKENDS, render


def drawn_text(figure: Any) -> str:
    """All text that a figure shows."""
    if isinstance(figure, str):
        return figure
    if hasattr(figure, "to_json"):
        return json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
    from matplotlib.text import Text

    figure.canvas.draw()
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def test_an_unknown_backend_is_refused_with_the_list() -> None:
    known = "the backends are matplotlib, seaborn, plotly, text"
    with pytest.raises(RunError, match=f"there is no backend 'ggplot'; {known}"):
        render(ODD, "ggplot")


def test_an_unknown_option_is_refused_with_the_list() -> None:
    message = "the plotly backend has no option figsize; its options are width, height, theme"
    with pytest.raises(RunError, match=message):
        render(ODD, "plotly", figsize=(3, 3))


@pytest.mark.parametrize("backend", ["matplotlib", "seaborn", "plotly"])
def test_an_unknown_theme_is_refused_with_the_list(backend: str) -> None:
    with pytest.raises(RunError, match="there is no theme 'blue'; the themes are light, dark"):
        render(ODD, backend, theme="blue")


def test_a_missing_library_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingDependency, match=r"plotly to draw with plotly.*torchatlas\[plots\]"):
        render(ODD, "plotly")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", VIEWS)
def test_titles_axes_and_units_are_written(backend: str, name: str) -> None:
    run = whole_run() if build_view(name, whole_run()).panels else training()
    view = build_view(name, run, (("a", run), ("b", run)))
    assert view.panels
    text = drawn_text(render(view, backend))
    for wanted in (view.title, view.subtitle, *(panel.title for panel in view.panels)):
        assert wanted in text or wanted.replace("&", "&amp;") in text
    for panel in view.panels:
        for axis in (panel.x, panel.y):
            assert axis.label in text
    if name == "cost":
        assert "time (ms)" in text
        assert "operations (MFLOP)" in text
    if name == "confusion":
        assert "share of the true class (%)" in text


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("view", [ODD, BLANK, EMPTY], ids=lambda view: view.name)
def test_odd_and_empty_views_are_drawn(backend: str, view: Any) -> None:
    text = drawn_text(render(view, backend))
    assert "ot measured" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_gaps_are_written_where_the_chart_would_stand(backend: str) -> None:
    text = drawn_text(render(EMPTY, backend))
    assert "Not measured: the " in text
    assert "reason" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_without_a_place_are_drawn_or_said(backend: str) -> None:
    text = drawn_text(render(ODD, backend))
    assert "NaN" in text
    assert "Inf" in text
    assert "∞" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_control_characters_never_reach_the_figure(backend: str) -> None:
    text = drawn_text(render(ODD, backend))
    assert "\x1b" not in text
    assert "x1b[31mred" in text
