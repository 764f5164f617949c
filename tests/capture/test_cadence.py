"""The cadence: how often is affordable, worked out by hand."""

import pytest

from torchatlas.capture.cadence import WARM_UP_STEPS, Cadence


def simulate(budget, step_s, cost_s, steps):
    """Steps at which was measured, and the cadence afterwards."""
    cadence, measured_at = Cadence(budget), []
    for step in range(1, steps + 1):
        cadence.steps += 1
        cadence.elapsed_s += step_s
        if cadence.is_due(step):
            measured_at.append(step)
            cadence.spent_s += cost_s
            cadence.elapsed_s += cost_s
            cadence.measured(cost_s)
    return measured_at, cadence


def test_the_first_measurement_follows_the_warm_up_and_settles_the_cadence():
    measured_at, cadence = simulate(budget=0.01, step_s=0.1, cost_s=0.03, steps=200)
    assert measured_at[0] == WARM_UP_STEPS
    assert cadence.every == 32  # 30 steps of 0.1 s allow 0.03 s; the next power of two
    assert measured_at[1:] == [64, 96, 128, 160, 192]  # at 32 the first one was not yet paid for


@pytest.mark.parametrize("budget", [0.001, 0.01, 0.2])
@pytest.mark.parametrize("cost_s", [0.0001, 0.01, 1.0])
def test_the_share_stays_within_the_budget_once_the_first_is_paid_for(budget, cost_s):
    measured_at, cadence = simulate(budget, step_s=0.05, cost_s=cost_s, steps=3000)
    assert cadence.share is not None
    if len(measured_at) > 1:
        assert cadence.share <= budget
    else:
        assert 2 * cost_s > budget * 3000 * 0.05


def test_what_costs_nothing_is_measured_at_every_step():
    measured_at, cadence = simulate(budget=0.01, step_s=0.1, cost_s=0.0, steps=10)
    assert measured_at == list(range(WARM_UP_STEPS, 11))
    assert cadence.every == 1


def test_a_budget_of_zero_measures_never():
    assert simulate(budget=0, step_s=0.1, cost_s=0.0, steps=50)[0] == []


def test_other_spending_counts():
    cadence = Cadence(0.01, cost_s=0.1, every=1, steps=10, elapsed_s=11.0, spent_s=0.02)
    assert not cadence.is_due(10)
    cadence.elapsed_s = 13.0
    assert cadence.is_due(10)


def test_no_share_before_the_first_step():
    assert Cadence(0.01).share is None
