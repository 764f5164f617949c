"""Confidence intervals against published figures and closed forms."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from torchatlas.measure.interval import difference_interval, mean_interval, wilson_interval


def test_wilson_interval_of_newcombe() -> None:
    """Newcombe 1998, Two-sided intervals for the single proportion, table I, method 3."""
    for successes, total, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = wilson_interval(successes, total)
        assert found == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_solves_the_score_equation() -> None:
    """Its ends are the rates p at which |observed - p| is 1.96 standard errors of p."""
    for end in wilson_interval(30, 40):
        assert abs(30 / 40 - end) / np.sqrt(end * (1 - end) / 40) == pytest.approx(1.959964, 1e-6)


def test_wilson_interval_covers_the_true_rate_about_as_often_as_it_says() -> None:
    total, rate = 50, 0.9
    chances = [comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(total + 1)]
    covered = 0.0
    for successes, chance in enumerate(chances):
        low, high = wilson_interval(successes, total)
        covered += chance * (low <= rate <= high)
    assert 0.93 < covered < 0.98


@pytest.mark.parametrize(("successes", "total"), [(0, 1), (1, 1), (0, 500), (500, 500)])
def test_wilson_interval_stays_within_zero_and_one(successes: int, total: int) -> None:
    low, high = wilson_interval(successes, total)
    assert 0 <= low <= successes / total <= high <= 1
    assert low < high


def test_a_higher_level_gives_a_wider_interval() -> None:
    narrow, wide = wilson_interval(30, 40, 0.8), wilson_interval(30, 40, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(("successes", "total"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(successes: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"{successes} successes of {total} trials"):
        wilson_interval(successes, total)


def test_difference_interval_of_newcombe() -> None:
    """Newcombe 1998, Interval estimation for the difference, table II, method 10, rows a and b."""
    for (a, m), (b, n), low, high in [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
    ]:
        first = (a / m, *wilson_interval(a, m))
        second = (b / n, *wilson_interval(b, n))
        assert difference_interval(first, second) == pytest.approx((low, high), abs=5e-5)


def test_mean_interval_is_the_mean_and_its_standard_error() -> None:
    values = np.arange(100.0)
    found = mean_interval(values.sum(), (values**2).sum(), 100)
    half = 1.959964 * values.std(ddof=1) / 10
    assert found == pytest.approx((49.5 - half, 49.5 + half), rel=1e-6)


def test_mean_interval_of_equal_values_has_no_width() -> None:
    assert mean_interval(50 * 0.25, 50 * 0.0625, 50) == (0.25, 0.25)


def test_there_is_no_mean_interval_of_a_few_values() -> None:
    assert mean_interval(29.0, 29.0, 29) is None
    assert mean_interval(30.0, 30.0, 30) is not None
