"""The rule `poor_initialisation`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
from tests.measure.findings.runs import activation, chain, findings_of, reason_of, run_of, series

from torchatlas.run import Run

NOISE = np.random.default_rng(0).normal(size=1_000)


def run_with(scales: list[float], step: int = 1, first: int = 1, count: int = 1_000) -> Run:
    layers = [(f"l{i}", "linear") for i in range(len(scales))]
    acts = [(f"a{i}", "relu") for i in range(len(scales))]
    graph = chain(*(layer for pair in zip(layers, acts, strict=True) for layer in pair))
    rows = [activation(f"l{i}", scale * NOISE[:count], step=step) for i, scale in enumerate(scales)]
    losses = dict.fromkeys(range(first, first + 5), 1.0)
    return run_of(graph, distributions=rows, scalars=series("loss", "train", losses))


def test_signals_that_shrink_from_layer_to_layer_are_found() -> None:
    (finding,) = findings_of("poor_initialisation", run_with([1.0, 0.5, 0.25, 0.1]))
    assert finding.title == "Signals differ 100 times in variance over the layers at the start"
    assert finding.nodes == ("l3", "l0")
    assert (finding.severity, finding.steps, finding.samples) == ("warning", (1, 1), 4_000)


def test_signals_of_one_size_are_silent() -> None:
    assert findings_of("poor_initialisation", run_with([1.0, 0.9, 1.2, 0.7])) == []


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("poor_initialisation", run_with([1, 0.5, 0.25, 0.1]), threshold=1_000) == []


def test_what_was_trained_for_long_or_elsewhere_is_not_asked() -> None:
    scales = [1.0, 0.5, 0.25, 0.1]
    expected = "the start of the training was not recorded"
    assert reason_of("poor_initialisation", run_with(scales, first=100)) == expected
    assert reason_of("poor_initialisation", run_of()) == expected
    expected = "what goes into 4 activation functions was not measured in the first 10 steps"
    assert reason_of("poor_initialisation", run_with(scales, step=11)) == expected
    assert reason_of("poor_initialisation", run_with(scales[:3])) == expected
    assert reason_of("poor_initialisation", run_with(scales, count=499)) == expected
