"""Histograms with any bins as tensor summaries: counts kept, errors within what is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.run import bin_edges
from torchatlas.store.converted_histogram import converted


def rows_of(values, bins):
    counts, edges = np.histogram(values, bins)
    return np.stack([edges[:-1], edges[1:], counts], 1)


@given(
    st.lists(
        st.integers(-10_000, 10_000).map(lambda n: n / 64), min_size=2, max_size=20, unique=True
    ),
    st.lists(st.integers(0, 1_000), min_size=19, max_size=19),
)
def test_counts_are_kept_and_lie_in_their_bins(edges, counts):
    edges = np.sort(np.array(edges))
    rows = np.stack([edges[:-1], edges[1:], counts[: len(edges) - 1]], 1)
    made = converted(rows, None)
    summary = made.summary
    assert summary.count == sum(counts[: len(edges) - 1])
    assert summary.zero + summary.bin_counts.sum() == summary.count
    assert (np.diff(summary.bin_keys) > 0).all()
    assert (summary.bin_counts > 0).all()
    low, high = bin_edges(summary.bin_keys)
    for left, right, count in rows:
        outside = summary.bin_counts[(low > right) | (high < left)].sum()
        assert summary.count - outside >= count - 2  # rounded at both of its edges


@pytest.mark.parametrize("bins", [30, 100])
def test_quantiles_are_off_by_no_more_than_is_said(bins):
    values = np.random.default_rng(0).normal(size=100_000)
    made = converted(rows_of(values, bins), None)
    for q in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        exact = np.quantile(values, q)
        assert abs(made.summary.quantile(q) - exact) <= made.error + abs(exact) / 16
    assert made.summary.mean == pytest.approx(values.mean(), abs=0.002)
    assert made.summary.std == pytest.approx(values.std(), rel=0.006)
    assert (made.summary.minimum, made.summary.maximum) == (values.min(), values.max())


def test_figures_that_are_known_are_taken():
    summary = converted(np.array([[0.0, 2.0, 4.0]]), (0.5, 1.5, 4.2, 5.0)).summary
    assert (summary.minimum, summary.maximum) == (0.5, 1.5)
    assert (summary.total, summary.total_squares) == (4.2, 5.0)


@pytest.mark.parametrize(
    ("row", "zero", "keys"),
    [
        ([0.0, 0.0, 7.0], 7, []),
        ([2.0, 2.0, 7.0], 0, [16_392]),
        ([-2.0, -2.0, 7.0], 0, [-16_392]),
    ],
)
def test_a_bin_without_width_is_one_value(row, zero, keys):
    made = converted(np.array([row]), None)
    assert (made.summary.zero, made.summary.bin_keys.tolist()) == (zero, keys)
    assert (made.summary.count, made.error) == (7, 0.0)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, 3)),
        [[0.0, 1.0, 0.0]],
        [[np.nan, 1.0, 3.0]],
        [[-np.inf, np.inf, 3.0]],
        [[1.0, 2.0, -4.0]],
    ],
)
def test_bins_that_say_nothing_give_the_summary_of_nothing(rows):
    assert converted(np.array(rows), None).summary.count == 0


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e300, 8e307])
def test_very_small_and_very_large_values(scale):
    made = converted(np.array([[-scale, scale, 10.0], [scale, 2 * scale, 5.0]]), None)
    assert made.summary.count == 15
