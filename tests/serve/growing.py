"""Trainings made by hand, without torch: folders that grow a step at a time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Self

import numpy as np
from tests.views.runs import small_graph

from torchatlas.run import ModelInfo, Run, TensorSummary, build_table
from torchatlas.store import Recording

TENSOR = "block.fc.weight"


class Training(Recording):
    """A run that writes a loss a step, and the distribution of one tensor when asked to."""

    def __init__(self, folder: Path, created: str = "2026-01-01T00:00:00+00:00") -> None:
        super().__init__(folder)
        rows = [
            {"node": "block.fc", "tensor": TENSOR, "kind": "parameter", "shape": "2×2", "count": 4}
        ]
        self.run = Run(
            "Net",
            created,
            ModelInfo("Net", "Net", True, 4, 4, 16),
            small_graph(),
            {"parameters": build_table("parameters", rows)},
        )
        self.step = 0
        self.describe(self.run)

    def train(self, steps: int, **more: float) -> Self:
        """Go on for some steps."""
        for _ in range(steps):
            self.step += 1
            self.add_scalar("loss", "train", 1 / self.step, self.step)
            for name, value in more.items():
                self.add_scalar(name, "test", value, self.step)
        self.flush()
        return self

    def spread(self) -> Self:
        """Take the distribution of weights and gradients at this step."""
        for quantity in ("parameter", "gradient"):
            values = np.random.default_rng(self.step).normal(size=64) / math.sqrt(self.step + 1)
            self.add_summary(quantity, TENSOR, 64, TensorSummary.of(values), self.step)
        self.flush()
        return self
