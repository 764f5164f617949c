"""The learning rates of all parameter groups, told when they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

MOST_GROUPS = 16
"""Groups that are followed, at most: with an optimizer for each parameter there are hundreds."""


class LearningRates:
    """Remembers what was told of each group, so that a rate that stays costs nothing."""

    def __init__(self) -> None:
        """Nothing told yet."""
        self._told: dict[str, tuple[int, float]] = {}

    def changes(
        self, optimizers: Sequence[torch.optim.Optimizer], step: int
    ) -> Iterator[tuple[str, int, float]]:
        """Name, step and rate of what is new at this step.

        Before a rate that changed comes the old one at the step before, so that a line through the
        points stays level as long as the rate did. Rates that lie on a GPU are left out: reading
        them would make the training wait.
        """
        for name, rate in _named_rates(optimizers):
            told = self._told.get(name)
            if told is None or told[1] != rate:
                if told is not None and told[0] < step - 1:
                    yield name, step - 1, told[1]
                yield name, step, rate
                self._told[name] = step, rate

    def last(self, step: int) -> Iterator[tuple[str, int, float]]:
        """The rates at the end, where they were told earlier."""
        for name, (told, rate) in self._told.items():
            if told < step:
                yield name, step, rate


def _named_rates(optimizers: Sequence[torch.optim.Optimizer]) -> Iterator[tuple[str, float]]:
    single = len(optimizers) == 1 and len(optimizers[0].param_groups) == 1
    count = 0
    for number, optimizer in enumerate(optimizers):
        for index, group in enumerate(optimizer.param_groups):
            rate = group.get("lr")
            if isinstance(rate, torch.Tensor):
                rate = float(rate) if rate.device.type == "cpu" else None
            if not isinstance(rate, int | float) or count == MOST_GROUPS:
                continue
            count += 1
            label = str(group.get("name", index)).replace("/", "_")
            whose = f"optimizer {number}, " if len(optimizers) > 1 else ""
            yield "learning rate" if single else f"learning rate, {whose}group {label}", float(rate)
