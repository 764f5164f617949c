"""FLOPs of an op of an exported program, from its shapes; a multiply-add is two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

Shape = tuple[int, ...]
Given = Mapping[str, Sequence[Shape]]
"""Shapes of the tensors in each argument, by the argument's name in the op's schema."""


def count_flops(base: str, given: Given, outputs: Sequence[Shape]) -> float | None:
    """FLOPs of a matrix product, convolution, attention or recurrent layer.

    None for other ops, and where a size is not fixed.
    """
    formula = _FORMULAS.get(base)
    shapes = [*outputs, *(shape for shapes in given.values() for shape in shapes)]
    if formula is None or not outputs or any(size < 0 for shape in shapes for size in shape):
        return None
    try:
        return 2.0 * formula(given, outputs[0])
    except (KeyError, IndexError):  # another overload than the formula is for
        return None


def _linear(given: Given, out: Shape) -> int:
    return prod(out) * given["weight"][0][-1]


def _product(given: Given, out: Shape) -> int:
    return prod(out) * given["self"][0][-1]


def _added_product(given: Given, out: Shape) -> int:
    first = next(given[name][0] for name in ("mat1", "batch1", "mat") if name in given)
    return prod(out) * first[-1]


def _convolution(given: Given, out: Shape) -> int:
    return prod(out) * prod(given["weight"][0][1:])


def _transposed_convolution(given: Given, _out: Shape) -> int:
    return prod(given["input"][0]) * prod(given["weight"][0][1:])


def _attention(given: Given, out: Shape) -> int:
    query, key = given["query"][0], given["key"][0]
    scores = prod(query[:-1]) * key[-2]
    return scores * (query[-1] + out[-1])


def _recurrent(given: Given, out: Shape) -> int:
    """Each matrix of weights meets each element of the sequence once."""
    matrices = [shape for shape in given["params"] if len(shape) == 2]
    return prod(out[:-1]) * sum(prod(shape) for shape in matrices)


_FORMULAS: dict[str, Callable[[Given, Shape], int]] = {
    "linear": _linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot"), _product),
    **dict.fromkeys(("addmm", "baddbmm", "addmv"), _added_product),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys(
        ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed_convolution
    ),
    "scaled_dot_product_attention": _attention,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
}
