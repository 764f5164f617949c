"""How often what is costly may be measured so that all of it stays within a share of the time."""

from __future__ import annotations

from dataclasses import dataclass, field

WARM_UP_STEPS = 3
"""Steps timed before the first measurement; the first ones are slower than the rest."""

SHARES = {"norms": 0.4, "distributions": 0.6}
"""The kinds of measurement, and how much of the budget each may take."""

_MEMORY = 0.7
"""How much of what was learned about a cost stays when it is measured again."""

NEVER = 2**40
"""An interval that no training reaches: the budget pays for no further measurement."""

CHEAP_S = 0.005
"""Seconds that a measurement may take to be cheap."""

FREE = 48
"""Cheap measurements of a kind that are made whatever the budget, so that a short training of a
small model, where noting the loss alone may cost its share, is seen to move too."""


@dataclass(slots=True)
class Pace:
    """How often one kind is measured.

    Attributes:
        cost_s: seconds that a measurement takes, those of late counting most.
        every: steps from one to the next, a power of two unless a person chose it, so that two
            recordings of the same training mostly measure at the same steps; None until known.
        taken: how many there were.
    """

    cost_s: float = 0.0
    every: int | None = None
    taken: int = 0


@dataclass(slots=True)
class Cadence:
    """Chooses every how many steps to measure, from what measuring and a step were seen to cost.

    Attributes:
        budget: share of the training time that measuring may take, 0 to 1.
        fixed: every how many steps distributions are taken, whatever they cost; None leaves it to
            the budget.
        steps, elapsed_s, spent_s: steps done, the time they took, and how much of it was ours.
        paces: how often each kind is measured.
    """

    budget: float
    fixed: int | None = None
    steps: int = 0
    elapsed_s: float = 0.0
    spent_s: float = 0.0
    paces: dict[str, Pace] = field(default_factory=lambda: {kind: Pace() for kind in SHARES})
    _measured_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Share of the training time spent on recording so far; None before the first step."""
        return self.spent_s / self.elapsed_s if self.steps and self.elapsed_s else None

    def is_due(self, kind: str, step: int) -> bool:
        """Whether to measure at this step: it is its turn, and the budget allows it.

        The first measurement of a kind is made after the warm-up whatever the budget, to learn
        its cost; of two kinds that would be first at one step, the later one waits.
        """
        pace = self.paces[kind]
        if self.fixed is not None and kind == "distributions":
            return step % self.fixed == 0
        if self.fixed is not None and self.budget and step % self.fixed == 0:
            return True  # who asks for distributions has the norms of those steps too
        if self.budget == 0 or self.steps < WARM_UP_STEPS:
            return False
        if pace.every is None:
            first = next(name for name, other in self.paces.items() if other.every is None)
            return kind == first
        if pace.cost_s <= CHEAP_S and pace.taken < FREE:  # ever farther apart
            return step % min(pace.every, _power_of_two(self.steps // 4)) == 0
        allowed_s = self.budget * self.elapsed_s
        return step % pace.every == 0 and self.spent_s + pace.cost_s <= allowed_s

    def measured(self, kind: str, cost_s: float) -> None:
        """Note what a measurement took, `spent_s` included; settle how often it may be made."""
        pace = self.paces[kind]
        self._measured_s += cost_s
        keep = _MEMORY if pace.taken else 0.0
        pace.cost_s = keep * pace.cost_s + (1 - keep) * cost_s
        pace.taken += 1
        wanted = self._affordable_interval(kind)
        if pace.every is None or wanted > pace.every or wanted <= pace.every // 4:
            pace.every = wanted

    def _affordable_interval(self, kind: str) -> int:
        """The shortest interval that the kind's part of the budget pays for.

        What every step costs anyway (scalars) comes first.
        """
        steps = max(self.steps, 1)
        step_s = max(self.elapsed_s / steps, 1e-6)
        always_s = max(self.spent_s - self._measured_s, 0.0) / steps
        free_s = max(self.budget * step_s - always_s, 0.0) * SHARES[kind]
        every = 1
        while every * free_s < self.paces[kind].cost_s and every < NEVER:
            every *= 2
        return every


def _power_of_two(most: int) -> int:
    """The largest that is not above; 1 at least."""
    return 1 << max(most.bit_length() - 1, 0)
