"""Histograms on a symmetric logarithmic axis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.measure.distribution import shared_log_histograms, signed_log_histogram
from torchatlas.run import TensorSummary

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def histogram_of(*values: float, **options: int) -> tuple[np.ndarray, np.ndarray, int]:
    found = signed_log_histogram(TensorSummary.of(np.array(values)), **options)
    return found.edges, found.counts, found.zero


def test_literal_counts_one_bin_a_decade() -> None:
    edges, counts, zero = histogram_of(-5, -50, -55, 0, 0, 2, 3, 20, bins_per_decade=1)
    np.testing.assert_allclose(edges, [-100, -10, -1, 1, 10, 100])
    np.testing.assert_array_equal(counts, [2, 1, 0, 2, 1])
    assert zero == 2


def test_four_bins_a_decade_by_default() -> None:
    edges, _, _ = histogram_of(1.5, 15)
    np.testing.assert_allclose(edges[edges > 0], 10 ** (np.arange(0, 6) / 4))
    np.testing.assert_array_equal(edges, -edges[::-1])


def test_small_values_are_counted_into_the_innermost_bins() -> None:
    edges, counts, _ = histogram_of(1e-9, -1e-9, 5.0, bins_per_decade=1, most_decades=2)
    np.testing.assert_allclose(edges, [-10, -1, -0.1, 0.1, 1, 10])
    np.testing.assert_array_equal(counts, [0, 1, 0, 1, 1])


def test_a_fine_bin_across_an_edge_is_split_in_proportion() -> None:
    values = np.full(1000, 10.0)  # its bin reaches from 10 to 11; an edge is at 10.59
    found = signed_log_histogram(TensorSummary.of(values), bins_per_decade=40)
    share = np.log(10 ** (41 / 40) / 10) / np.log(1.1)
    positive = found.counts[found.edges[:-1] > 0]
    assert positive.tolist() == [round(1000 * share), 1000 - round(1000 * share)]


@given(st.lists(FINITE), st.integers(1, 50), st.integers(1, 20))
def test_every_value_is_counted_exactly_once(
    values: list[float], bins_per_decade: int, most_decades: int
) -> None:
    summary = TensorSummary.of(np.array(values))
    found = signed_log_histogram(summary, bins_per_decade, most_decades)
    assert found.total == summary.finite
    assert found.zero == summary.zero
    assert found.counts[found.edges[:-1] >= 0].sum() == sum(value > 0 for value in values)
    assert (found.counts >= 0).all()
    assert len(found.edges) == len(found.counts) + 1
    assert np.isfinite(found.edges).all()
    assert (found.edges[1:] > found.edges[:-1]).all()


@given(st.lists(FINITE))
def test_the_mirrored_values_give_the_mirrored_histogram(values: list[float]) -> None:
    one = signed_log_histogram(TensorSummary.of(np.array(values)))
    other = signed_log_histogram(TensorSummary.of(-np.array(values)))
    np.testing.assert_array_equal(one.counts, other.counts[::-1])


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [np.nan, np.inf]])
def test_no_values_but_zeros_give_one_empty_bin(values: list[float]) -> None:
    edges, counts, zero = histogram_of(*values)
    assert edges.tolist() == [-1.0, 1.0]
    assert counts.tolist() == [0.0]
    assert zero == values.count(0.0)


def test_shared_histograms_lie_on_the_same_edges_and_keep_every_value() -> None:
    summaries = [
        TensorSummary.of([1e-3, -2.0]),
        TensorSummary.of([0.0, 70.0]),
        TensorSummary.empty(),
    ]
    found = shared_log_histograms(summaries)
    assert all(np.array_equal(one.edges, found[0].edges) for one in found)
    assert [one.total for one in found] == [2, 2, 0]
    assert found[0].edges[-1] == pytest.approx(100.0)
    assert np.abs(found[0].edges).min() in (pytest.approx(1e-4), pytest.approx(1e-3))


def test_shared_histograms_of_nothing_are_empty() -> None:
    (found,) = shared_log_histograms([TensorSummary.of([0.0, 0.0])])
    assert (found.counts.sum(), found.zero) == (0.0, 2)
