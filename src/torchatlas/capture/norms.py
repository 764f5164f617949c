"""Norms and non-finite counts of many tensors at once, for little."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch

from torchatlas.capture.later import Later

NOT_COUNTED, NOT_MEASURED = -1, -2
"""In the place of a count, as `torchatlas.store.norms` writes them."""


class Norms:
    """L2 norms of tensors, on their way.

    On the CPU they are there at once; on CUDA nothing waits for them.
    """

    def __init__(
        self,
        tensors: Sequence[torch.Tensor | None],
        *,
        count_nonfinite: bool = False,
        scale: torch.Tensor | None = None,
    ) -> None:
        """Start.

        Args:
            tensors: None stands for one that has no values.
            count_nonfinite: on CUDA, NaN and infinities are counted only where this is so: what
                tells whether there are any comes too late for counting. Elsewhere they always are.
            scale: what the values were multiplied with (AMP); norms are of what they were before.
        """
        self._length = len(tensors)
        self._parts: list[tuple[list[int], Later, Later | None]] = []
        self._counts: dict[int, tuple[float, int]] = {}
        for positions, group in _groups(tensors):
            norms = torch.stack(torch._foreach_norm(group, 2, dtype=_norm_dtype(group[0])))
            if scale is not None:
                norms = norms / scale.to(norms.device, norms.dtype)
            counts = None
            if group[0].device.type == "cuda" and count_nonfinite:
                counts = Later(torch.stack([(~torch.isfinite(t)).sum() for t in group]))
            later = Later(norms)
            self._parts.append((positions, later, counts))
            if group[0].device.type != "cuda":
                self._count(positions, group, later.numbers(), scale)

    def ready(self) -> bool:
        """Whether reading them would not wait."""
        return all(
            norms.ready() and (counts is None or counts.ready()) for _, norms, counts in self._parts
        )

    def read(self) -> tuple[list[float], list[int]]:
        """Norms and counts of non-finite values; see `NOT_COUNTED` and `NOT_MEASURED`."""
        norms, counts = [0.0] * self._length, [NOT_MEASURED] * self._length
        for positions, later, counted in self._parts:
            numbers = None if counted is None else counted.numbers()
            for index, (position, norm) in enumerate(zip(positions, later.numbers(), strict=True)):
                finite = norm - norm == 0
                norms[position] = norm
                counts[position] = 0 if finite else NOT_COUNTED
                if numbers is not None:
                    counts[position] = int(numbers[index])
                elif position in self._counts:
                    norms[position], counts[position] = self._counts[position]
        return norms, counts

    def _count(
        self,
        positions: list[int],
        group: list[torch.Tensor],
        norms: list[float],
        scale: torch.Tensor | None,
    ) -> None:
        """Look again at those whose norm is not finite: it may only be too large for fp32."""
        for position, tensor, norm in zip(positions, group, norms, strict=True):
            if norm - norm == 0:
                continue
            count = int((~torch.isfinite(tensor)).sum())
            if not count:
                norm = float(tensor.double().norm()) / (1.0 if scale is None else float(scale))
            self._counts[position] = norm, count


def all_finite(tensors: Sequence[torch.Tensor]) -> Later | None:
    """Whether the tensors are finite, as one number that is finite then; None without tensors."""
    groups = _groups(tensors)
    if not groups:
        return None
    totals = [torch.stack(torch._foreach_norm(group)).sum() for _, group in groups]
    first = totals[0].double()
    return Later(sum((total.to(first) for total in totals[1:]), start=first))


def _groups(
    tensors: Sequence[torch.Tensor | None],
) -> list[tuple[list[int], list[torch.Tensor]]]:
    """Tensors that one call can take, with their positions."""
    found: dict[object, tuple[list[int], list[torch.Tensor]]] = defaultdict(lambda: ([], []))
    for position, tensor in enumerate(tensors):
        values = None if tensor is None else _plain(tensor)
        if values is not None:
            positions, group = found[values.device, _norm_dtype(values)]
            positions.append(position)
            group.append(values)
    return list(found.values())


def _plain(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values of a tensor in a form of which a norm is to be had; None where there is none."""
    tensor = tensor.detach()
    if tensor.is_meta or tensor.is_nested or tensor.is_quantized:
        return None
    if tensor.layout == torch.sparse_coo:
        tensor = tensor.coalesce().values()
    elif tensor.layout != torch.strided:
        tensor = tensor.values()
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return tensor.double()
    if tensor.element_size() == 1:  # hardly any op takes fp8
        return tensor.float()
    return tensor


def _norm_dtype(tensor: torch.Tensor) -> torch.dtype:
    """In half precision a norm would overflow."""
    double = (torch.float64, torch.complex128)
    if tensor.is_complex():
        return torch.complex128 if tensor.dtype in double else torch.complex64
    return torch.float64 if tensor.dtype in double else torch.float32
