"""How far two tensors of one shape are apart, in one pass over both."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from torchatlas.capture.checkpoint import CannotRead

_PIECE = 65_536
_WHOLE = (torch.int64, torch.uint64)
"""fp64 does not tell all of these apart; whether they changed is looked at as they are."""


@dataclass(frozen=True, slots=True)
class TensorDistance:
    """What came of comparing two tensors, value by value.

    Attributes:
        changed: values that are not equal. Two NaN are equal. A complex value counts once, here and
            below.
        nonfinite: places where one of the two is NaN or infinite; these alone are left out of the
            numbers below.
        before_norm, norm, difference_norm: Euclidean norms of the first, the second, and the
            second minus the first.
        product: sum of the products.
        largest: the largest absolute difference; None where nothing is finite.
    """

    changed: int
    nonfinite: int
    before_norm: float
    norm: float
    difference_norm: float
    product: float
    largest: float | None

    @property
    def relative(self) -> float | None:
        """Norm of the difference over that of the first; infinite where that was zero."""
        if self.before_norm:
            return self.difference_norm / self.before_norm
        return math.inf if self.difference_norm else 0.0

    @property
    def cosine(self) -> float | None:
        """Cosine of the angle between both; None where one of them is all zero."""
        lengths = self.before_norm * self.norm
        if not lengths or not math.isfinite(lengths):
            return None
        return max(-1.0, min(1.0, self.product / lengths))


def tensor_distance(before: torch.Tensor, after: torch.Tensor) -> TensorDistance:
    """Compare two tensors of the same shape; values are taken in fp64, a piece at a time.

    Raises:
        CannotRead: values of this kind have no differences.
    """
    if before.shape != after.shape:
        raise ValueError(f"shapes {tuple(before.shape)} and {tuple(after.shape)} are not one")
    parts = 2 if before.is_complex() or after.is_complex() else 1
    left, right = _row(before, parts), _row(after, parts)
    if not left.numel():
        return TensorDistance(0, 0, 0.0, 0.0, 0.0, 0.0, None)
    changed = nonfinite = 0
    sums = torch.zeros(4, dtype=torch.float64)
    largest: float | None = None
    for one, other in zip(left.split(_PIECE), right.split(_PIECE), strict=True):  # type: ignore[no-untyped-call]
        if one.dtype == other.dtype and one.dtype in _WHOLE:
            changed += int(one.ne(other).sum())
        x, y = one.to(torch.float64), other.to(torch.float64)
        difference = y - x
        magnitude = difference.abs()
        most = float(magnitude.max())
        if not math.isfinite(most):
            if one.dtype != other.dtype or one.dtype not in _WHOLE:
                changed += _values(x.ne(y) & ~(x.isnan() & y.isnan()), parts)
            finite = x.isfinite() & y.isfinite()
            nonfinite += _values(~finite, parts)
            x, y = x[finite], y[finite]
            difference = y - x
            if not x.numel():
                continue
            most = float(difference.abs().max())
        elif one.dtype != other.dtype or one.dtype not in _WHOLE:
            changed += _values(difference, parts)
        largest = most if largest is None else max(largest, most)
        sums += torch.stack([x.dot(x), y.dot(y), difference.dot(difference), x.dot(y)])
    squares, others, differences, product = sums.tolist()
    return TensorDistance(
        changed,
        nonfinite,
        math.sqrt(squares),
        math.sqrt(others),
        math.sqrt(differences),
        product,
        largest,
    )


def _values(found: torch.Tensor, parts: int) -> int:
    """How many values have a part that is not zero."""
    if parts > 1:
        found = found.reshape(-1, parts).ne(0).any(-1)
    return int(torch.count_nonzero(found))


def _row(tensor: torch.Tensor, parts: int) -> torch.Tensor:
    """The values of a tensor as one row of real numbers; a complex one has two parts."""
    tensor = tensor.detach()
    if tensor.is_meta or tensor.is_nested or tensor.layout != torch.strided:
        raise CannotRead(
            f"values of the layout {tensor.layout} on {tensor.device} are not compared"
        )
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if parts > 1:
        if not tensor.is_complex():
            tensor = tensor.to(torch.complex128)
        tensor = torch.view_as_real(tensor.resolve_conj())
    return tensor.cpu().reshape(-1)
