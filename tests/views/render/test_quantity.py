from __future__ import annotations

import math

import pytest

from torchatlas.views.render.quantity import (
    number_text,
    power_of_ten,
    prefixed_unit,
    tick_text,
    titled,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-1.5, "−1.5"),
        (12345.0, "12,345"),
        (0.0123456, "0.0123"),
        (999.6, "1,000"),
        (2_359_296.0, "2.36 M"),
        (1.8e9, "1.8 G"),
        (1e15, "1·10¹⁵"),
        (0.00012, "1.2·10⁻⁴"),
        (-3e-9, "−3·10⁻⁹"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ([0.002, 0.0001], "s", (1e-3, "ms")),
        ([2e-10], "s", (1e-9, "ns")),
        ([3.0], "s", (1.0, "s")),
        ([1.8e9, math.inf, math.nan], "FLOP", (1e9, "GFLOP")),
        ([0.0], "B", (1.0, "B")),
        ([], "B", (1.0, "B")),
        ([5000.0], "%", (1.0, "%")),
        ([5e6], "", (1.0, "")),
    ],
)
def test_units_get_the_prefix_of_the_largest(
    values: list[float], unit: str, expected: tuple[float, str]
) -> None:
    assert prefixed_unit(values, unit) == expected


def test_ticks_of_one_axis_share_a_prefix() -> None:
    assert [tick_text(v, 2e6) for v in (0.0, 5e5, 2e6)] == ["0", "0.5 M", "2 M"]
    assert tick_text(500.0, 900.0) == "500"


def test_powers_and_titles() -> None:
    assert (power_of_ten(-3), power_of_ten(0), power_of_ten(12)) == ("10⁻³", "1", "10¹²")
    assert (titled("time", "ms"), titled("loss", ""), titled("", "%")) == ("time (ms)", "loss", "%")
