"""The rule `frozen_parameter`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
from tests.measure.findings.runs import distribution, findings_of, parameter, reason_of, run_of

from torchatlas.run import Run

NOISE = np.random.default_rng(0).normal(size=1_000)


def run_with(moves: dict[str, list[float]], every: int = 10, **cells: object) -> Run:
    """Parameters that are moved by so much before each of several looks."""
    rows = [
        distribution("a", name, "parameter", NOISE + sum(by[: look + 1]), step=look * every)
        for name, by in moves.items()
        for look in range(len(by))
    ]
    return run_of(
        parameters=[parameter(name, **cells) for name in moves],  # type: ignore[arg-type]
        distributions=rows,
    )


STILL, MOVING = [0.0, 0.0, 0.0, 0.0], [0.0, 1e-3, 1e-3, 1e-3]


def test_a_parameter_that_stands_still_is_found() -> None:
    (finding,) = findings_of("frozen_parameter", run_with({"a.w": STILL, "a.v": MOVING}))
    assert finding.title == "a.w does not move"
    assert (finding.value, finding.threshold, finding.steps) == (3, 3, (0, 30))
    assert (finding.severity, finding.view) == ("warning", "parameters")


def test_when_none_moves_it_is_said_once() -> None:
    (finding,) = findings_of("frozen_parameter", run_with({"a.w": STILL, "a.v": STILL}))
    assert finding.title == "No parameter moves"


def test_one_that_moves_or_has_just_moved_is_silent() -> None:
    assert findings_of("frozen_parameter", run_with({"a.w": MOVING})) == []
    assert findings_of("frozen_parameter", run_with({"a.w": [0.0, 1e-3, 0.0, 0.0]})) == []
    assert findings_of("frozen_parameter", run_with({"a.w": [1e-6 * i for i in range(9)]})) == []


def test_one_that_stopped_is_found() -> None:
    (finding,) = findings_of("frozen_parameter", run_with({"a.w": [*MOVING, *STILL]}))
    assert finding.value == 4


def test_the_threshold_can_be_moved() -> None:
    run = run_with({"a.w": [0.0, 1e-3, 0.0, 0.0]})
    assert findings_of("frozen_parameter", run, threshold=2)


def test_few_looks_and_what_is_frozen_on_purpose_are_silent() -> None:
    reason = "no trainable parameter was looked at 4 times over 10 steps"
    assert reason_of("frozen_parameter", run_with({"a.w": STILL[:3]})) == reason
    assert reason_of("frozen_parameter", run_with({"a.w": STILL}, every=3)) == reason
    assert reason_of("frozen_parameter", run_with({"a.w": STILL}, trainable=False)) == reason
    assert reason_of("frozen_parameter", run_of()) == reason
