from __future__ import annotations

import pytest
from tests.views.runs import distribution, run_of, whole_run

from torchatlas.run import Heatmap, Panel
from torchatlas.views.strips import strips


def strip(panel: Panel) -> Heatmap:
    (mark,) = panel.marks
    assert isinstance(mark, Heatmap)
    return mark


def test_a_strip_for_each_quantity_with_the_nodes_of_its_cells() -> None:
    view = strips(whole_run())
    assert [panel.title for panel in view.panels] == [
        "Spread of weights",
        "Spread of gradients",
        "Spread of outputs",
        "Zeros in outputs",
    ]
    for panel in view.panels:
        assert strip(panel).nodes == panel.x.categories == ("a", "b")
    assert [strip(panel).scale for panel in view.panels] == ["log", "linear", "log", "linear"]


def test_the_tensors_of_a_node_count_together_without_biases() -> None:
    rows = [
        distribution("a", [1.0, -1.0]),
        distribution("a", [3.0, -3.0], tensor="a.other"),
        distribution("a", [9.0, -9.0], tensor="a.bias"),
    ]
    (panel,) = strips(run_of(distributions=rows)).panels
    assert strip(panel).values[0] == pytest.approx((5**0.5,))


def test_a_sample_weighs_as_much_as_the_whole_that_it_stands_for() -> None:
    rows = [
        distribution("a", [1.0, -1.0], elements=6),
        distribution("a", [2.0, -2.0], tensor="a.other"),
    ]
    (panel,) = strips(run_of(distributions=rows)).panels
    assert strip(panel).values[0] == pytest.approx(((14 / 8) ** 0.5,))


def test_zeros_are_shown_in_percent() -> None:
    rows = [distribution("a", [0.0, 0.0, 0.0, 1.0], "activation", tensor="output")]
    spread, zeros = strips(run_of(distributions=rows)).panels
    assert strip(zeros).values == ((75.0,),)
    assert strip(zeros).unit == "%"
    assert strip(spread).unit == ""
