"""Growth of costs that are known in closed form."""

from __future__ import annotations

import pytest
from benchmarks.growth import exponent, per_op_ratio

SIZES = (1_000, 2_000, 5_000, 20_000)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_the_power_of_a_power_law_is_found(power: float) -> None:
    assert exponent({size: 3e-6 * size**power for size in SIZES}) == pytest.approx(power)


def test_what_an_op_costs_more_in_a_long_graph() -> None:
    assert per_op_ratio({5_000: 99.0, 1_000: 1.0, 20_000: 30.0}) == pytest.approx(1.5)


@pytest.mark.parametrize("costs", [{}, {1_000: 1.0}, {1_000: 1.0, 2_000: 0.0}])
def test_a_growth_of_nothing_is_refused(costs: dict[int, float]) -> None:
    with pytest.raises(ValueError, match="a growth needs two sizes and positive costs, not"):
        exponent(costs)
