"""Times calls in turn, so that whatever else the machine does falls on all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 7
BUDGET_S = 15.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A call, and what is open around it without being timed."""

    call: Callable[[], Any]
    ready: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True, slots=True)
class Times:
    """What a call took.

    Attributes:
        seconds: of each turn; empty when it raised.
        error: what it raised, in a line.
    """

    seconds: tuple[float, ...] = ()
    error: str = ""

    @property
    def fastest_s(self) -> float:
        """What else a machine does can only add."""
        return min(self.seconds)

    @property
    def median_s(self) -> float:
        """What a person waits for."""
        return median(self.seconds)


def in_turn(
    calls: Mapping[str, Timed], rounds: int = ROUNDS, budget_s: float = BUDGET_S
) -> dict[str, Times]:
    """Make every call once without a clock, then all of them in turn, `rounds` times.

    A call that has taken `budget_s` in all sits out the turns after its second. One that raises is
    not made again.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    errors: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name, timed in calls.items():
            spent = seconds[name]
            if name in errors or (len(spent) > 1 and sum(spent) > budget_s):
                continue
            try:
                took_s = clocked_s(timed)
            except Exception as error:  # noqa: BLE001 - a tool that cannot is worth a line, too
                errors[name] = in_a_line(error)
                continue
            if turn > 0:  # what is built once is not what is asked about
                spent.append(took_s)
    return {
        name: Times(error=errors[name]) if name in errors else Times(tuple(seconds[name]))
        for name in calls
    }


def clocked_s(timed: Timed) -> float:
    """Seconds of one call, without taking apart what it returned."""
    with timed.ready():
        gc.collect()  # or one call pays for the rubbish of another
        began = time.perf_counter()
        result = timed.call()
        took_s = time.perf_counter() - began
        del result
    return took_s


def in_a_line(error: Exception) -> str:
    """The exception that started it, without line ends and bars, which a table cannot hold."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    text = " ".join(f"{type(error).__name__}: {error}".replace("|", "/").split())
    return text if len(text) <= 80 else f"{text[:77]}..."
