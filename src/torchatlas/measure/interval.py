"""Confidence intervals of rates and means."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(successes: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Between which rates the true rate lies, given so many successes.

    Wilson's score interval: it stays within 0 and 1, and holds for rates near them and for few
    trials, where the usual p +- 2 sqrt(p (1 - p) / n) fails.

    Args:
        total: trials, at least 1.

    Source:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not 0 <= successes <= total or total < 1:
        raise ValueError(f"{successes} successes of {total} trials")
    z = NormalDist().inv_cdf((1 + level) / 2)
    rate = successes / total
    scale = 1 / (1 + z * z / total)
    middle = (rate + z * z / (2 * total)) * scale
    half = z * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total)) * scale
    low = middle - half if successes > 0 else 0.0
    high = middle + half if successes < total else 1.0
    return (low, high)


def difference_interval(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """Between which values the difference of two rates lies: first minus second.

    Args:
        first, second: a rate with the lower and the upper end of its own Wilson interval.

    Source:
        R. G. Newcombe, Interval estimation for the difference between independent proportions:
        comparison of eleven methods (1998), method 10.
    """
    (rate, low, high), (other, other_low, other_high) = first, second
    difference = rate - other
    below = sqrt((rate - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - rate) ** 2 + (other - other_low) ** 2)
    return (difference - below, difference + above)


def mean_interval(
    total: float, squares: float, count: int, level: float = 0.95
) -> tuple[float, float] | None:
    """Between which values the true mean lies, from the sums of x and x^2 over `count` values.

    The normal approximation: for fewer than 30 values there is None.
    """
    if count < 30:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    mean = total / count
    variance = max(0.0, squares / count - mean * mean) * count / (count - 1)
    half = z * sqrt(variance / count)
    return (mean - half, mean + half)
