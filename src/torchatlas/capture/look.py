"""What is taken of a model at one optimizer step: norms, and how values are spread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from torchatlas.capture.activation_watch import SeenOutputs
from torchatlas.capture.norms import Norms
from torchatlas.capture.ranks import Ranks, own_part
from torchatlas.capture.summary_slab import PendingSummaries, SummarySlab
from torchatlas.capture.tensor_values import NotSummarizable
from torchatlas.run import TensorSummary

UPDATE_SAMPLE = 4_096
"""Elements of a tensor by which its update is told, at most: always the same ones."""


QUANTITIES = frozenset({"parameter", "gradient", "update"})
"""What there are distributions of, beside activations."""


class LookStore(Protocol):
    """Where a look is written to."""

    def add_summary(
        self, quantity: str, tensor: str, elements: int, summary: TensorSummary, step: int
    ) -> None:
        """Add the distribution of a tensor."""

    def add_norms(
        self,
        quantity: str,
        names: Sequence[str],
        elements: Sequence[int],
        sampled: Sequence[int],
        norms: Sequence[float],
        nonfinite: Sequence[int],
        step: int,
    ) -> None:
        """Add the norms of many tensors."""


@dataclass(slots=True)
class _Taken:
    """Norms or summaries of some tensors of one quantity."""

    quantity: str
    names: list[str]
    elements: list[int]
    sampled: list[int]
    pending: Any
    enlarged: list[float] = field(default_factory=list)


class Look:
    """Takes gradients before a step, parameters and updates after it.

    Attributes:
        step: the step that the numbers belong to.
        kinds: "norms", "distributions" or both.
        seconds: what it has cost so far.
    """

    def __init__(
        self,
        step: int,
        kinds: frozenset[str],
        ranks: Ranks,
        sample: int | None,
        quantities: frozenset[str] = QUANTITIES,
    ) -> None:
        """Nothing is taken yet.

        Args:
            sample: values of a tensor that its distribution is of, at most; None for all, and for
                exact counts of NaN and infinity on CUDA.
            quantities: those of which distributions are taken.
        """
        self.step, self.kinds = step, kinds
        self.seconds = 0.0
        self._slab, self._ranks = SummarySlab(sample=None), ranks
        self._sample, self._quantities = sample, quantities
        self._norms: list[_Taken] = []
        self._summaries: list[_Taken] = []
        self._before: dict[str, torch.Tensor] = {}
        self._done: set[tuple[str, str]] = set()

    def gradients(
        self, weights: Mapping[str, torch.Tensor], scale: torch.Tensor | None = None
    ) -> None:
        """Take the gradients of these parameters; `scale` is what they are multiplied with."""
        found = {name: weight.grad for name, weight in weights.items()}
        self._take("gradient", {n: g for n, g in found.items() if g is not None}, scale)

    def before(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Keep the sample by which updates are told."""
        for name, weight in self._own(weights).items():
            if weight.is_floating_point() and weight.layout == torch.strided:
                self._before[name] = fixed_sample(weight, UPDATE_SAMPLE).clone()

    def after(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take the parameters, and their updates where `before` was called."""
        self._take("parameter", weights)
        updates, sizes = {}, {}
        for name, weight in self._own(weights).items():
            earlier = self._before.pop(name, None)
            if earlier is not None and weight.grad_fn is None:
                now = fixed_sample(weight, UPDATE_SAMPLE)
                if now.shape == earlier.shape:
                    exact = now.float() if now.element_size() < 4 else now
                    updates[name], sizes[name] = exact - earlier, weight.numel()
        self._add("update", updates, sizes)

    def rest(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take the parameters that no optimizer has stepped."""
        self._take(
            "parameter", {n: w for n, w in weights.items() if ("parameter", n) not in self._done}
        )

    def activations(self, seen: Iterable[SeenOutputs]) -> None:
        """Add what modules put out."""
        for one in seen:
            names = [f"{one.node}/{name}" for name in one.names]
            elements = list(one.summaries.elements)
            self._summaries.append(_Taken("activation", names, elements, [], one.summaries))

    def ready(self) -> bool:
        """Whether writing it would not wait for a device."""
        return all(taken.pending.ready() for taken in (*self._norms, *self._summaries))

    def nonfinite(self) -> list[str]:
        """Names of gradients with NaN or infinity in them, as far as norms were taken."""
        found = []
        for taken in self._norms:
            if taken.quantity == "gradient":
                _, counts = taken.pending.read()
                names = zip(taken.names, counts, strict=True)
                found += [name for name, count in names if count > 0 or count == -1]
        return found

    def write(self, store: LookStore) -> list[tuple[str, str, str]]:
        """Hand everything to the store; gives (quantity, name, reason) of what had no values."""
        for quantity in ("parameter", "gradient", "update"):
            self._write_norms(store, quantity)
        missing = []
        for taken in self._summaries:
            found = taken.pending.summaries()
            for name, elements, summary in zip(taken.names, taken.elements, found, strict=True):
                if isinstance(summary, NotSummarizable):
                    missing.append((taken.quantity, name, str(summary)))
                else:
                    store.add_summary(taken.quantity, name, elements, summary, self.step)
        return missing

    def _write_norms(self, store: LookStore, quantity: str) -> None:
        parts = [taken for taken in self._norms if taken.quantity == quantity]
        names: list[str] = []
        elements: list[int] = []
        sampled: list[int] = []
        norms: list[float] = []
        counts: list[int] = []
        for part in parts:
            found, nonfinite = part.pending.read()
            factors = part.enlarged or [1.0] * len(found)
            norms += [norm * factor for norm, factor in zip(found, factors, strict=True)]
            counts += nonfinite
            names, elements, sampled = (
                names + part.names,
                elements + part.elements,
                sampled + part.sampled,
            )
        if names:
            store.add_norms(quantity, names, elements, sampled, norms, counts, self.step)

    def _own(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        parts = {name: own_part(tensor.detach(), self._ranks) for name, tensor in tensors.items()}
        return {name: part for name, part in parts.items() if part is not None and part.numel()}

    def _take(
        self,
        quantity: str,
        tensors: Mapping[str, torch.Tensor],
        scale: torch.Tensor | None = None,
    ) -> None:
        new = {n: t for n, t in tensors.items() if (quantity, n) not in self._done}
        self._done |= {(quantity, name) for name in new}
        own = self._own(new)
        self._add(quantity, own, {name: part.numel() for name, part in own.items()}, scale)

    def _add(
        self,
        quantity: str,
        tensors: Mapping[str, torch.Tensor],
        sizes: Mapping[str, int],
        scale: torch.Tensor | None = None,
    ) -> None:
        if not tensors:
            return
        names, values = list(tensors), list(tensors.values())
        elements, sampled = [sizes[n] for n in names], [value.numel() for value in values]
        if "norms" in self.kinds:
            pending = Norms(values, count_nonfinite=self._sample is None, scale=scale)
            factors = [math.sqrt(n / m) for n, m in zip(elements, sampled, strict=True)]
            self._norms.append(_Taken(quantity, names, elements, sampled, pending, factors))
        if "distributions" in self.kinds and quantity in self._quantities:
            if self._sample is not None:
                values = [fixed_sample(value, self._sample) for value in values]
            if scale is not None:
                values = [value / scale.to(value.device) for value in values]
            found: PendingSummaries = self._slab.take(values)
            self._summaries.append(_Taken(quantity, names, elements, sampled, found))


def fixed_sample(tensor: torch.Tensor, most: int) -> torch.Tensor:
    """Evenly spaced elements of a tensor as it lies in memory, the same ones every time.

    What does not lie in memory element by element (sparse, nested, ...) comes back whole.
    """
    whole = tensor.detach()
    if whole.layout != torch.strided or whole.is_nested or whole.numel() <= most:
        return whole
    flat = whole.as_strided((whole.numel(),), (1,)) if _is_dense(whole) else whole.reshape(-1)
    count = flat.numel()
    stride = -(-count // most)
    while math.gcd(stride, count) != 1:  # or it would look at one place of every kernel
        stride += 1
    return flat[::stride]


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether the elements fill a stretch of memory, in whatever order."""
    sizes = sorted(zip(tensor.stride(), tensor.shape, strict=True))
    expected = 1
    for stride, size in sizes:
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return True
