"""Long series in few points: what must not be lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.measure.extremes import extremes


def kept(values, most=30):
    values = np.array(values, np.float64)
    return extremes(np.arange(len(values)), values, most).tolist()


def test_of_few_points_all_are_kept():
    assert kept([1, 2, 3], most=3) == [0, 1, 2]
    assert kept([]) == []


def test_a_single_spike_and_a_single_dip_are_kept():
    values = np.zeros(10_000)
    values[1_234], values[5_678] = 9.0, -9.0
    found = kept(values)
    assert {0, 1_234, 5_678, 9_999} <= set(found)
    assert len(found) <= 32


def test_the_first_value_of_a_stretch_that_is_no_number_is_kept():
    values = np.linspace(0, 1, 1_000)
    values[500:520] = np.nan
    values[900] = np.inf
    found = kept(values)
    assert {500, 900} <= set(found)
    assert len([place for place in found if 500 <= place < 520]) == 1


def test_values_that_are_all_no_numbers_leave_one_a_stretch():
    found = kept(np.full(1_000, np.nan))
    assert found[0] == 0
    assert found[-1] == 999
    assert len(found) <= 12


def test_stretches_are_of_equal_length_on_the_axis():
    x = np.concatenate([np.arange(1_000), [100_000]])
    y = np.concatenate([np.sin(np.arange(1_000)), [0.0]])
    assert len(extremes(x, y, 30)) <= 6  # the crowd is one column of the screen


def test_points_at_one_place_have_one_stretch():
    assert len(extremes(np.zeros(100, np.int64), np.arange(100.0), 30)) == 2


def test_too_few_to_keep_is_refused():
    with pytest.raises(ValueError, match="at least 3 points"):
        extremes(np.arange(5), np.zeros(5), 2)


@given(st.lists(st.floats(), min_size=1, max_size=400), st.integers(3, 60))
def test_extremes_and_ends_survive_whatever_the_values(values, most):
    found = kept(values, most)
    assert found == sorted(set(found))
    assert {0, len(values) - 1} <= set(found)
    assert len(found) <= max(most + 2, 3 * (most // 3) + 2)
    finite = [value for value in values if np.isfinite(value)]
    if finite:
        shown = [values[place] for place in found]
        assert {min(finite), max(finite)} <= set(shown)
    assert all(np.isfinite(value) for value in values) == all(
        np.isfinite(values[place]) for place in found
    )
