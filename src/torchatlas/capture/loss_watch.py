"""Tells when a loss leaves the path that it was on."""

from __future__ import annotations

import math
from collections import deque

WINDOW = 1_000
"""Steps that the rolling mean and deviation are of (OLMo 2 looks at as many)."""

SIGMAS = 7.0
LEAST = 32
"""Values seen before anything is called a spike."""

SETTLED = 10
"""Spikes in a row after which the loss is at a new level, and what was before it is forgotten."""

_ROUNDING = 1e-3
"""A loss that hardly moves has a deviation near 0; this share of its mean is no spike."""


class LossWatch:
    """Holds each value of a loss against the mean and deviation of those before it."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._values: deque[float] = deque(maxlen=WINDOW)
        self._total = self._squares = 0.0
        self._above: list[float] = []  # spikes since the last usual value

    def judge(self, value: float) -> str:
        """What is wrong with the value, in words; empty where nothing is.

        A spike does not move the mean that the next value is held against. Of several in a row the
        first is told; ten are a new level, which is learnt from the beginning.
        """
        if not math.isfinite(value):
            return f"the loss is {value}"
        count = len(self._values)
        if count >= LEAST:
            mean = self._total / count
            spread = math.sqrt(max(self._squares / count - mean * mean, 0.0))
            spread = max(spread, _ROUNDING * abs(mean))
            if value > mean + SIGMAS * spread:
                if self._is_further(value):
                    return ""
                sigmas = (value - mean) / spread if spread else math.inf
                return (
                    f"the loss is {value:.4g}, {sigmas:.1f} standard deviations above the mean of "
                    f"the {count} steps before it ({mean:.4g})"
                )
        self._above.clear()
        self._add(value)
        return ""

    def _is_further(self, value: float) -> bool:
        """Whether the value before was a spike, too; learns the new level after enough of them."""
        self._above.append(value)
        if len(self._above) == SETTLED:
            self._values.clear()
            self._total = self._squares = 0.0
            for one in self._above:
                self._add(one)
            self._above = []
            return True
        return len(self._above) > 1

    def _add(self, value: float) -> None:
        if len(self._values) == WINDOW:
            self._total -= self._values[0]
            self._squares -= self._values[0] ** 2
        self._values.append(value)
        self._total += value
        self._squares += value * value
