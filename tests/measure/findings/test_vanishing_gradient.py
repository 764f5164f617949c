"""The rule `vanishing_gradient`: planted faults, healthy data, too few data."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measure.findings.runs import (
    chain,
    findings_of,
    gradient,
    norms,
    parameter,
    reason_of,
    run_of,
)

from torchatlas.run import Run


def run_with(*sizes: float, name: str = "weight", shape: str = "4×3") -> Run:
    paths = [f"layer{i}" for i in range(len(sizes))]
    return run_of(
        chain(*((path, "linear") for path in paths)),
        parameters=[parameter(f"{path}.{name}", shape) for path in paths],
        distributions=[
            gradient(f"{path}.{name}", size * np.resize([-1.0, 1.0], 12))
            for path, size in zip(paths, sizes, strict=True)
        ],
    )


def test_gradients_that_fade_towards_the_input_are_found() -> None:
    (finding,) = findings_of("vanishing_gradient", run_with(1e-12, 1e-9, 1e-5, 1e-2))
    assert finding.title == "The gradient vanishes in 2 of 4 weights"
    assert "go down to 1e-12, against 0.01" in finding.detail
    assert finding.nodes == ("layer0", "layer1")
    assert finding.value == pytest.approx(1e-12)
    assert (finding.threshold, finding.samples) == (1e-7, 24)


@pytest.mark.parametrize(
    "sizes",
    [
        (1e-6, 1e-4, 1e-2),  # small, and above the threshold
        (1e-9, 1e-9, 1e-8),  # all are small: trained to the end
        (0.0, 1e-2, 1e-2, 1e-2),  # zeros are another finding
    ],
)
def test_healthy_gradients_are_in_order(sizes: tuple[float, ...]) -> None:
    assert findings_of("vanishing_gradient", run_with(*sizes)) == []


def test_the_threshold_can_be_moved() -> None:
    run = run_with(1e-6, 1e-4, 1e-2)
    assert findings_of("vanishing_gradient", run, threshold=1e-5)


def test_biases_are_left_alone() -> None:
    biases = run_with(1e-12, 1e-9, 1e-5, 1e-2, name="bias", shape="4")
    expected = "gradients of fewer than 3 weights were measured"
    assert reason_of("vanishing_gradient", biases) == expected


def test_too_little_is_said_to_be_too_little() -> None:
    assert reason_of("vanishing_gradient", run_with(1e-12, 1e-2)) == (
        "gradients of fewer than 3 weights were measured"
    )
    assert reason_of("vanishing_gradient", run_of()) == ("no gradients of parameters were measured")


def test_norms_stand_for_distributions_that_were_not_taken() -> None:
    names = ("a.weight", "b.weight", "c.weight")
    sizes = {"a.weight": 1e-9, "b.weight": 1e-2, "c.weight": 1.0}
    rows = [row for n in names for row in norms(n, "gradient", {1: 1.0, 2: sizes[n]})]
    run = run_of(parameters=[parameter(name) for name in names], norms=rows)
    (finding,) = findings_of("vanishing_gradient", run)
    assert finding.title == "The gradient vanishes in 1 of 3 weights"
    healthy = [row for n in names for row in norms(n, "gradient", {1: 1.0})]
    fine = run_of(parameters=[parameter(name) for name in names], norms=healthy)
    assert findings_of("vanishing_gradient", fine) == []
