"""The rule `outlier_feature`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
from tests.measure.findings.runs import chain, channels, findings_of, reason_of, run_of

from torchatlas.run import Run


def run_with(layers: list[bool], size: float = 9.0, share: float = 0.2, count: int = 200) -> Run:
    """Norms of 16 features, of which the third stands out in some layers."""
    random = np.random.default_rng(0)
    rows = []
    for place, planted in enumerate(layers):
        values = random.normal(size=(count, 16))
        if planted:
            values[: int(share * count), 3] = size
        rows.append(channels(f"n{place}", values))
    graph = chain(*((f"n{place}", "layer_norm") for place in range(len(layers))))
    return run_of(graph, channels=rows)


def test_a_feature_that_stands_out_in_many_layers_is_found() -> None:
    (finding,) = findings_of("outlier_feature", run_with([True, True, False, False]))
    assert finding.title == "Feature 3 stands out through the layers"
    assert finding.value == 0.5
    assert finding.nodes == ("n0", "n1")
    assert (finding.severity, finding.samples) == ("info", 800)


def test_few_layers_few_positions_or_a_small_size_are_silent() -> None:
    assert findings_of("outlier_feature", run_with([True] + [False] * 4)) == []
    assert findings_of("outlier_feature", run_with([True] * 4, share=0.05)) == []
    assert findings_of("outlier_feature", run_with([True] * 4, size=5.9)) == []
    assert findings_of("outlier_feature", run_with([False] * 6)) == []


def test_the_threshold_can_be_moved() -> None:
    run = run_with([True, True, False, False])
    assert findings_of("outlier_feature", run, threshold=0.75) == []


def test_few_layers_and_few_positions_cannot_tell() -> None:
    expected = "the features that 4 layer norms of one width put out were not looked at"
    assert reason_of("outlier_feature", run_with([True] * 3)) == expected
    assert reason_of("outlier_feature", run_with([True] * 4, count=99)) == expected
    assert reason_of("outlier_feature", run_of()) == expected


def test_a_model_without_layer_norms_is_in_order() -> None:
    run = run_of(chain(("a", "conv2d"), ("b", "relu")))
    assert findings_of("outlier_feature", run) == []
