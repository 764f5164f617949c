"""The rule `dead_relu`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import activation, chain, channels, findings_of, reason_of, run_of

from torchatlas.run import Run


def relu_run(dead: int, units: int = 64, elements: int = 64_000, **cells: int) -> Run:
    row = activation("act", [0.0], units=units, dead_units=dead, **cells) | {"elements": elements}
    return run_of(chain(("act", "relu")), distributions=[row])


def test_a_layer_with_more_than_half_of_its_units_dead_is_found() -> None:
    (finding,) = findings_of("dead_relu", relu_run(61))
    assert finding.title == "61 of 64 units of act never fire"
    assert "every one of 1,000 values each" in finding.detail
    assert finding.nodes == ("act",)
    assert (finding.value, finding.threshold) == (61 / 64, 0.5)
    assert (finding.severity, finding.view) == ("warning", "activations")


@pytest.mark.parametrize("dead", [0, 32])
def test_up_to_half_is_in_order(dead: int) -> None:
    assert findings_of("dead_relu", relu_run(dead)) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("dead_relu", relu_run(10), threshold=0.1)
    assert findings_of("dead_relu", relu_run(61), threshold=0.99) == []


def test_a_unit_seen_few_times_is_not_called_dead() -> None:
    reason = reason_of("dead_relu", relu_run(61, elements=64 * 99))
    assert reason == "no ReLU unit was seen 100 times; use more batches"


def test_only_the_last_look_counts() -> None:
    early = activation("act", [0.0], units=4, dead_units=4, step=1) | {"elements": 4_000}
    late = activation("act", [0.0], units=4, dead_units=0, step=9) | {"elements": 4_000}
    assert findings_of("dead_relu", run_of(distributions=[late, early])) == []
    assert findings_of("dead_relu", run_of(distributions=[early | {"step": 10}, late]))


def test_without_activations_it_cannot_tell() -> None:
    assert reason_of("dead_relu", run_of()) == "no activations were measured"


def test_a_model_without_relu_is_in_order() -> None:
    run = run_of(distributions=[activation("act", [0.0, 0.0])])
    assert findings_of("dead_relu", run) == []


def test_channels_tell_it_where_units_were_not_counted() -> None:
    values = np.zeros((200, 8))
    values[:, :3] = 1.0
    graph = chain(("act", "relu"), ("other", "gelu"))
    rows = [channels("act", values), channels("other", values)]
    (finding,) = findings_of("dead_relu", run_of(graph, channels=rows))
    assert finding.title == "5 of 8 units of act never fire"
    assert findings_of("dead_relu", run_of(graph, channels=[channels("act", values + 1)])) == []
    few = run_of(graph, channels=[channels("act", values[:99])])
    assert reason_of("dead_relu", few) == "no ReLU unit was seen 100 times; use more batches"
