"""The rule `not_learning`: planted faults, healthy data, too few data."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from tests.measure.findings.runs import findings_of, reason_of, run_of, series

from torchatlas.run import Run


def recorded(*losses: float) -> Run:
    return run_of(scalars=series("loss", "train", dict(enumerate(losses, 1))))


def test_a_loss_that_stays_where_it_was_is_found() -> None:
    (finding,) = findings_of("not_learning", recorded(*[2.5, 2.1] * 100))
    assert finding.title == "The train loss does not fall"
    assert finding.detail == (
        "It is 2.3 on average over the first 40 values recorded and 2.3 over the last 40."
    )
    assert finding.value == pytest.approx(0.0)
    assert (finding.steps, finding.samples) == ((1, 200), 200)


def test_a_loss_that_rises_is_found() -> None:
    (finding,) = findings_of("not_learning", recorded(*np.linspace(1.0, 2.0, 100)))
    assert finding.value is not None
    assert finding.value < 0


def test_a_loss_that_falls_slowly_and_noisily_is_in_order() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 500)
    assert findings_of("not_learning", recorded(*(np.linspace(2.0, 1.8, 500) + noise))) == []


def test_the_threshold_can_be_moved() -> None:
    run = recorded(*np.linspace(2.0, 1.8, 100))
    assert findings_of("not_learning", run, threshold=0.2)
    assert findings_of("not_learning", recorded(*[1.0] * 100), threshold=-0.1) == []


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (run_of(), "the train loss of 100 steps was not recorded"),
        (recorded(*[1.0] * 99, nan), "the train loss of 100 steps was not recorded"),
        (
            recorded(*[0.0] * 100),
            "the train loss is not above zero, so no ratio can be taken to it",
        ),
    ],
)
def test_too_little_is_said_to_be_too_little(run: Run, reason: str) -> None:
    assert reason_of("not_learning", run) == reason
