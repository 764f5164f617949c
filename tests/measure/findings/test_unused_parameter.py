"""The rule `unused_parameter`: planted faults, healthy data, too few data."""

from __future__ import annotations

from typing import Any

from tests.measure.findings.runs import (
    chain,
    distribution,
    findings_of,
    gradient,
    parameter,
    reason_of,
    run_of,
)

from torchatlas.run import ROOT, Run

GRAPH = chain(("a", "linear"), ("b", "linear"))
USED = [parameter(f"{path}.{kind}") for path in "ab" for kind in ("weight", "bias")]
OUTPUTS = [distribution(path, "output", "gradient", [1.0]) for path in "ab"]


def run_with(parameters: list[dict[str, Any]], gradients: list[dict[str, Any]]) -> Run:
    return run_of(GRAPH, parameters=parameters, distributions=gradients)


def test_a_parameter_that_no_op_uses_is_found() -> None:
    idle = [parameter("side.weight", "10×10"), parameter("side.bias", "10")]
    (finding,) = findings_of("unused_parameter", run_with(USED + idle, []))
    assert finding.title == "No op of the forward pass uses side.weight, side.bias"
    assert finding.value == 110.0
    assert finding.nodes == (ROOT,)  # the module never ran, so the graph has no node for it


def test_a_parameter_that_the_loss_does_not_depend_on_is_found() -> None:
    gradients = [gradient("a.weight", [1.0]), gradient("a.bias", [1.0]), OUTPUTS[0]]
    (finding,) = findings_of("unused_parameter", run_with(USED, gradients))
    assert finding.title == "The loss does not depend on b.weight, b.bias"
    assert finding.nodes == ("b",)


def test_a_model_in_full_use_is_in_order() -> None:
    gradients = [gradient(row["tensor"], [1.0]) for row in USED]
    assert findings_of("unused_parameter", run_with(USED, gradients + OUTPUTS)) == []
    assert findings_of("unused_parameter", run_with(USED, [])) == []


def test_frozen_parameters_are_left_alone() -> None:
    idle = [parameter("side.weight", trainable=False)]
    assert findings_of("unused_parameter", run_with(USED + idle, [])) == []


def test_buffers_are_left_alone() -> None:
    idle = [parameter("bn.running_mean", kind="buffer")]
    assert findings_of("unused_parameter", run_with(USED + idle, [])) == []


def test_a_parameter_used_under_its_second_name_is_used() -> None:
    tied = [parameter("embed.weight"), parameter("a.weight", tied_to="embed.weight")]
    assert findings_of("unused_parameter", run_with([*tied, *USED[1:]], [])) == []


def test_one_left_out_is_found_although_its_module_puts_something_out() -> None:
    gradients = [gradient(row["tensor"], [1.0]) for row in USED[1:]]
    (finding,) = findings_of("unused_parameter", run_with(USED, gradients + OUTPUTS))
    assert USED[0]["tensor"] in finding.title


def test_a_complex_gradient_cannot_be_seen_and_is_not_missed() -> None:
    parameters = [USED[0] | {"dtype": "complex64"}, *USED[1:]]
    gradients = [gradient(row["tensor"], [1.0]) for row in USED[1:]]
    assert findings_of("unused_parameter", run_with(parameters, gradients + OUTPUTS)) == []


def test_a_forward_pass_that_did_not_end_tells_nothing() -> None:
    broken = chain(("a", "linear"), error="ValueError: no")
    reason = reason_of("unused_parameter", run_of(broken, parameters=USED))
    assert reason == "the forward pass did not end: ValueError: no"
    reason = reason_of("unused_parameter", run_of(parameters=USED))
    assert reason == "no forward pass was traced; give data to run the model on"
