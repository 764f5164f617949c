"""A run in the forms that rules ask for."""

from __future__ import annotations

from tests.measure.findings.runs import (
    activation,
    chain,
    distribution,
    gradient,
    parameter,
    run_of,
    series,
)

from torchatlas.measure.findings.evidence import Evidence, some
from torchatlas.run import ROOT, Run


def steps(run: Run, quantity: str) -> list[tuple[str, str | None, int]]:
    return [(row["tensor"], row["split"], row["step"]) for row, _ in Evidence(run).latest(quantity)]


def test_the_latest_of_each_tensor_is_taken_whatever_the_order() -> None:
    rows = [
        gradient("a.weight", [1.0], step=9),
        gradient("a.weight", [1.0], step=4),
        gradient("b.weight", [1.0], step=4),
    ]
    found = steps(run_of(distributions=rows), "gradient")
    assert found == [("a.weight", None, 9), ("b.weight", None, 4)]


def test_a_recorded_gradient_gives_way_to_one_taken_later_on_a_split() -> None:
    rows = [gradient("a.weight", [0.0], step=4), gradient("a.weight", [1.0], step=6, split="train")]
    assert steps(run_of(distributions=rows), "gradient") == [("a.weight", "train", 6)]


def test_activations_are_told_apart_by_split() -> None:
    rows = [activation("a", [0.0]), activation("a", [1.0]) | {"split": "test"}]
    found = steps(run_of(distributions=rows), "activation")
    assert found == [("output", "train", 0), ("output", "test", 0)]


def test_rows_without_a_summary_are_passed_over() -> None:
    rows = [gradient("a.weight", [1.0]) | {"summary": None}]
    assert steps(run_of(distributions=rows), "gradient") == []


def test_gradients_of_outputs_are_no_gradients_of_parameters() -> None:
    rows = [gradient("a.weight", [1.0]), distribution("a", "output", "gradient", [1.0])]
    run = run_of(distributions=rows, parameters=[parameter("a.weight")])
    found = Evidence(run).parameter_gradients()
    assert [row["tensor"] for row, _ in found] == ["a.weight"]


def test_users_of_a_module_are_outside_it() -> None:
    evidence = Evidence(run_of(chain(("a", "linear"), ("b", "relu"))))
    assert evidence.users("a") == ["b"]
    assert evidence.users("a/linear:0") == ["b"]
    assert evidence.users("b") == ["output:0"]
    assert evidence.users(ROOT) == []


def test_series_are_in_order_of_steps() -> None:
    rows = series("loss", "train", {3: 0.1, 1: 0.5}) + series("loss", "test", {2: 9.0})
    rows.append({"name": "loss", "split": "train", "step": 2, "value": None})
    assert Evidence(run_of(scalars=rows)).series("loss", "train") == [(1, 0.5), (3, 0.1)]


def test_long_lists_of_names_are_cut() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
