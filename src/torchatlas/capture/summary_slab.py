"""Summaries of many tensors, taken on a training thread that must not wait for its GPU.

On a CUDA device nothing here waits: kernels are queued on the current stream, one asynchronous
copy brings their results into pinned memory, and an event says when they are there, which is a
step later as a rule. On a CPU the summaries are made at once. Both look the same from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from torchatlas.capture.device_counts import DeviceCounts
from torchatlas.capture.summarize import sample_stride, summarize_all, with_repeats
from torchatlas.capture.tensor_values import NotSummarizable, RealValues, real_values
from torchatlas.run import TensorSummary

Summarized = TensorSummary | NotSummarizable


class SummarySlab:
    """Takes the summaries of many tensors at a time, without waiting for a GPU.

    Args of `__init__`: `sample` as in `summarize`: the most values of a tensor that are looked at.
    On a CUDA device a tensor that has NaN or infinity outside the sample shows one of them: to
    count all, one would have to wait.
    """

    def __init__(self, sample: int | None = None) -> None:
        """Nothing is allocated yet."""
        self.sample = sample

    def take(self, tensors: Sequence[torch.Tensor | None]) -> PendingSummaries:
        """Begin with the summaries of tensors, as they are now; on a CPU also end.

        Args:
            tensors: of any dtypes and devices; None stands for one that there is not.
        """
        pending = PendingSummaries(tuple(0 if t is None else _elements(t) for t in tensors))
        plain: list[int] = []
        queued: dict[tuple[torch.device, bool], list[tuple[int, RealValues]]] = {}
        for place, tensor in enumerate(tensors):
            if tensor is None or tensor.device.type != "cuda" or tensor.layout != torch.strided:
                plain.append(place)
                continue
            try:
                values = real_values(tensor)
            except NotSummarizable as reason:
                pending.found[place] = reason
                continue
            alike = values.flat.device, values.flat.dtype == torch.float64
            queued.setdefault(alike, []).append((place, values))
        made = summarize_all([tensors[place] for place in plain], sample=self.sample)
        pending.found |= dict(zip(plain, made, strict=True))
        for own in queued.values():
            pending.batches.append(queue(own, self.sample))
        return pending


@dataclass(slots=True)
class QueuedBatch:
    """Tensors of one device: what is known of them here, and what is still being counted."""

    places: list[int]
    values: list[RealValues]
    counts: DeviceCounts

    def summaries(self) -> dict[int, TensorSummary]:
        """By place in the list that was given; waits for the device where it is not done."""
        found = self.counts.summaries()
        return {
            place: with_repeats(summary, values)
            for place, values, summary in zip(self.places, self.values, found, strict=True)
        }


def queue(own: list[tuple[int, RealValues]], sample: int | None) -> QueuedBatch:
    """Begin to count the tensors of one device, which may be any."""
    whole = [values.flat for _, values in own]
    looked_at = [_strided(flat, sample) for flat in whole]
    counts = DeviceCounts(looked_at, whole, [values.smallest_normal for _, values in own])
    known = [replace(values, flat=values.flat[:0]) for _, values in own]  # lets go of the values
    return QueuedBatch([place for place, _ in own], known, counts)


class PendingSummaries:
    """Summaries that are being made.

    Attributes:
        elements: values of each tensor, looked at or not.
    """

    def __init__(self, elements: tuple[int, ...]) -> None:
        """None is there yet."""
        self.elements = elements
        self.found: dict[int, Summarized] = {}
        self.batches: list[QueuedBatch] = []

    def ready(self) -> bool:
        """Whether `summaries` would not wait; never waits itself."""
        return all(batch.counts.ready() for batch in self.batches)

    def summaries(self) -> list[Summarized]:
        """The summary of each tensor, or the reason why it has none; waits where not `ready`."""
        for batch in self.batches:
            self.found |= batch.summaries()
        self.batches = []
        return [self.found[place] for place in range(len(self.elements))]


def _elements(tensor: Any) -> int:
    try:
        return int(tensor.numel())
    except (RuntimeError, ValueError):  # a lazy parameter has no shape yet
        return 0


def _strided(flat: torch.Tensor, sample: int | None) -> torch.Tensor:
    count = flat.numel()
    return flat if sample is None or count <= sample else flat[:: sample_stride(count, sample)]
