"""Summaries of many tensors at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from torchatlas.capture.summarize import NotSummarizable, summarize
from torchatlas.run import TensorSummary

Summary = TensorSummary | NotSummarizable


class PendingSummaries:
    """Summaries that were asked for."""

    def __init__(self, found: list[Summary], elements: tuple[int, ...]) -> None:
        self._found, self.elements = found, elements

    def ready(self) -> bool:
        """Whether reading them would not wait."""
        return True

    def summaries(self) -> list[Summary]:
        """One a tensor, in their order; where there is none, the reason."""
        return self._found


class SummarySlab:
    """Takes summaries of many tensors; of at most `sample` values each, or of all."""

    def __init__(self, sample: int | None = None) -> None:
        self.sample = sample

    def take(self, tensors: Sequence[torch.Tensor | None]) -> PendingSummaries:
        """Summaries of the tensors; None stands for one that has no values."""
        sizes = tuple(0 if tensor is None else tensor.numel() for tensor in tensors)
        return PendingSummaries([self._one(tensor) for tensor in tensors], sizes)

    def _one(self, tensor: torch.Tensor | None) -> Summary:
        if tensor is None:
            return NotSummarizable("there is none")
        try:
            return summarize(tensor, sample=self.sample)
        except NotSummarizable as reason:
            return reason
