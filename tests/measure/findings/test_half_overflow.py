"""The rule `half_overflow`: planted faults, healthy data, no data."""

from __future__ import annotations

import pytest
from tests.measure.findings.runs import (
    activation,
    chain,
    distribution,
    findings_of,
    gradient,
    reason_of,
    run_of,
)


def test_values_beyond_fp16_are_found_by_quantity() -> None:
    rows = [
        activation("a", [1.0, -70_000.0]),
        activation("b", [80_000.0]),
        gradient("a.weight", [1e6]),
        distribution("a", "a.weight", "parameter", [1.0]),
    ]
    found = findings_of("half_overflow", run_of(chain(("a", "linear")), distributions=rows))
    assert [finding.title for finding in found] == [
        "2 activations go beyond 65,504",
        "A gradient goes beyond 65,504",
    ]
    assert [finding.view for finding in found] == ["activations", "gradients"]
    assert found[0].value == 80_000
    assert found[0].severity == "info"


@pytest.mark.parametrize("largest", [0.0, 1.0, 65_504.0])
def test_what_fits_is_silent(largest: float) -> None:
    run = run_of(chain(("a", "linear")), distributions=[activation("a", [largest])])
    assert findings_of("half_overflow", run) == []


def test_inputs_are_left_out() -> None:
    run = run_of(chain(("a", "linear")), distributions=[activation("input:x", [1e6])])
    assert findings_of("half_overflow", run) == []


def test_the_threshold_is_that_of_another_format() -> None:
    run = run_of(chain(("a", "linear")), distributions=[activation("a", [500.0])])
    (finding,) = findings_of("half_overflow", run, threshold=448)
    assert finding.title == "An activation goes beyond 448"


def test_without_values_it_cannot_tell() -> None:
    assert reason_of("half_overflow", run_of()) == "no values were looked at"
