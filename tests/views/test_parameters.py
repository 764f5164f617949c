from __future__ import annotations

import pytest
from tests.views.runs import distribution, run_of, whole_run

from torchatlas.run import Band, Bars, Gap, Histogram
from torchatlas.views.parameters import parameters


def test_bands_of_the_magnitudes_by_tensor() -> None:
    panel = parameters(whole_run()).panels[0]
    (band,) = panel.marks
    assert isinstance(band, Band)
    assert panel.x.scale == "log"
    assert panel.y.categories == ("a.weight", "b.weight")
    assert band.nodes == ("a", "b")
    assert band.low == pytest.approx((1.0, 0.01), rel=0.07)
    assert band.high == pytest.approx((4.0, 0.02), rel=0.07)


def test_counts_leave_out_buffers_and_tied_tensors() -> None:
    view = parameters(whole_run())
    (bars,) = view.panels[1].marks
    assert isinstance(bars, Bars)
    assert view.panels[1].x.categories == ("a.weight", "b.weight")
    assert bars.heights == (4.0, 2.0)
    assert view.subtitle == "6 values in 2 tensors, at step 0"


def test_all_values_are_in_one_histogram_with_their_zeros() -> None:
    rows = [distribution("a", [-1.0, 0.0, 0.0]), distribution("b", [5.0, 5.0])]
    (histogram,) = parameters(run_of(distributions=rows)).panels[2].marks
    assert isinstance(histogram, Histogram)
    assert histogram.zero == 2
    assert sum(histogram.counts) == pytest.approx(3)
    negative = [
        c for c, edge in zip(histogram.counts, histogram.edges[1:], strict=True) if edge < 0
    ]
    assert sum(negative) == pytest.approx(1)


def test_the_latest_step_is_shown() -> None:
    rows = [distribution("a", [4.0], step=20), distribution("a", [1.0], step=10)]
    view = parameters(run_of(distributions=rows))
    (band,) = view.panels[0].marks
    assert isinstance(band, Band)
    assert band.middle == pytest.approx((4.0,), rel=0.07)
    assert view.subtitle.endswith("at step 20")


def test_a_tensor_that_was_not_looked_at_is_a_break() -> None:
    shapes = [
        {"node": "a", "tensor": "a.weight", "kind": "parameter", "count": 4},
        {"node": "q", "tensor": "q.weight", "kind": "parameter", "count": 4},
    ]
    gap = Gap("parameter", "q.weight has no distribution: quantised", "q")
    run = run_of(parameters=shapes, distributions=[distribution("a", [1.0])], gaps=(gap,))
    view = parameters(run)
    (band,) = view.panels[0].marks
    assert isinstance(band, Band)
    assert band.middle[1] is None
    assert view.gaps == ("q: q.weight has no distribution: quantised",)


def test_without_distributions_the_counts_are_still_there() -> None:
    shapes = [{"node": "a", "tensor": "a.weight", "kind": "parameter", "count": 4}]
    view = parameters(run_of(parameters=shapes))
    assert [panel.title for panel in view.panels] == ["How many values"]
    assert view.gaps == ("the values of the parameters were not looked at",)


def test_values_that_are_not_finite_are_counted_in_words() -> None:
    rows = [distribution("a", [1.0, float("nan"), float("inf"), -float("inf")])]
    view = parameters(run_of(distributions=rows))
    note = "Not finite, left out of the bands: a.weight: 1 NaN and 2 infinite of 4."
    assert view.panels[0].note == note
    assert view.panels[2].note == "Not finite: 3 of 4."
