"""FLOPs of one aten op, a multiply-add counted as two; None where there is no formula."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import flop_registry

aten = torch.ops.aten


def count_flops(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> float | None:
    """FLOPs of a call of an aten op.

    Matrix products, convolutions and attention are counted by torch's own formulas; matrix-vector
    and dot products and the fused recurrent layers, which those leave out, by ours. Elementwise
    ops have no formula and give None.
    """
    packet = getattr(op, "overloadpacket", None)
    formula = flop_registry.get(packet)
    if formula is not None:
        return float(formula(*args, **kwargs, out_val=out))
    own = _OWN.get(packet)
    return own(*args) if own is not None else None


def _dot(a: torch.Tensor, _b: torch.Tensor) -> float:
    return 2.0 * a.numel()


def _matrix_vector(matrix: torch.Tensor, _vector: torch.Tensor) -> float:
    return 2.0 * matrix.numel()


def _add_matrix_vector(_bias: torch.Tensor, matrix: torch.Tensor, _vector: torch.Tensor) -> float:
    return 2.0 * matrix.numel()


def _recurrent_layer(x: torch.Tensor, *weights: Any) -> float:
    """One direction of one oneDNN recurrent layer: two matrix products a time step."""
    matrices = [w for w in weights[:2] if isinstance(w, torch.Tensor)]
    steps_and_batch = prod(x.shape[:-1])
    return 2.0 * steps_and_batch * sum(w.numel() for w in matrices)


_OWN: dict[Any, Callable[..., float]] = {
    aten.dot: _dot,
    aten.vdot: _dot,
    aten.mv: _matrix_vector,
    aten.addmv: _add_matrix_vector,
    aten.mkldnn_rnn_layer: _recurrent_layer,
}
