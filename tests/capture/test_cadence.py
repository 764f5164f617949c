"""The cadence: how often is affordable, worked out by hand."""

from itertools import pairwise

import pytest

from torchatlas.capture.cadence import CHEAP_S, FREE, WARM_UP_STEPS, Cadence, Pace

KIND = "norms"


def simulate(budget, step_s, cost_s, steps):
    """Steps at which was measured, and the cadence afterwards."""
    cadence, measured_at = Cadence(budget), []
    for step in range(1, steps + 1):
        cadence.steps += 1
        cadence.elapsed_s += step_s
        if cadence.is_due(KIND, step):
            measured_at.append(step)
            cadence.spent_s += cost_s
            cadence.elapsed_s += cost_s
            cadence.measured(KIND, cost_s)
    return measured_at, cadence


def test_the_first_measurement_follows_the_warm_up_and_settles_the_cadence():
    measured_at, cadence = simulate(budget=0.01, step_s=0.1, cost_s=0.03, steps=400)
    assert measured_at[0] == WARM_UP_STEPS
    assert cadence.paces[KIND].every == 128  # 75 steps of 0.1 s allow 0.03 s in 0.4 of the budget
    assert measured_at[1:] == [128, 256, 384]


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
    assert cadence.paces[KIND].every == 1


def test_a_budget_of_zero_measures_never():
    assert simulate(budget=0, step_s=0.1, cost_s=0.0, steps=50)[0] == []


def test_other_spending_counts():
    cadence = Cadence(0.01, steps=10, elapsed_s=11.0, spent_s=0.02)
    cadence.paces[KIND] = Pace(cost_s=0.1, every=1, taken=1)
    assert not cadence.is_due(KIND, 10)
    cadence.elapsed_s = 13.0
    assert cadence.is_due(KIND, 10)


def test_what_every_step_costs_leaves_less_for_the_rest():
    cadence = Cadence(0.01, steps=100, elapsed_s=10.0, spent_s=0.05)  # 0.5 ms a step of 1 ms
    cadence.spent_s += 0.001
    cadence.measured(KIND, 0.001)
    assert cadence.paces[KIND].every == 8  # 0.4 of the other 0.5 ms pays for it every 5 steps


def test_a_cost_that_grows_makes_it_rarer_and_one_that_falls_more_often():
    cadence = Cadence(0.1, steps=100, elapsed_s=10.0)
    for cost_s in (0.004, 0.04, 0.04, 0.04, 0.04):
        cadence.spent_s += cost_s
        cadence.measured(KIND, cost_s)
    assert cadence.paces[KIND].every == 8  # 0.03 s by now, and 0.004 s a step are free
    cadence.measured(KIND, 0.0)
    assert cadence.paces[KIND].every == 8  # not at once, or it would go to and fro
    for _ in range(20):
        cadence.measured(KIND, 0.0)
    assert cadence.paces[KIND].every == 2  # 1 would do, and is too near to change for


def test_the_first_measurements_of_two_kinds_are_not_made_at_one_step():
    cadence = Cadence(0.01, steps=5, elapsed_s=1.0)
    assert [kind for kind in cadence.paces if cadence.is_due(kind, 5)] == ["norms"]
    cadence.measured("norms", 0.01)
    cadence.paces["norms"].every = 1000
    assert [kind for kind in cadence.paces if cadence.is_due(kind, 6)] == ["distributions"]


def test_a_person_can_choose_the_steps_of_distributions_whatever_they_cost():
    cadence = Cadence(0.0, fixed=10, elapsed_s=1.0, spent_s=0.9)
    assert [step for step in range(1, 31) if cadence.is_due("distributions", step)] == [10, 20, 30]
    assert not cadence.is_due("norms", 10)


def test_no_share_before_the_first_step():
    assert Cadence(0.01).share is None


def test_who_asks_for_distributions_has_the_norms_of_those_steps():
    cadence = Cadence(0.01, fixed=10, steps=50, elapsed_s=1.0, spent_s=0.9)
    cadence.measured("norms", 0.1)
    assert [step for step in range(1, 31) if cadence.is_due("norms", step)] == [10, 20, 30]


def test_cheap_measurements_of_a_short_training_are_made_ever_farther_apart():
    cadence = Cadence(0.01)
    taken = []
    for step in range(1, 1_001):
        cadence.steps, cadence.elapsed_s = step, step * 0.001
        cadence.spent_s += 0.0005  # what each step costs anyway is more than the budget
        if cadence.is_due("norms", step):
            taken.append(step)
            cadence.measured("norms", 0.002)
    assert 20 <= len(taken) <= FREE
    assert max(after - before for before, after in pairwise(taken)) <= 256
    assert len([step for step in taken if step > 100]) >= 8


def test_no_measurement_is_free_that_is_not_cheap_or_where_none_is_wanted():
    cadence = Cadence(0.01, steps=400, elapsed_s=1.0, spent_s=0.5)
    cadence.measured("norms", 2 * CHEAP_S)
    assert not any(cadence.is_due("norms", step) for step in range(401, 600))
    assert not Cadence(0.0, steps=400, elapsed_s=1.0).is_due("norms", 400)
