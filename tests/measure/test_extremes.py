"""Long curves made short: whatever stands out is among the points that are kept."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.measure.extremes import extremes

odd = st.one_of(st.floats(-10, 10), st.sampled_from([math.nan, math.inf, -math.inf]))


def test_a_short_curve_is_kept_whole():
    assert extremes(np.arange(5), np.zeros(5), 6).tolist() == [0, 1, 2, 3, 4]
    assert extremes([], [], 6).tolist() == []


def test_a_spike_of_one_point_in_ten_million_is_kept():
    y = np.zeros(10_000_000)
    y[1_234_567], y[7_654_321], y[5_000_000] = 9.0, -9.0, math.nan
    kept = extremes(np.arange(y.size), y, 2_000)
    assert {1_234_567, 7_654_321, 5_000_000, 0, y.size - 1} <= set(kept.tolist())
    assert kept.size <= 2_000


@given(st.lists(odd, min_size=1, max_size=300), st.integers(6, 60))
def test_extremes_ends_and_what_is_not_finite_survive(values, most):
    y = np.array(values)
    kept = extremes(np.arange(y.size), y, most)
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == y.size - 1
    assert kept.size <= max(most, 6)
    finite, shown = y[np.isfinite(y)], y[kept][np.isfinite(y[kept])]
    if finite.size:
        assert (shown.min(), shown.max()) == (finite.min(), finite.max())
    assert np.isnan(y).any() == np.isnan(y[kept]).any()
    assert np.isinf(y).any() == np.isinf(y[kept]).any()


def test_every_stretch_of_the_axis_keeps_its_own_extremes():
    x = np.concatenate([np.arange(1_000), 100_000 + np.arange(1_000)])  # a pause between
    y = np.sin(x / 10.0)
    kept = extremes(x, y, 60)
    for half in (slice(0, 1_000), slice(1_000, 2_000)):
        inside = kept[(kept >= half.start) & (kept < half.stop)]
        assert (y[inside].min(), y[inside].max()) == (y[half].min(), y[half].max())
    assert {999, 1_000} <= set(kept.tolist())


def test_steps_that_are_all_the_same_are_divided_by_their_order():
    kept = extremes(np.zeros(100), np.arange(100.0), 12)
    assert kept.tolist()[0] == 0
    assert kept.tolist()[-1] == 99


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="most is 6 or more, not 5"):
        extremes(np.arange(9), np.arange(9), 5)
