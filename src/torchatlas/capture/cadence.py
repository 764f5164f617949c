"""How often something costly may be measured so that it stays within a share of the time."""

from __future__ import annotations

from dataclasses import dataclass

WARM_UP_STEPS = 3
"""Steps timed before the first measurement; the first ones are slower than the rest."""


@dataclass(slots=True)
class Cadence:
    """Chooses every how many steps to measure, from what measuring and a step were seen to cost.

    Attributes:
        budget: share of the training time that measuring may take, 0 to 1.
        cost_s: seconds that the last measurement took.
        every: steps from one measurement to the next, a power of two so that two recordings of
            the same training mostly measure at the same steps; None until it is chosen.
        steps, elapsed_s, spent_s: steps done, the time they took, and how much of it was ours.
    """

    budget: float
    cost_s: float = 0.0
    every: int | None = None
    steps: int = 0
    elapsed_s: float = 0.0
    spent_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Share of the training time spent on recording so far; None before the first step."""
        return self.spent_s / self.elapsed_s if self.steps else None

    def is_due(self, step: int) -> bool:
        """Whether to measure at this step: it is its turn, and the budget allows it.

        The first measurement is made after the warm-up whatever the budget, to learn its cost.
        """
        if self.budget == 0 or self.steps < WARM_UP_STEPS:
            return False
        if self.every is None:
            return True
        allowed_s = self.budget * self.elapsed_s
        return step % self.every == 0 and self.spent_s + self.cost_s <= allowed_s

    def measured(self, cost_s: float) -> None:
        """Note what a measurement took, `spent_s` included; the first one settles the cadence."""
        self.cost_s = cost_s
        if self.every is None:
            self.every = self._affordable_interval()

    def _affordable_interval(self) -> int:
        step_s = max(self.elapsed_s / max(self.steps, 1), 1e-6)
        every = 1
        while every * step_s * self.budget < self.cost_s:
            every *= 2
        return every
