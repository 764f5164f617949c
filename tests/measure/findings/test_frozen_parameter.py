"""The rule `frozen_parameter`: planted faults, healthy data, too few data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.measure.findings.runs import (
    chain,
    distribution,
    findings_of,
    norms,
    parameter,
    reason_of,
    run_of,
)

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


def with_gradients(run: Run, name: str) -> Run:
    """The run, with the norm of a gradient of zeros at each look."""
    steps = sorted({row["step"] for row in run.tables["distributions"].rows()})
    rows = norms(name, "gradient", dict.fromkeys(steps, 0.0))
    return replace(run, tables=run.tables | run_of(norms=rows).tables)


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


def test_one_that_moved_and_has_arrived_is_silent() -> None:
    run = run_with({"a.w": [*MOVING, *STILL]})
    assert findings_of("frozen_parameter", run) == []
    assert findings_of("frozen_parameter", with_gradients(run, "a.w")) == []


def test_one_that_moved_and_has_lost_its_gradient_is_found() -> None:
    run = with_gradients(run_with({"a.w": [*MOVING, *STILL], "a.v": MOVING * 2}), "a.v")
    (finding,) = findings_of("frozen_parameter", run)
    assert (finding.title, finding.value, finding.steps) == ("a.w does not move", 4, (30, 70))


def test_a_bias_that_a_norm_undoes_need_not_move() -> None:
    graph = chain(("a", "conv2d"), ("n", "batch_norm"))
    run = replace(run_with({"a.bias": STILL, "a.weight": MOVING}), graph=graph)
    assert findings_of("frozen_parameter", run) == []
    other = chain(("a", "conv2d"), ("n", "layer_norm"))
    (finding,) = findings_of("frozen_parameter", replace(run, graph=other))
    assert finding.title == "a.bias does not move"


@pytest.mark.parametrize(("gradient", "count"), [(3e-7, 0), (3e-3, 1)])
def test_without_edges_its_gradient_tells_such_a_bias(gradient: float, count: int) -> None:
    run = run_with({"a.bias": STILL, "a.weight": MOVING})
    rows = norms("a.bias", "gradient", {0: gradient, 10: gradient})
    rows += norms("a.weight", "gradient", {0: 1.0, 10: 0.5})
    run = replace(run, tables=run.tables | run_of(norms=rows).tables)
    assert len(findings_of("frozen_parameter", run)) == count


def test_the_threshold_can_be_moved() -> None:
    run = run_with({"a.w": STILL[:3]})
    assert findings_of("frozen_parameter", run, threshold=2)


def test_few_looks_and_what_is_frozen_on_purpose_are_silent() -> None:
    reason = "no trainable parameter was looked at 4 times over 10 steps"
    assert reason_of("frozen_parameter", run_with({"a.w": STILL[:3]})) == reason
    assert reason_of("frozen_parameter", run_with({"a.w": STILL}, every=3)) == reason
    assert reason_of("frozen_parameter", run_with({"a.w": STILL}, trainable=False)) == reason
    assert reason_of("frozen_parameter", run_of()) == reason
