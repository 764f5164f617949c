"""Calls are made in turn, and what the clock is kept from stays outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.clock import Timed, Times, in_a_line, in_turn


def _noting(made: list[str], name: str) -> Callable[[], None]:
    return lambda: made.append(name)


def test_calls_are_made_in_turn_and_the_first_does_not_count() -> None:
    made: list[str] = []
    found = in_turn({name: Timed(_noting(made, name)) for name in "ab"}, rounds=2)
    assert made == ["a", "b"] * 3
    assert [len(times.seconds) for times in found.values()] == [2, 2]


def test_what_has_used_up_its_budget_sits_out_after_two_turns() -> None:
    made: list[str] = []
    found = in_turn({"a": Timed(_noting(made, "a"))}, rounds=5, budget_s=0.0)
    assert len(made) == 3
    assert len(found["a"].seconds) == 2


def test_what_raises_is_called_once_and_named() -> None:
    made: list[str] = []

    def raising() -> None:
        made.append("b")
        raise ValueError("too\nlong | wide")

    found = in_turn({"a": Timed(_noting(made, "a")), "b": Timed(raising)}, rounds=2)
    assert made == ["a", "b", "a", "a"]
    assert found["b"] == Times(error="ValueError: too long / wide")


def test_a_call_is_made_ready_around_each_turn() -> None:
    made: list[str] = []

    @contextmanager
    def ready() -> Iterator[None]:
        made.append("open")
        yield
        made.append("close")

    in_turn({"a": Timed(_noting(made, "a"), ready)}, rounds=1)
    assert made == ["open", "a", "close"] * 2


def test_fastest_and_median() -> None:
    times = Times((3.0, 1.0, 2.5))
    assert (times.fastest_s, times.median_s) == (1.0, 2.5)


def test_the_cause_of_an_error_is_named_and_cut() -> None:
    error = RuntimeError("see the message")
    error.__cause__ = KeyError("x" * 200)
    text = in_a_line(error)
    assert text.startswith("KeyError: 'xxx")
    assert (len(text), text[-3:]) == (80, "...")
