from __future__ import annotations

from typing import Any

import pytest
from tests.views.runs import run_of
from tests.views.trainings import STEPS, distribution_rows, norm, norm_rows, training

from torchatlas.errors import RunError
from torchatlas.run import Envelope, Heatmap, Line, Ridges, Rule, View, Zone
from torchatlas.views import build_view, chart_options
from torchatlas.views.heat_strip import MOST_COLUMNS, MOST_LAYERS


def view(name: str, **options: Any) -> View:
    return build_view(name, training(), **options)


def marks(shown: View, kind: type[Any], panel: int = 0) -> list[Any]:
    return [mark for mark in shown.panels[panel].marks if isinstance(mark, kind)]


def test_a_statistic_is_a_strip_of_layers_by_steps_with_what_happened() -> None:
    shown = view("gradients", statistic="norm")
    (heat,) = marks(shown, Heatmap)
    assert heat.values == ((5.0,) * 4, (50.0,) * 4)
    assert heat.row_nodes == ("a", "b")
    assert heat.steps == STEPS
    assert heat.scale == "log"
    assert [rule.value for rule in marks(shown, Rule)] == [1.5, 1.5]
    note = shown.panels[0].note
    assert "step 15, run again from here, had reached 18; step 20, spike of the loss" in note
    assert "every 10, from all values" in note


def test_a_signed_statistic_has_two_hues() -> None:
    rows = distribution_rows()
    for row in rows[:1]:
        row["summary"] = type(row["summary"]).of([-3.0, 1.0])
    (heat,) = marks(
        build_view("parameters", training(distributions=rows), statistic="mean"), Heatmap
    )
    assert heat.scale == "symlog"
    assert heat.values[0][0] == -1.0


def test_over_the_layers_at_a_step_there_is_a_ridge_a_layer() -> None:
    shown = view("parameters", over="layers", step=15)
    (ridges,) = marks(shown, Ridges)
    assert shown.panels[0].y.categories == ("a", "b")
    assert ridges.spread == pytest.approx((2**0.5,) * 2)  # as of step 10: -2, 0, 0 and 2
    assert ridges.filled == "all"
    assert "as of step 10" in shown.subtitle


def test_over_the_steps_of_a_tensor_there_are_bands_and_a_ridge_a_step() -> None:
    shown = view("parameters", tensor="a.weight")
    bands = marks(shown, Envelope)
    assert [band.label for band in bands] == ["smallest to largest", "5 to 95 %", "25 to 75 %"]
    assert bands[0].low == (-1.0, -2.0, -3.0, -4.0)
    assert bands[0].high == (1.0, 2.0, 3.0, 4.0)
    (median,) = marks(shown, Line)
    assert median.y == (0.0,) * 4
    assert [rule.value for rule in marks(shown, Rule)] == [15.0, 20.0]
    (ridges,) = marks(shown, Ridges, 1)
    assert ridges.filled == "last"
    assert shown.panels[1].y.categories == tuple(f"step {step}" for step in STEPS)


def test_a_statistic_over_the_layers_has_one_panel_a_step_over_the_range_of_all() -> None:
    shown = view("gradients", statistic="norm", over="layers")
    assert [panel.title.rpartition(" at ")[2] for panel in shown.panels] == [
        f"step {step}" for step in STEPS
    ]
    (around,) = marks(shown, Envelope)
    assert (around.low, around.high) == ((5.0, 50.0), (5.0, 50.0))
    (line,) = marks(view("gradients", statistic="norm", step=12), Line)
    assert line.y == (5.0, 50.0)
    assert line.label == "step 10"


def test_the_update_ratio_has_the_stretch_marked_that_some_take_for_right() -> None:
    for options in ({}, {"statistic": "update-ratio", "over": "steps"}):
        zone = marks(view("updates", **options), Zone)[0]
        assert (zone.axis, zone.low, zone.high) == ("y", 1e-4, 1e-2)
        assert "folklore (info)" in zone.label


def test_lines_of_many_layers_are_their_spread() -> None:
    rows = [norm(f"l{i}.weight", "gradient", step, float(i)) for i in range(9) for step in STEPS]
    shown = build_view("gradients", run_of(norms=rows), statistic="norm", over="steps")
    whole, half = marks(shown, Envelope)
    assert (whole.low[0], whole.high[0]) == (0.0, 8.0)
    assert (half.low[0], half.high[0]) == (2.0, 6.0)
    assert [line.label for line in marks(shown, Line)] == ["median layer", "first, l0", "last, l8"]


def test_where_nothing_was_measured_the_lines_break_and_the_stretch_is_hatched() -> None:
    steps = (0, 10, 20, 100, 110)
    rows = [norm("a.weight", "gradient", step, 1.0) for step in steps]
    shown = build_view("gradients", run_of(norms=rows), statistic="norm", over="steps")
    (zone,) = marks(shown, Zone)
    assert (zone.low, zone.high, zone.hatched) == (20.0, 100.0, True)
    (line,) = marks(shown, Line)
    assert line.y == (1.0, 1.0, 1.0, None, 1.0, 1.0)


def test_long_trainings_of_deep_models_are_thinned_and_keep_the_spike() -> None:
    rows = [
        norm(f"l{i}.weight", "gradient", step, 7e7 if step == 501 else 1.0)
        for i in range(100)
        for step in range(1000)
    ]
    shown = build_view("gradients", run_of(norms=rows), statistic="norm")
    (heat,) = marks(shown, Heatmap)
    assert (len(heat.values), len(heat.values[0])) == (MOST_LAYERS, MOST_COLUMNS)
    assert max(heat.values[0]) == 7e7
    note = shown.panels[0].note
    assert "64 of 100 rows" in note
    assert "1,000 steps in 60 columns" in note


def test_a_quantity_without_rows_says_why() -> None:
    shown = build_view("updates", run_of(), statistic="norm")
    assert shown.panels == ()
    assert shown.gaps == ("no updates were recorded: record a training with ta.record(...)",)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("gradients", {"over": "time"}, "over='time' is not possible; choose 'layers' or 'steps'"),
        ("gradients", {"statistic": "nrom"}, "choose among norm, spread, mean, zeros, nonfinite"),
        ("gradients", {"step": 1.5}, "step=1.5 is no optimizer step"),
        ("gradients", {"node": "zz", "statistic": "norm"}, "there are a, b"),
        ("parameters", {"scale": "cubic"}, "choose among linear, symlog, log"),
        ("parameters", {"colour": "red"}, "its options are node, tensor, over, step, statistic"),
        ("activations", {"over": "steps"}, "activations over steps are of one node"),
        ("history", {"quantity": "loss"}, "choose among parameter, activation, gradient, update"),
        ("compared", {"how": "beside"}, "choose 'overlay' or 'difference'"),
    ],
)
def test_a_bad_option_is_refused_with_what_is_possible(
    name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(RunError) as caught:
        view(name, **options)
    assert words in str(caught.value)


def test_a_step_before_all_measured_ones_is_refused() -> None:
    rows = [row for row in norm_rows() if row["step"] > 0]
    run = training(norms=rows)
    with pytest.raises(RunError, match="at or before step 3; the first were at step 10, the last"):
        build_view("gradients", run, statistic="norm", step=3)


def test_options_of_view_and_renderer_are_told_apart() -> None:
    given = {"step": 3, "width": 60, "scale": "log"}
    assert chart_options("gradients", "text", given) == ({"step": 3, "scale": "log"}, {"width": 60})
    with pytest.raises(RunError, match="has no option figsize; the options of the view are node"):
        chart_options("gradients", "text", {"figsize": (1, 2)})
