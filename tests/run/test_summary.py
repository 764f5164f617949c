"""Tensor summaries against the values that they summarise."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.run import RELATIVE_ERROR, TensorSummary, bin_edges, bin_keys

ANY_FLOAT = st.floats(width=64, allow_subnormal=True)
MODERATE = st.floats(-1e6, 1e6, width=64)
EXTREMES = [
    np.finfo(np.float64).max,
    -np.finfo(np.float64).max,
    np.finfo(np.float64).tiny,
    5e-324,  # the smallest subnormal
    -15e-324,
    1.0,
    -1.0,
    np.nextafter(2.0, 0.0),
    np.nextafter(1.125, 0.0),
]


def assert_same(one: TensorSummary, other: TensorSummary) -> None:
    """Counts, extremes and bins are equal, and the sums but for the order of addition."""
    for f in dataclasses.fields(TensorSummary):
        left, right = getattr(one, f.name), getattr(other, f.name)
        if f.name.startswith("bin_"):
            np.testing.assert_array_equal(left, right, err_msg=f.name)
        elif f.name.startswith("total"):
            scale = max(one.total_absolute, one.total_squares, 1.0)
            assert math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9 * scale), f.name
        else:
            assert left == right, f.name


@given(st.lists(MODERATE | st.sampled_from([math.nan, math.inf, -math.inf, 0.0])))
def test_merging_parts_gives_the_summary_of_the_whole(values: list[float]) -> None:
    middle = len(values) // 3
    parts = [values[:middle], values[middle:]]
    merged = TensorSummary.merged([TensorSummary.of(np.array(part)) for part in parts])
    assert_same(merged, TensorSummary.of(np.array(values)))


@given(st.lists(MODERATE), st.lists(MODERATE), st.lists(MODERATE))
def test_merge_is_commutative_and_associative(
    a: list[float], b: list[float], c: list[float]
) -> None:
    x, y, z = (TensorSummary.of(np.array(values)) for values in (a, b, c))
    assert_same(x.merge(y), y.merge(x))
    assert_same(x.merge(y).merge(z), x.merge(y.merge(z)))


def test_empty_is_neutral_in_a_merge() -> None:
    summary = TensorSummary.of(np.array([1.0, -2.0, np.nan]))
    assert_same(TensorSummary.empty().merge(summary), summary)
    assert_same(TensorSummary.merged([]), TensorSummary.empty())


@given(st.lists(MODERATE, min_size=1, max_size=200), st.floats(0, 1))
def test_quantile_is_within_its_stated_error_of_the_order_statistic(
    values: list[float], q: float
) -> None:
    found = TensorSummary.of(np.array(values)).quantile(q)
    rank = q * (len(values) - 1)
    ordered = sorted(values)
    last = len(values) - 1
    neighbours = ordered[max(0, math.floor(rank - 1e-9)) : min(last, math.ceil(rank + 1e-9)) + 1]
    assert found is not None
    slack = 1e-300  # bins cannot be an eighth of an octave among subnormals
    assert any(abs(found - true) <= RELATIVE_ERROR * abs(true) + slack for true in neighbours)


@given(st.lists(ANY_FLOAT, min_size=1, max_size=100), st.floats(0, 1))
def test_the_bounds_of_a_quantile_enclose_the_order_statistic(
    values: list[float], q: float
) -> None:
    finite = sorted(value for value in values if math.isfinite(value))
    bounds = TensorSummary.of(np.array(values)).quantile_bounds(q)
    if not finite:
        assert bounds is None
        return
    position = q * (len(finite) - 1)
    true = finite[math.ceil(position - 1e-12 * max(position, 1.0))]
    assert bounds is not None
    low, high = bounds
    assert low <= true <= high
    nearer = min(abs(low), abs(high))
    assert high - low <= max(2 * RELATIVE_ERROR * nearer, 5e-324) * (1 + 1e-12)


def test_no_bound_of_a_quantile_is_wider_than_its_bin() -> None:
    summary = TensorSummary.of(np.array([1.0, 1.1, 1.2, 5.0, -3.0, 0.0]))
    assert summary.quantile_bounds(0.0) == (-3.0, -3.0)
    assert summary.quantile_bounds(0.2) == (0.0, 0.0)
    assert summary.quantile_bounds(0.5) == (1.0, 1.125)
    assert summary.quantile_bounds(0.9) == (5.0, 5.0)  # the bin, cut off at the maximum
    assert TensorSummary.of(np.array([math.nan])).quantile_bounds(0.5) is None


EVERYTHING = ANY_FLOAT | st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1e-310])


def assert_same_but_for_overflow(one: TensorSummary, other: TensorSummary) -> None:
    """As `assert_same`; sums beyond the range of fp64 depend on the order of addition."""
    for f in dataclasses.fields(TensorSummary):
        left, right = getattr(one, f.name), getattr(other, f.name)
        if f.name.startswith("bin_"):
            np.testing.assert_array_equal(left, right, err_msg=f.name)
        elif f.name == "total_squares" or f.name == "total_absolute":
            assert math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-300), f.name
        elif f.name == "total":
            both = one.total_absolute, other.total_absolute
            if all(math.isfinite(size) for size in both):
                assert abs(left - right) <= 1e-9 * max(both), f.name
        else:
            assert left == right, f.name


@given(st.lists(EVERYTHING), st.lists(EVERYTHING), st.lists(EVERYTHING))
def test_merging_is_the_summary_of_the_concatenation_whatever_the_values(
    a: list[float], b: list[float], c: list[float]
) -> None:
    x, y, z = (TensorSummary.of(np.array(values)) for values in (a, b, c))
    whole = TensorSummary.of(np.array(a + b + c))
    assert_same_but_for_overflow(x.merge(y).merge(z), whole)
    assert_same_but_for_overflow(x.merge(y.merge(z)), whole)
    assert_same_but_for_overflow(z.merge(x).merge(y), whole)


WHOLE_NUMBERS = st.lists(st.integers(-(2**20), 2**20).map(float))


@given(WHOLE_NUMBERS, WHOLE_NUMBERS)
def test_sums_of_whole_numbers_merge_exactly(a: list[float], b: list[float]) -> None:
    merged = TensorSummary.of(np.array(a)).merge(TensorSummary.of(np.array(b)))
    assert merged.total == sum(a) + sum(b)
    assert merged.total_absolute == sum(map(abs, a + b))
    assert merged.total_squares == sum(value * value for value in a + b)


@given(st.lists(EVERYTHING, min_size=1), st.floats(0.1, 50))
def test_a_scaled_summary_still_adds_up(values: list[float], factor: float) -> None:
    scaled = TensorSummary.of(np.array(values)).scaled(factor)
    assert scaled.finite == scaled.zero + scaled.bin_counts.sum()
    assert abs(scaled.count - factor * len(values)) <= 0.5
    assert (scaled.bin_counts >= 0).all()
    scaled.quantile(0.999)  # has a bin to look in


def test_quantiles_of_literal_values() -> None:
    summary = TensorSummary.of(np.array([-4.0, -1.0, 0.0, 0.0, 0.0, 2.0, 8.0]))
    assert summary.quantile(0) == -4.0
    assert summary.quantile(1) == 8.0
    assert summary.quantile(0.5) == 0.0
    assert summary.quantile(1 / 6) == pytest.approx(-1.0, rel=RELATIVE_ERROR)
    assert summary.quantile(5 / 6) == pytest.approx(2.0, rel=RELATIVE_ERROR)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_outside_zero_to_one_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="a quantile is between 0 and 1, not"):
        TensorSummary.of(np.ones(3)).quantile(q)


@given(ANY_FLOAT.filter(lambda value: math.isfinite(value) and value != 0))
def test_a_bin_contains_its_values(value: float) -> None:
    low, high = bin_edges(bin_keys(np.array([value])))
    assert low[0] <= value <= high[0]
    assert low[0] < high[0]


def test_a_bin_contains_its_values_at_the_ends_of_the_range() -> None:
    values = np.array(EXTREMES)
    low, high = bin_edges(bin_keys(values))
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    assert (low <= values).all()
    assert (values <= high).all()


@given(st.lists(ANY_FLOAT.filter(lambda value: math.isfinite(value) and value != 0)))
def test_keys_sort_as_their_values_do(values: list[float]) -> None:
    keys = bin_keys(np.sort(np.array(values)))
    assert (np.diff(keys) >= 0).all()


def test_bins_are_an_eighth_of_an_octave() -> None:
    low, high = bin_edges(bin_keys(np.array([1.0, 1.125, 2.0, -3.0])))
    np.testing.assert_array_equal(low, [1.0, 1.125, 2.0, -3.25])
    np.testing.assert_array_equal(high, [1.125, 1.25, 2.25, -3.0])


def test_literal_counts() -> None:
    tiny = np.finfo(np.float32).tiny / 4
    values = np.array([[1, -3, 0, 0], [np.nan, np.inf, -np.inf, tiny]], np.float32)
    summary = TensorSummary.of(values)
    assert (summary.count, summary.finite, summary.nonfinite) == (8, 5, 3)
    assert (summary.nan, summary.positive_infinity, summary.negative_infinity) == (1, 1, 1)
    assert (summary.zero, summary.subnormal) == (2, 1)
    assert (summary.minimum, summary.maximum) == (-3.0, 1.0)
    assert summary.total == pytest.approx(-2.0)
    assert summary.total_squares == pytest.approx(10.0)
    assert summary.total_absolute == pytest.approx(4.0)
    assert summary.zero_share == 0.25
    assert summary.bin_counts.sum() == 3


@given(st.lists(MODERATE, min_size=1))
def test_moments_agree_with_numpy(values: list[float]) -> None:
    array = np.array(values)
    summary = TensorSummary.of(array)
    largest = np.abs(array).max()
    assert summary.mean == pytest.approx(array.mean(), rel=1e-9, abs=1e-9 * largest)
    assert summary.std == pytest.approx(array.std(), rel=1e-5, abs=1e-5 * largest)
    assert summary.norm == pytest.approx(np.linalg.norm(array), rel=1e-9, abs=1e-150)
    assert summary.mean_absolute == pytest.approx(np.abs(array).mean(), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf]])
def test_nothing_is_made_up_where_no_value_is_finite(values: list[float]) -> None:
    summary = TensorSummary.of(np.array(values))
    assert summary.finite == 0
    assert summary.quantile(0.5) is None
    assert summary.quantile(1) is None
    assert (summary.mean, summary.std, summary.mean_absolute) == (None, None, None)
    assert (summary.minimum, summary.maximum) == (None, None)
    assert summary.norm == 0.0


def test_sums_beyond_fp64_are_infinite_and_raise_no_warning() -> None:
    largest = np.finfo(np.float64).max
    summary = TensorSummary.of(np.array([largest, largest, -largest]))
    assert summary.total_squares == math.inf
    assert summary.std == math.inf
    assert summary.maximum == largest
    assert summary.quantile(0.5) == pytest.approx(largest, rel=RELATIVE_ERROR)


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.uint8, bool])
def test_other_dtypes_are_taken_at_their_value(dtype: type) -> None:
    summary = TensorSummary.of(np.array([0, 1, 1], dtype))
    assert (summary.count, summary.zero, summary.total) == (3, 1, 2.0)
    assert summary.subnormal == 0


def test_a_scaled_sample_weighs_as_the_whole() -> None:
    half, whole = TensorSummary.of(np.array([2.0, 2.0])), TensorSummary.of(np.zeros(4))
    merged = half.scaled(6).merge(whole)
    assert (merged.count, merged.zero, merged.bin_counts.tolist()) == (16, 4, [12])
    assert merged.mean == 24 / 16
