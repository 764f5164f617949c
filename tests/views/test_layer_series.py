from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.views.runs import distribution, run_of
from tests.views.trainings import STEPS, norm, norm_rows, summary_of_nan, training

from torchatlas.errors import RunError
from torchatlas.run import Run
from torchatlas.run.view import Number
from torchatlas.views.layer_series import layer_series
from torchatlas.views.layer_statistics import STATISTICS, statistic_named
from torchatlas.views.samples import Choice, cadence_text, sample_text, samples


def values(run: Run, choice: Choice, statistic: str) -> dict[str, list[Number]]:
    found = layer_series(run, choice, STATISTICS[statistic])
    return {one.name: list(one.values.values()) for one in found}


def test_the_norm_of_a_layer_is_that_of_all_its_tensors() -> None:
    assert values(training(), Choice("gradient"), "norm") == {"a": [5.0] * 4, "b": [50.0] * 4}


def test_the_tensors_of_a_part_have_rows_of_their_own() -> None:
    found = values(training(), Choice("gradient", node="b"), "norm")
    assert found == {"b.weight": [30.0] * 4, "b.bias": [40.0] * 4}
    assert list(values(training(), Choice("gradient", tensor="a.bias"), "norm")) == ["a.bias"]


def test_the_update_ratio_is_of_weights_at_the_same_step() -> None:
    found = values(training(), Choice("update"), "update-ratio")
    assert found == {"a": pytest.approx([0.001] * 4), "b": pytest.approx([0.01] * 4)}
    rows = [row for row in norm_rows() if (row["quantity"], row["step"]) != ("parameter", 10)]
    (series, _) = layer_series(training(norms=rows), Choice("update"), STATISTICS["update-ratio"])
    assert list(series.values) == [0, 20, 30]


def test_without_the_table_norms_come_from_distributions_counted_as_wholes() -> None:
    run = run_of(distributions=[distribution("a", [3.0, 4.0], "gradient", elements=8)])
    assert values(run, Choice("gradient"), "norm") == {"a": [10.0]}


def test_copies_of_processes_count_once_and_shards_together() -> None:
    rows = [norm("a.weight", "gradient", 0, 3.0), norm("a.weight", "gradient", 0, 4.0, rank=1)]
    sizes = [{"node": "a", "tensor": "a.weight", "kind": "parameter", "count": 4}]
    assert values(run_of(norms=rows, parameters=sizes), Choice("gradient"), "norm") == {"a": [3.0]}
    shards = [row | {"elements": 2} for row in rows]
    run = run_of(norms=shards, parameters=sizes)
    assert values(run, Choice("gradient"), "norm") == {"a": [5.0]}


def test_what_is_no_number_is_nan_and_never_missing() -> None:
    row = distribution("a", [1.0], "gradient") | {"summary": summary_of_nan()}
    run = run_of(distributions=[row])
    for name in ("norm", "spread", "mean"):
        (found,) = values(run, Choice("gradient"), name).values()
        assert [math.isnan(value or 0) for value in found] == [True], name
    assert values(run, Choice("gradient"), "nonfinite") == {"a": [2.0]}


def test_a_step_at_which_a_layer_lacks_a_tensor_is_left_out() -> None:
    rows = [row for row in norm_rows() if (row["tensor"], row["step"]) != ("a.bias", 20)]
    (first, second) = layer_series(training(norms=rows), Choice("gradient"), STATISTICS["norm"])
    assert list(first.values) == [0, 10, 30]
    assert list(second.values) == list(STEPS)
    assert first.at(25) == 5.0
    assert first.at(-1) is None


def test_shares_of_zeros_of_dead_units_and_of_the_flat_ends_of_tanh() -> None:
    run = training()
    assert values(run, Choice("parameter"), "zeros")["a"] == [50.0] * 4
    assert values(run, Choice("activation"), "dead") == {"act": [0.0, 25.0, 50.0, 75.0]}
    assert values(run, Choice("activation"), "saturated") == {"act": [50.0] * 4}
    assert run.graph is not None
    nodes = run.graph.nodes | {"act": replace(run.graph.nodes["act"], type="Sigmoid")}
    run = replace(run, graph=replace(run.graph, nodes=nodes))
    assert values(run, Choice("activation"), "saturated") == {"act": [50.0] * 4}  # 0 and 0.96
    nodes = run.graph.nodes | {"act": replace(run.graph.nodes["act"], type="ReLU")}
    run = replace(run, graph=replace(run.graph, nodes=nodes))
    assert values(run, Choice("activation"), "saturated") == {}


def test_what_was_not_measured_is_refused_with_what_was() -> None:
    run = training()
    with pytest.raises(RunError, match="no gradients of node 'c' were measured; there are a, b"):
        layer_series(run, Choice("gradient", node="c"), STATISTICS["norm"])
    with pytest.raises(RunError, match=r"no parameters of tensor 'a.wieght'.* there are a.weight"):
        samples(run, Choice("parameter", tensor="a.wieght"))
    with pytest.raises(RunError, match="on split 'test'; there are 'train'"):
        samples(run, Choice("activation", split="test"))
    with pytest.raises(RunError, match="statistic='dead' is nothing that gradients have; choose"):
        statistic_named("dead", "gradient")


def test_cadence_and_sample_are_said() -> None:
    assert cadence_text([0, 10, 20]) == "at 3 steps from 0 to 20, every 10"
    assert cadence_text([0, 10, 40]) == "at 3 steps from 0 to 40, 10 to 30 apart"
    assert cadence_text([7]) == "at step 7"
    assert cadence_text([]) == "not measured"
    found = samples(training(), Choice("parameter"))
    assert sample_text(found) == "from a sample of at most 4 values a tensor (the largest has 8)"
    whole = samples(training(), Choice("activation"))
    assert sample_text(whole) == "from all values"
