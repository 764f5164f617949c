"""The rule `exploding_gradient`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import findings_of, norms, reason_of, run_of

from torchatlas.run import Run


def run_with(factors: dict[int, float], steps: int = 200) -> Run:
    """Two weights whose gradient norms are noise about 1, times a factor at some steps."""
    random = np.random.default_rng(0)
    rows = [
        row
        for name in ("a.weight", "b.weight")
        for row in norms(
            name,
            "gradient",
            {step: factors.get(step, 1.0) * random.uniform(0.8, 1.2) for step in range(steps)},
        )
    ]
    return run_of(norms=rows)


def test_a_burst_that_lasts_is_found() -> None:
    (finding,) = findings_of("exploding_gradient", run_with(dict.fromkeys(range(150, 160), 30)))
    assert finding.title == "The gradient explodes at step 150"
    assert finding.steps == (150, 159)
    assert "10 norms in a row" in finding.detail
    assert (finding.severity, finding.view) == ("warning", "gradients")


@pytest.mark.parametrize(
    "factors", [{}, {150: 30.0}, {150: 30.0, 151: 30.0}, dict.fromkeys(range(150, 160), 1.5)]
)
def test_noise_single_spikes_and_small_rises_are_silent(factors: dict[int, float]) -> None:
    assert findings_of("exploding_gradient", run_with(factors)) == []


def test_the_first_steps_only_teach() -> None:
    assert findings_of("exploding_gradient", run_with(dict.fromkeys(range(10), 30))) == []


def test_a_gradient_that_falls_is_silent() -> None:
    falling = {step: 100.0 / (1 + step) for step in range(200)}
    assert findings_of("exploding_gradient", run_with(falling)) == []


def test_the_threshold_can_be_moved() -> None:
    run = run_with(dict.fromkeys(range(150, 160), 3))
    assert findings_of("exploding_gradient", run)
    assert findings_of("exploding_gradient", run, threshold=1_000) == []


def test_few_steps_are_silent() -> None:
    expected = "gradient norms of 50 steps were not recorded"
    assert reason_of("exploding_gradient", run_with({}, steps=49)) == expected
    assert reason_of("exploding_gradient", run_of()) == expected
