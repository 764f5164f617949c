from __future__ import annotations

import math

from tests.views.runs import run_of, scalar, whole_run

from torchatlas.run import Line, Panel, Rule
from torchatlas.views.curves import curves
from torchatlas.views.thinning import MOST, thinned


def lines_of(panel: Panel) -> list[Line]:
    return [mark for mark in panel.marks if isinstance(mark, Line)]


def test_one_panel_a_metric_with_losses_first() -> None:
    rows = [scalar("accuracy", "test", 0, 0.5), scalar("loss", "train", 0, 1.0)]
    assert [panel.title for panel in curves(run_of(scalars=rows)).panels] == ["loss", "accuracy"]


def test_what_the_recorder_adds_comes_last_and_its_cost_is_no_curve() -> None:
    names = ("recording cost", "learning rate", "accuracy", "loss")
    rows = [scalar(name, "train", step, 0.5 / step) for name in names for step in (1, 2)]
    titles = [panel.title for panel in curves(run_of(scalars=rows)).panels]
    assert titles == ["loss", "accuracy", "learning rate"]


def test_a_learning_rate_that_never_changed_is_said_in_words() -> None:
    rows = [scalar("loss", "train", 1, 2.0), scalar("loss", "train", 9, 1.0)]
    rows += [scalar("learning rate", "train", step, 0.001) for step in (1, 9)]
    view = curves(run_of(scalars=rows))
    assert [panel.title for panel in view.panels] == ["loss"]
    assert view.subtitle == "values as logged, up to step 9, learning rate 0.001 throughout"
    alone = curves(run_of(scalars=rows[2:]))  # then it is what there is
    assert [panel.title for panel in alone.panels] == ["learning rate"]


def test_train_is_dashed_and_test_is_solid() -> None:
    train, test = lines_of(curves(whole_run()).panels[0])
    assert (train.label, train.role, train.dashed) == ("train", "train", True)
    assert (test.label, test.role, test.dashed) == ("test", "test", False)
    assert test.x == (0.0, 2.0, 4.0)
    assert test.y == (2.0, 1.0, 1.5)


def test_the_lowest_test_loss_is_marked_unless_it_is_the_last() -> None:
    (rule,) = [m for m in curves(whole_run()).panels[0].marks if isinstance(m, Rule)]
    assert (rule.axis, rule.value, rule.label) == ("x", 2.0, "lowest test loss, 1")
    falling = run_of(scalars=[scalar("loss", "test", step, 3.0 - step) for step in range(3)])
    assert not [m for m in curves(falling).panels[0].marks if isinstance(m, Rule)]


def test_without_a_test_split_validation_stands_for_it() -> None:
    rows = [scalar("loss", split, 0, 1.0) for split in ("train", "validation", "other")]
    roles = [line.role for line in lines_of(curves(run_of(scalars=rows)).panels[0])]
    assert roles == ["train", "test", "neutral"]


def test_a_steep_loss_is_on_a_log_axis_and_a_flat_one_is_not() -> None:
    steep = run_of(scalars=[scalar("loss", "train", 0, 10.0), scalar("loss", "train", 1, 0.5)])
    flat = run_of(scalars=[scalar("loss", "train", 0, 1.0), scalar("loss", "train", 1, 0.5)])
    negative = run_of(scalars=[scalar("loss", "train", 0, 10.0), scalar("loss", "train", 1, -5.0)])
    scales = [curves(run).panels[0].y.scale for run in (steep, flat, negative)]
    assert scales == ["log", "linear", "linear"]


def test_an_accuracy_between_0_and_1_is_a_share() -> None:
    assert curves(whole_run()).panels[1].y.unit == "share"
    percent = run_of(scalars=[scalar("accuracy", "test", 0, 75.0)])
    assert curves(percent).panels[0].y.unit == ""


def test_values_that_are_missing_or_not_finite_stay_in_the_line() -> None:
    rows = [scalar("loss", "train", step, y) for step, y in enumerate([1.0, None, math.nan, 2.0])]
    panel = curves(run_of(scalars=rows)).panels[0]
    (line,) = lines_of(panel)
    assert line.y[1] is None
    assert line.y[2] is not None
    assert math.isnan(line.y[2])
    assert panel.note == "train is not finite at 1 of 4 points, first at step 2."


def test_rows_in_any_order_are_drawn_by_step_and_ranks_apart() -> None:
    rows = [
        scalar("loss", "train", step, float(step), rank=rank) for step in (2, 0) for rank in (1, 0)
    ]
    lines = lines_of(curves(run_of(scalars=rows)).panels[0])
    assert [line.label for line in lines] == ["train, rank 1", "train, rank 0"]
    assert lines[0].x == (0.0, 2.0)


def test_a_long_curve_keeps_its_spike_its_ends_and_its_divergence() -> None:
    points: list[tuple[int, float | None]] = [(step, 1.0) for step in range(20_000)]
    points[7_777] = (7_777, 99.0)
    points[12_345] = (12_345, math.inf)
    points[15_000] = (15_000, None)
    shown = thinned(points)
    assert len(shown) <= MOST + 10
    assert {(7_777, 99.0), (12_345, math.inf), (15_000, None), (0, 1.0), (19_999, 1.0)} <= set(
        shown
    )
    assert thinned(points[:MOST]) == points[:MOST]


def test_a_thinned_curve_says_so() -> None:
    rows = [scalar("loss", "train", step, 1.0) for step in range(5_000)]
    note = curves(run_of(scalars=rows)).panels[0].note
    assert note == "train: lowest and highest of every few of 5,000 points."
