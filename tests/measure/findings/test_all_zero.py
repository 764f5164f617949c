"""The rule `all_zero`: planted faults, healthy data, too few data."""

from __future__ import annotations

from tests.measure.findings.runs import (
    chain,
    distribution,
    findings_of,
    gradient,
    parameter,
    reason_of,
    run_of,
)

GRAPH = chain(("a", "linear"), ("b", "linear"))
PARAMETERS = [
    parameter("a.weight"),
    parameter("a.bias", "4"),
    parameter("b.weight"),
    parameter("b.bias", "4"),
]


def test_a_gradient_of_nothing_but_zeros_is_found() -> None:
    rows = [gradient("a.weight", [0.0, 0.0], step=5), gradient("b.weight", [0.0, 1e-30], step=5)]
    (finding,) = findings_of("all_zero", run_of(GRAPH, parameters=PARAMETERS, distributions=rows))
    assert finding.title == "The gradient of a.weight is all zeros"
    assert (finding.severity, finding.nodes, finding.view) == ("warning", ("a",), "gradients")


def test_several_make_one_finding() -> None:
    rows = [gradient(f"{path}.weight", [0.0, 0.0], step=5) for path in "ab"]
    (finding,) = findings_of("all_zero", run_of(GRAPH, parameters=PARAMETERS, distributions=rows))
    assert finding.title == "The gradients of 2 weights are all zeros"
    assert finding.detail == "Every value is exactly 0 in a.weight, b.weight."
    assert finding.nodes == ("a", "b")


def test_before_the_first_step_it_is_a_note() -> None:
    rows = [gradient("a.weight", [0.0, 0.0])]
    (finding,) = findings_of("all_zero", run_of(GRAPH, parameters=PARAMETERS, distributions=rows))
    assert finding.severity == "info"


def test_a_weight_of_nothing_but_zeros_is_a_note() -> None:
    rows = [distribution("a", "a.weight", "parameter", [0.0, 0.0], step=5)]
    (finding,) = findings_of("all_zero", run_of(GRAPH, parameters=PARAMETERS, distributions=rows))
    assert finding.title == "The weight a.weight is all zeros"
    assert (finding.severity, finding.view) == ("info", "parameters")


def test_zeros_that_are_usual_are_left_alone() -> None:
    rows = [
        distribution("a", "a.bias", "parameter", [0.0, 0.0]),
        gradient("b.bias", [0.0, 0.0]),
        gradient("a.weight", [float("nan"), 0.0]),
        gradient("b.weight", [0.0]),  # a single value
    ]
    run = run_of(GRAPH, parameters=PARAMETERS, distributions=rows)
    assert findings_of("all_zero", run) == []


def test_without_parameters_and_gradients_it_cannot_tell() -> None:
    expected = "neither parameters nor gradients were measured"
    assert reason_of("all_zero", run_of(GRAPH)) == expected
