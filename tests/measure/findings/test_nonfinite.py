"""The rule `nonfinite`: planted faults, healthy data, too few data."""

from __future__ import annotations

from math import inf, nan

import pytest
from tests.measure.findings.runs import (
    activation,
    chain,
    distribution,
    findings_of,
    gradient,
    node,
    norms,
    parameter,
    reason_of,
    run_of,
    series,
)

from torchatlas.run import ROOT, Graph

GRAPH = chain(("first", "linear"), ("second", "log"), ("third", "linear"))


def test_the_origin_of_nan_is_the_first_node_in_execution_order() -> None:
    rows = [
        activation(ROOT, [nan]),
        activation("third", [nan, nan]),
        activation("second", [nan, 1.0, inf, -inf]),
        activation("first", [1.0]),
        activation("input:x", [1.0]),
    ]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert finding.title == "second is the first whose output is not finite"
    assert finding.detail == "1 NaN and 2 infinite of 4 values; 3 nodes in all with such an output."
    assert finding.nodes == ("second", "third", ROOT)
    assert (finding.severity, finding.value, finding.samples) == ("error", 6.0, 7)


def test_a_group_comes_after_what_is_in_it() -> None:
    nodes = [node(ROOT, "module", "Net"), node("block", "module", "Block", order=1)]
    nodes.append(node("block/log:0", "op", "log", "block", order=2))
    graph = Graph({n.id: n for n in nodes})
    rows = [activation("block", [nan]), activation("block/log:0", [nan])]
    (finding,) = findings_of("nonfinite", run_of(graph, distributions=rows))
    assert finding.nodes == ("block/log:0", "block")


def test_data_that_are_not_finite_are_told_as_such() -> None:
    rows = [activation("input:x", [nan]), activation("first", [nan])]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert finding.nodes[0] == "input:x"
    assert finding.advice.startswith("Clean the data")


def test_a_bad_parameter_is_named_where_it_is_used() -> None:
    rows = [distribution("first", "first.weight", "parameter", [nan, 1.0])]
    rows.append(activation("first", [nan]))
    own, behind = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert own.title == "The parameter first.weight is not finite"
    assert own.view == "parameters"
    assert behind.advice == "Its parameter first.weight is not finite: load an earlier checkpoint."


def test_gradients_begin_where_backward_meets_them_first() -> None:
    rows = [
        distribution("first", "output", "gradient", [nan]),
        distribution("second", "output", "gradient", [1.0]),
        gradient("first.weight", [nan]),
        activation("second", [1.0]),
    ]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert finding.title == "The gradient of the output of first is not finite"
    assert "comes from backward through second" in finding.detail
    assert finding.view == "gradients"


def test_a_gradient_of_a_parameter_alone_is_named() -> None:
    run = run_of(GRAPH, distributions=[gradient("third.weight", [inf])])
    (finding,) = findings_of("nonfinite", run)
    assert finding.title == "The gradient of third.weight is not finite"


def test_gradients_behind_bad_activations_are_not_told_again() -> None:
    rows = [activation("second", [nan]), gradient("first.weight", [nan])]
    assert len(findings_of("nonfinite", run_of(GRAPH, distributions=rows))) == 1


def test_a_mask_of_minus_infinity_is_a_note() -> None:
    rows = [activation("second", [-inf, 0.0]), activation(ROOT, [0.5])]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert (finding.severity, finding.title) == ("info", "second puts out minus infinity")


@pytest.mark.parametrize("value", [nan, inf])
def test_other_values_are_an_error_even_if_they_do_not_leave_the_model(value: float) -> None:
    rows = [activation("second", [value, 0.0]), activation(ROOT, [0.5])]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert finding.severity == "error"


def test_minus_infinity_that_leaves_the_model_is_an_error() -> None:
    rows = [activation("second", [-inf, 0.0]), activation(ROOT, [-inf])]
    (finding,) = findings_of("nonfinite", run_of(GRAPH, distributions=rows))
    assert finding.severity == "error"


def test_a_loss_that_breaks_is_found_at_its_first_step() -> None:
    values = series("loss", "train", {4: nan, 3: nan, 1: 2.0, 2: 1.9})
    (finding,) = findings_of("nonfinite", run_of(scalars=values))
    assert finding.title == "The train loss is not finite at step 3"
    assert (finding.steps, finding.value, finding.view) == ((3, 4), 2.0, "curves")


def test_finite_values_are_in_order() -> None:
    rows = [activation("first", [0.0, 1e38]), gradient("first.weight", [1e-45])]
    run = run_of(GRAPH, distributions=rows, scalars=series("loss", "train", {1: 1.0}))
    assert findings_of("nonfinite", run) == []


def test_without_values_it_cannot_tell() -> None:
    run = run_of(GRAPH, parameters=[parameter("first.weight")])
    assert reason_of("nonfinite", run) == "no values were looked at"


def test_norms_tell_the_first_step_and_the_first_tensor_that_backward_meets() -> None:
    rows = [
        row
        for name, steps in (("a.weight", (5, 6)), ("b.weight", (5,)), ("b.bias", (7,)))
        for row in norms(name, "gradient", dict.fromkeys(range(3, 9), 1.0))
        for row in [row | {"nonfinite": 2 if row["step"] in steps else 0}]
    ]
    run = run_of(chain(("a", "linear"), ("b", "linear")), norms=rows)
    (finding,) = findings_of("nonfinite", run)
    assert finding.title == "The gradient of b.weight is not finite at step 5"
    assert finding.nodes == ("b", "a")
    assert "the first that backward meets of 2 such tensors" in finding.detail
    assert (finding.steps, finding.value, finding.view) == ((5, 8), 4, "gradients")


def test_norms_do_not_repeat_what_distributions_say() -> None:
    rows = norms("a.weight", "gradient", {1: 1.0}, nonfinite=1)
    run = run_of(
        chain(("a", "linear")), norms=rows, distributions=[gradient("a.weight", [float("nan")])]
    )
    assert len(findings_of("nonfinite", run)) == 1


def test_finite_norms_are_in_order() -> None:
    run = run_of(chain(("a", "linear")), norms=norms("a.weight", "gradient", {1: 1.0}))
    assert findings_of("nonfinite", run) == []
