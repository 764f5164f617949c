"""Which real values does a tensor hold? The same question for every dtype, layout and subclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.parameter import is_lazy


class NotSummarizable(Exception):  # noqa: N818 (a reason for a gap, not an error of the user's)
    """Why a tensor has no distribution of real values."""


@dataclass(frozen=True, slots=True)
class RealValues:
    """The real values of a tensor.

    Attributes:
        flat: one row of values, shape [n], without history; a view where that is possible.
        zeros: zeros that are in the tensor and not in `flat`: those between sparse values.
        times: how often each value stands in the tensor: more than once where it was expanded.
        smallest_normal: below it, a value that is not zero is subnormal; 0 for whole numbers.
    """

    flat: torch.Tensor
    zeros: int
    times: int
    smallest_normal: float


_HELD_BY_DOUBLE = (torch.int64, torch.int32, torch.uint64, torch.uint32)
"""Whole numbers that fp32 would round."""


def real_values(tensor: torch.Tensor) -> RealValues:
    """The values of a tensor of any kind, as numbers that torch can compute with.

    Sparse tensors give the values that they store, and how many zeros lie between; quantised ones
    the numbers that they stand for; nested ones all their parts. A DTensor gives the part that
    this process holds, and nothing where another process has counted the same, so that the
    summaries of all processes add up to that of the whole.

    Raises:
        NotSummarizable: it has no real values, or none that count here.
    """
    if is_lazy(tensor):
        raise NotSummarizable("it is not initialised yet (a lazy module that has not run)")
    if _is_distributed(tensor):
        tensor = _own_part(tensor)
    if tensor.is_meta or _is_fake(tensor):
        raise NotSummarizable("it has no values (meta or fake tensor)")
    if tensor.is_complex():
        raise NotSummarizable(f"its dtype ({tensor.dtype}) has no single order of values")
    tensor, count = tensor.detach(), None
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_nested:
        tensor = _parts_in_a_row(tensor)
    elif tensor.layout != torch.strided:
        count = tensor.numel()
        tensor = _stored_values(tensor)
    smallest_normal = _smallest_normal(tensor.dtype)
    tensor, times = _unexpanded(tensor)
    flat = _computable(tensor.reshape(-1))
    zeros = 0 if count is None else count - flat.numel() * times
    return RealValues(flat, zeros, times, smallest_normal)


def _smallest_normal(dtype: torch.dtype) -> float:
    if not dtype.is_floating_point:
        return 0.0
    try:
        return float(torch.finfo(dtype).tiny)
    except RuntimeError as error:
        raise _unreadable(dtype) from error


def _is_fake(tensor: torch.Tensor) -> bool:
    return type(tensor).__name__ == "FakeTensor"


def _is_distributed(tensor: torch.Tensor) -> bool:
    """Whether it is a DTensor; asked by name, for its module is slow to import."""
    return any(kind.__name__ == "DTensor" for kind in type(tensor).__mro__)


def _own_part(tensor: Any) -> torch.Tensor:
    """The part of a DTensor that this process has to count."""
    place = tensor.device_mesh.get_coordinate()
    if place is None:
        raise NotSummarizable("this process holds no part of it")
    for here, placement in zip(place, tensor.placements, strict=True):
        if placement.is_partial():
            raise NotSummarizable("its processes hold parts of a sum that is not taken yet")
        if placement.is_replicate() and here != 0:
            raise NotSummarizable("it is replicated, and another process counts it")
    local: torch.Tensor = tensor.detach().to_local()
    return local


def _parts_in_a_row(tensor: torch.Tensor) -> torch.Tensor:
    parts = [part.reshape(-1) for part in tensor.unbind()]
    return torch.cat(parts) if parts else torch.zeros(0, dtype=tensor.dtype, device=tensor.device)


def _stored_values(tensor: torch.Tensor) -> torch.Tensor:
    """What a sparse tensor stores; entries of the same place are added first, as they count."""
    if tensor.layout == torch.sparse_coo:
        return tensor.coalesce().values()
    if tensor.layout in _COMPRESSED:
        return tensor.values()
    return _dense(tensor)


_COMPRESSED = (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    try:
        return tensor.to_dense()
    except RuntimeError as error:
        reason = f"its layout ({tensor.layout}) cannot be read"
        raise NotSummarizable(reason) from error


def _unexpanded(tensor: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The tensor without the repetitions that `expand` made, and how many there were of each."""
    times = 1
    for dim, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        if stride == 0 and size > 1:
            tensor, times = tensor.narrow(dim, 0, 1), times * size
    return tensor, times


def _computable(flat: torch.Tensor) -> torch.Tensor:
    """The same numbers in a dtype that ops take: hardly any takes fp8 or unsigned integers."""
    if flat.dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        return flat
    try:
        return flat.to(torch.float64 if flat.dtype in _HELD_BY_DOUBLE else torch.float32)
    except (
        RuntimeError,
        NotImplementedError,
    ) as error:  # packed dtypes
        raise _unreadable(flat.dtype) from error


def _unreadable(dtype: torch.dtype) -> NotSummarizable:
    return NotSummarizable(f"torch cannot read values of its dtype ({dtype})")
