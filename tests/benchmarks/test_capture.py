"""What the benchmark of tracing makes of the seconds that it measured."""

from __future__ import annotations

from benchmarks.capture import _of_lengths, _of_model, fastest_of, growth
from benchmarks.report import table


def test_calls_are_made_in_turn_and_the_first_does_not_count() -> None:
    made: list[str] = []
    calls = {name: lambda name=name: made.append(name) for name in ("a", "b")}
    found = fastest_of(calls, rounds=2)
    assert made == ["a", "b", "a", "b", "a", "b"]
    assert set(found) == {"a", "b"}


def test_a_trace_is_held_against_forward_and_against_torchview() -> None:
    seconds = {"forward": 0.1, "no_grad": 0.08, "trace": 0.12, "torchview": 0.1, "torchlens": 1.2}
    forward, no_grad, torchview, torchlens = _of_model("gpt2", seconds)
    assert (round(forward.ratio or 0, 3), forward.kept) == (1.2, True)
    assert (round(no_grad.ratio or 0, 3), no_grad.kept) == (1.5, None)
    assert (round(torchview.ratio or 0, 3), torchview.kept) == (1.2, False)
    assert (round(torchlens.ratio or 0, 3), torchlens.kept) == (0.1, None)
    assert "**missed**" in table([torchview])


def test_growth_is_that_of_one_op() -> None:
    assert growth({1_000: 50.0, 5_000: 90.0, 20_000: 75.0}) == 1.5
    lengths = (1_000, 2_000, 5_000, 10_000, 20_000)
    figures = {f"{what}:{n}": 2.0 for what in ("time", "memory") for n in lengths}
    figures["memory:20000"] = 3.0
    time, memory = _of_lengths(figures)
    assert (time.ratio, time.kept) == (1.0, True)
    assert (memory.ratio, memory.kept) == (1.5, False)
