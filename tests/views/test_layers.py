"""Activations and gradients, and which nodes they have a row for."""

from __future__ import annotations

import pytest
from tests.views.runs import distribution, run_of, small_graph, whole_run

from torchatlas.run import Band, Bars
from torchatlas.views.activations import activations
from torchatlas.views.gradients import gradients
from torchatlas.views.nodes import shown_nodes


def test_a_group_gives_way_to_its_members_and_ops_to_their_module() -> None:
    graph = small_graph()
    assert shown_nodes(graph, graph.nodes) == ["input:x", "block.fc", "block/add:0"]


def test_what_has_no_measured_stand_in_is_shown_itself() -> None:
    graph = small_graph()
    assert shown_nodes(graph, ["block"]) == ["block"]
    assert shown_nodes(graph, ["block.fc/linear:0"]) == ["block.fc/linear:0"]


def test_nodes_come_in_the_order_of_execution_and_strangers_last() -> None:
    graph = small_graph()
    assert shown_nodes(graph, ["new", "block/add:0", "block.fc"]) == [
        "block.fc",
        "block/add:0",
        "new",
    ]
    assert shown_nodes(None, ["b", "a", "b"]) == ["b", "a"]


def test_activations_show_sizes_and_zeros_of_each_node() -> None:
    sizes, zeros = activations(whole_run()).panels
    assert sizes.title == "Size of the outputs on train"
    assert sizes.y.categories == zeros.x.categories == ("a", "b")
    (band,), (bars,) = sizes.marks, zeros.marks
    assert isinstance(band, Band)
    assert isinstance(bars, Bars)
    assert band.role == "activations"
    assert band.middle == pytest.approx((3.0, 1.0), rel=0.07)
    assert bars.heights == (50.0, 0.0)


def test_activations_of_several_splits_have_panels_of_their_own() -> None:
    rows = [
        distribution("a", [1.0], "activation", split="test"),
        distribution("a", [1.0], "activation", split="train"),
    ]
    titles = [panel.title for panel in activations(run_of(distributions=rows)).panels]
    assert titles == ["Size of the outputs on train", "Size of the outputs on test"]


def test_gradients_of_parameters_and_of_outputs_are_apart() -> None:
    parameters, outputs = gradients(whole_run()).panels
    assert parameters.title == "With respect to parameters"
    assert parameters.y.categories == ("a.weight", "b.weight")
    assert outputs.y.categories == ("b",)
    (band,) = parameters.marks
    assert isinstance(band, Band)
    assert band.role == "gradients"
    assert band.middle == pytest.approx((1e-5, 1e-2), rel=0.07)


def test_of_two_ranks_the_lowest_is_shown() -> None:
    rows = [
        distribution("a", [8.0], "gradient", rank=1),
        distribution("a", [2.0], "gradient", rank=0),
        distribution("a", [4.0], "gradient", rank=2),
    ]
    (band,) = gradients(run_of(distributions=rows)).panels[0].marks
    assert isinstance(band, Band)
    assert band.middle == pytest.approx((2.0,), rel=0.07)
