from __future__ import annotations

import math

import pytest
from tests.views.runs import distribution, run_of, small_graph, whole_run

from torchatlas.run import Ridges, View
from torchatlas.views.ridges import MOST_ROWS, ridges


def marks(view: View) -> list[Ridges]:
    found = [mark for panel in view.panels for mark in panel.marks]
    assert all(isinstance(mark, Ridges) for mark in found)
    return found  # type: ignore[return-value]


def test_weights_outputs_and_gradients_have_a_ridge_a_layer() -> None:
    view = ridges(whole_run())
    assert [panel.title for panel in view.panels] == ["Weights", "Outputs on train", "Gradients"]
    assert [panel.y.categories for panel in view.panels][:2] == [
        ("a.weight", "b.weight"),
        ("a", "b"),
    ]
    assert [mark.role for mark in marks(view)] == ["weights", "activations", "gradients"]
    assert all(panel.x.scale == "symlog" for panel in view.panels)


def test_shares_and_zeros_of_a_row_add_up_to_one() -> None:
    rows = [distribution("a", [0.0, 0.0, -1.0, 2.0]), distribution("b", [100.0, 1e-4])]
    (mark,) = marks(ridges(run_of(distributions=rows)))
    assert [
        sum(shares) + (zero or 0) for shares, zero in zip(mark.shares, mark.zero, strict=True)
    ] == [
        1.0,
        1.0,
    ]
    assert mark.zero == (0.5, 0.0)


def test_rows_share_one_axis_of_whole_decades() -> None:
    rows = [distribution("a", [0.5, -0.5]), distribution("b", [300.0, 0.002])]
    (mark,) = marks(ridges(run_of(distributions=rows)))
    assert mark.edges[-1] == pytest.approx(1000.0)
    assert mark.edges[len(mark.edges) // 2] == pytest.approx(0.001)
    assert {len(shares) for shares in mark.shares} == {len(mark.edges) - 1}


def test_a_thin_tail_does_not_stretch_the_axis() -> None:
    rows = [distribution("a", [1.0] * 999 + [1e-9])]
    (mark,) = marks(ridges(run_of(distributions=rows)))
    assert min(abs(edge) for edge in mark.edges) == pytest.approx(1.0)
    assert sum(mark.shares[0]) == pytest.approx(1.0, abs=1e-3), "and its values are still counted"


def test_what_is_not_finite_is_said_and_not_counted() -> None:
    rows = [distribution("a", [math.nan, math.inf, -math.inf, math.nan, 1.0])]
    (mark,) = marks(ridges(run_of(distributions=rows)))
    assert mark.odd == ("2 NaN, 1 Inf, 1 −Inf",)
    assert sum(mark.shares[0]) == 1.0


def test_nothing_but_zeros_is_a_row_with_an_empty_ridge() -> None:
    (mark,) = marks(ridges(run_of(distributions=[distribution("a", [0.0, 0.0])])))
    assert mark.zero == (1.0,)
    assert sum(mark.shares[0]) == 0


def test_of_many_layers_some_are_shown_and_the_ends_among_them() -> None:
    rows = [distribution(f"n{i}", [1.0]) for i in range(MOST_ROWS + 50)]
    (panel,) = ridges(run_of(distributions=rows)).panels
    assert len(panel.y.categories) == MOST_ROWS
    assert panel.y.categories[0] == "n0.weight"
    assert panel.y.categories[-1] == f"n{MOST_ROWS + 49}.weight"
    assert f"{MOST_ROWS} of {MOST_ROWS + 50} layers, evenly chosen" in panel.note


def test_outputs_are_those_of_the_nodes_that_the_closed_graph_shows() -> None:
    rows = [
        distribution(node, [1.0], "activation", tensor="output")
        for node in ("block", "block.fc", "block/add:0")
    ]
    (panel,) = ridges(run_of(graph=small_graph(), distributions=rows)).panels
    assert panel.y.categories == ("block.fc", "block/add:0")
