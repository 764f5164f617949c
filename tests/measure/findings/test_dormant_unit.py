"""The rule `dormant_unit`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import chain, channels, findings_of, reason_of, run_of

from torchatlas.run import Run


def run_with(
    dormant: int, units: int = 32, count: int = 200, kind: str = "gelu", faint: float = 0.01
) -> Run:
    values = np.random.default_rng(0).normal(size=(count, units))
    values[:, :dormant] *= faint
    return run_of(chain(("act", kind)), channels=[channels("act", values)])


def test_a_tenth_of_dormant_units_is_found() -> None:
    (finding,) = findings_of("dormant_unit", run_with(8))
    assert finding.title == "8 of 32 units of act are dormant"
    assert "200 values of each" in finding.detail
    assert (finding.severity, finding.view, finding.nodes) == ("info", "activations", ("act",))
    assert finding.value is not None
    assert finding.value < 0.025


@pytest.mark.parametrize("dormant", [0, 3])
def test_a_few_dormant_units_are_in_order(dormant: int) -> None:
    assert findings_of("dormant_unit", run_with(dormant)) == []


def test_a_small_unit_is_not_dormant() -> None:
    assert findings_of("dormant_unit", run_with(8, faint=0.1)) == []
    assert findings_of("dormant_unit", run_with(8, faint=0.1), threshold=0.2)


def test_a_dead_layer_is_left_to_the_rule_for_it() -> None:
    assert findings_of("dormant_unit", run_with(20, kind="relu", faint=0.0)) == []
    zeros = run_of(chain(("act", "relu")), channels=[channels("act", np.zeros((200, 32)))])
    assert findings_of("dormant_unit", zeros) == []


def test_few_values_or_units_are_silent() -> None:
    expected = "no layer of 8 units was seen 100 times; use more batches"
    assert reason_of("dormant_unit", run_with(8, count=99)) == expected
    assert reason_of("dormant_unit", run_with(3, units=7)) == expected


@pytest.mark.parametrize("run", [run_of(), run_with(8, kind="linear")])
def test_other_nodes_are_not_asked(run: Run) -> None:
    expected = "no units of activation functions were looked at one by one"
    assert reason_of("dormant_unit", run) == expected
