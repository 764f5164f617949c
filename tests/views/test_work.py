from __future__ import annotations

from typing import Any

import pytest
from tests.views.runs import run_of, small_graph

from torchatlas.run import Graph, Line, Node, Scatter
from torchatlas.views.work import MOST_LABELS, work


def row(node: str, time_s: float | None, flops: float | None, count: int | None = None) -> Any:
    return {
        "node": node,
        "phase": "forward",
        "time_s": time_s,
        "flops": flops,
        "parameter_count": count,
    }


def test_a_point_a_node_by_class() -> None:
    names = {"c": "Conv2d", "b": "BatchNorm2d", "r": "ReLU", "x": "view"}
    root = Node(".", "module", "Net", "Net", None)
    nodes = {n: Node(n, "module", n, t, ".", atomic=True) for n, t in names.items()}
    graph = Graph({".": root, **nodes}, ())
    run = run_of(graph=graph, cost=[row(node, 1.0, 2.0) for node in names])
    (panel,) = work(run).panels
    points = [mark for mark in panel.marks if isinstance(mark, Scatter)]
    assert [(mark.role, mark.nodes) for mark in points] == [
        ("conv", ("c",)),
        ("norm", ("b",)),
        ("elementwise", ("r",)),
        ("host", ("x",)),
    ]
    assert (panel.x.scale, panel.y.scale) == ("log", "log")
    assert (panel.x.unit, panel.y.unit) == ("FLOP", "s")


def test_a_node_without_operations_keeps_its_time_and_says_why() -> None:
    run = run_of(
        graph=small_graph(), cost=[row("block.fc", 1.0, 2.0), row("block/add:0", 3.0, None)]
    )
    (panel,) = work(run).panels
    (added,) = [m for m in panel.marks if isinstance(m, Scatter) and m.role == "elementwise"]
    assert (added.x, added.y) == ((None,), (3.0,))
    assert added.missing == ("nothing to count",)


def test_zero_operations_have_no_place_on_a_log_axis() -> None:
    run = run_of(cost=[row("a", 1.0, 2.0, 0), row("b", 1.0, 0.0, 5)])
    operations, parameters = work(run).panels
    assert operations.marks[0].x == (2.0, None)  # type: ignore[union-attr]
    assert parameters.marks[0].x == (None, 5)  # type: ignore[union-attr]
    assert parameters.marks[0].missing == ("no parameters", "")  # type: ignore[union-attr]


def test_without_times_there_is_no_panel() -> None:
    view = work(run_of(cost=[row("a", None, 2.0)]))
    assert view.panels == ()
    assert view.gaps == ("time by node not measured",)


def test_the_extremes_are_labelled() -> None:
    rows = [row(f"n{i}", 1.0, 100.0) for i in range(30)]
    rows += [
        row("slowest", 50.0, 9000.0),
        row("slow for its work", 5.0, 1.0),
        row("large", 1.0, 1e5),
    ]
    (panel,) = work(run_of(cost=rows)).panels
    points = panel.marks[0]
    assert isinstance(points, Scatter)
    labelled = [points.names[i] for i in points.labelled]
    assert {"slowest", "slow for its work", "large"} <= set(labelled)
    assert len(labelled) == MOST_LABELS


def test_the_guide_is_the_median_rate_within_what_was_measured() -> None:
    rows = [row("a", 1.0, 10.0), row("b", 2.0, 20.0), row("c", 1.0, 30.0)]
    (panel,) = work(run_of(cost=rows)).panels
    (guide,) = [mark for mark in panel.marks if isinstance(mark, Line)]
    assert guide.label == "median 10 FLOP/s"
    assert guide.x == pytest.approx((10.0, 20.0))
    assert guide.y == pytest.approx((1.0, 2.0))
