"""The rule `loss_spike`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import findings_of, reason_of, run_of, series

from torchatlas.run import Run


def run_with(planted: dict[int, float], steps: int = 500, slope: float = 0.0) -> Run:
    random = np.random.default_rng(0)
    losses = {
        step: planted.get(step, 2.0 - slope * step + float(random.normal() * 0.05))
        for step in range(steps)
    }
    return run_of(scalars=series("loss", "train", losses))


def test_a_jump_is_found() -> None:
    (finding,) = findings_of("loss_spike", run_with({300: 4.0, 301: 3.5}))
    assert finding.title == "The loss jumps at step 300"
    assert finding.steps == (300, 300)
    assert finding.value == pytest.approx(40, rel=0.15)
    assert (finding.severity, finding.view) == ("warning", "curves")


def test_jumps_apart_are_counted() -> None:
    (finding,) = findings_of("loss_spike", run_with({300: 3.0, 400: 4.0}))
    assert finding.title == "The loss jumps 2 times, most at step 400"
    assert finding.steps == (300, 400)


@pytest.mark.parametrize("planted", [{}, {50: 9.0}, {300: 0.1}, {300: float("nan")}])
def test_noise_warm_up_and_falls_are_silent(planted: dict[int, float]) -> None:
    assert findings_of("loss_spike", run_with(planted)) == []


def test_a_loss_that_falls_is_silent() -> None:
    assert findings_of("loss_spike", run_with({}, slope=0.003)) == []


def test_only_the_last_thousand_count() -> None:
    """Early losses of 1,000 would make every later jump look small."""
    run = run_with({step: 1_000.0 - step for step in range(900)} | {2_500: 4.0}, steps=2_600)
    (finding,) = findings_of("loss_spike", run)
    assert finding.steps == (2_500, 2_500)


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("loss_spike", run_with({300: 4.0}), threshold=100) == []


def test_few_steps_are_silent() -> None:
    expected = "the train loss of more than 100 steps was not recorded"
    assert reason_of("loss_spike", run_with({}, steps=100)) == expected
    assert reason_of("loss_spike", run_of()) == expected
