from __future__ import annotations

import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest
from tests.views.odd import BANDS, BLANK, HISTOGRAM, LINES, LYING, MATRIX, NAMES, ODD, UPRIGHT
from tests.views.runs import whole_run

from torchatlas.run import Panel, View
from torchatlas.views import VIEWS, build_view
from torchatlas.views.render.plotly import render


def figure_of(panel: Panel) -> go.Figure:
    """The figure of a view with this one panel."""
    return render(View("v", "t", "s", "d", (panel,)))


def trace(figure: go.Figure, name: str) -> Any:
    """The trace of that name."""
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def strings(value: Any) -> list[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in strings(item)]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_is_a_valid_figure(name: str, theme: str) -> None:
    view = build_view(name, whole_run())
    figure = render(view, theme=theme)
    assert isinstance(figure, go.Figure)
    assert len(figure.data) >= sum(len(panel.marks) for panel in view.panels)


def test_names_of_strangers_are_neither_markup_nor_formula() -> None:
    tags = ("<b>", "</b>", "<br>", "<extra></extra>")
    texts = strings(json.loads(render(ODD).to_json()))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts
    for text in texts:
        assert "$" not in text
        for tag in tags:
            text = text.replace(tag, "")
        assert not re.search(r"<\w|</", text)


def test_templates_hold_no_text_of_strangers() -> None:
    templates = {trace.hovertemplate for trace in render(ODD).data if trace.hovertemplate}
    assert templates == {"%{customdata}<extra></extra>"}


def test_size_and_theme_can_be_chosen() -> None:
    layout = render(ODD, width=700, height=900, theme="dark").layout
    assert (layout.width, layout.height, layout.paper_bgcolor) == (700, 900, "#14171c")


def test_lines_break_and_say_what_they_are_when_pointed_at() -> None:
    line = trace(figure_of(LINES), "&lt;b&gt;train&lt;/b&gt;")
    assert line.y == (1.0, 0.5, None, 0.2)
    assert line.connectgaps is False
    assert line.line.dash == "dash"
    assert line.customdata[0] == "&lt;b&gt;train&lt;/b&gt;: 1 nats<br>step 0"
    assert figure_of(LINES).layout.yaxis.type == "log"


def test_points_without_a_place_are_marked_along_the_edge() -> None:
    figure = figure_of(LINES)
    nan = trace(figure, "&lt;b&gt;train&lt;/b&gt;: NaN ×1")
    zero = trace(figure, "test &#36;t&#36;: 0 ×1")
    assert (nan.x, zero.x) == ((2.0,), (3.0,))
    assert nan.y[0] > 2.0
    assert zero.y[0] < 0.2


def test_bands_have_ends_middles_and_text() -> None:
    figure = figure_of(BANDS)
    ends, middles = figure.data[0], trace(figure, "band &#36;b&#36;")
    assert ends.x[:3] == (0.1, 10.0, None)
    assert middles.x == (1.0, 1.0, None, None, None, 1.0, 0.5)
    assert middles.customdata[3].endswith(
        "low: not measured<br>middle: not measured<br>high: not measured"
    )
    assert trace(figure, "not measured").y == (3,)
    texts = [
        text for trace in figure.data if trace.name == "no place on the axis" for text in trace.text
    ]
    assert {"✕ NaN", "↑ Inf", "↓ 0"} == set(texts)
    assert figure.layout.yaxis.range == (6.5, -0.5)


def test_bars_have_intervals_units_and_hatches() -> None:
    figure = figure_of(LYING)
    forward = trace(figure, "forward")
    assert forward.orientation == "h"
    assert forward.x[:2] == (1.0, 2.0)
    assert forward.error_x.array[0] == pytest.approx(1.0)
    assert forward.error_x.arrayminus[0] == pytest.approx(0.5)
    assert forward.customdata[0].endswith("forward: 1 ms")
    assert trace(figure, "not measured").marker.pattern.shape == "/"
    assert figure.layout.xaxis.title.text == "time (ms)"


def test_classes_of_the_same_name_keep_their_own_bars() -> None:
    figure = figure_of(UPRIGHT)
    assert trace(figure, "accuracy").x == (0, 1, 2)
    assert figure.layout.xaxis.ticktext == ("same", "same", "&#36;c&#36;")


def test_a_histogram_has_its_zeros_apart() -> None:
    figure = figure_of(HISTOGRAM)
    assert figure.data[0].y == (1.0, 5.0, 0.0, 4.0, 2.0)
    assert trace(figure, "exact zeros").customdata[0] == "exactly 0<br>3 values, 20.0%"


def test_a_matrix_has_numbers_hatches_and_text() -> None:
    figure = figure_of(MATRIX)
    matrix = figure.data[0]
    assert [list(row) for row in matrix.z] == [
        [1.0, None, None],
        [None, 0.0, 50.0],
        [2.0, 3.0, 100.0],
    ]
    assert matrix.text[1][2] == "&lt;b&gt;"
    assert trace(figure, "not measured").x == (2,)
    assert trace(figure, "not finite").text == ("NaN", "∞")
    assert matrix.colorbar.title.text == "share &#36;s&#36; (%)"
    assert NAMES[2] not in matrix.customdata[2][2]


def test_panels_over_the_same_names_move_together() -> None:
    curves = render(build_view("curves", whole_run())).layout
    assert curves.yaxis2.matches is None
    layered = render(View("v", "t", "s", "d", (BANDS, LYING))).layout
    assert layered.yaxis2.matches == "y"
    assert layered.yaxis2.showticklabels is False


def test_blank_panels_say_so() -> None:
    figure = render(BLANK)
    assert {trace.xaxis for trace in figure.data} == {"x", *(f"x{n}" for n in range(2, 11))}
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert texts.count("not measured") == 6
