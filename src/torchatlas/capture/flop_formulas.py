"""How many FLOP each counted op takes, from the shapes of a call.

A formula takes a call: the arguments by their names in the op's schema, and the result as `out`.
docs/measures/flops.md says what each counts and where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import log2, prod
from typing import Any

import torch

Formula = Callable[[Any], float | None]
"""Gives None for a call that cannot be counted from its shapes."""

_COMPLEX = 4
"""A complex multiply-add is four products and four sums of reals: 8 FLOP where a real one is 2."""


# ---------------------------------------------------------------------- shapes


def _numel(tensor: torch.Tensor) -> int:
    """Elements; of a nested tensor those that are there, without padding."""
    if tensor.is_nested and tensor.layout is torch.jagged:
        return int(tensor.values().numel())
    return int(tensor.numel())


def _stored(tensor: torch.Tensor) -> int:
    """Elements that a sparse tensor holds, those of whole blocks included."""
    held = tensor._values() if tensor.layout is torch.sparse_coo else tensor.values()
    return int(held.numel())


def _is_sparse(tensor: torch.Tensor) -> bool:
    return tensor.layout not in (torch.strided, torch.jagged, torch._mkldnn)  # type: ignore[attr-defined]


def _rows(tensor: torch.Tensor) -> int:
    """Vectors along the last dimension."""
    return _numel(tensor) // int(tensor.size(-1))  # nested ones have a size and no shape


def _parts(*tensors: torch.Tensor) -> Iterable[tuple[torch.Tensor, ...]]:
    """The tensors, or those of each sample where they are nested."""
    if not any(tensor.is_nested for tensor in tensors):
        return [tensors]
    samples = next(int(tensor.size(0)) for tensor in tensors if tensor.is_nested)
    columns = [tensor.unbind() if tensor.is_nested else (tensor,) * samples for tensor in tensors]
    return zip(*columns, strict=True)


def _real(flops: float, *tensors: torch.Tensor) -> float:
    """In operations on real numbers, of multiply-adds of what the tensors hold."""
    return flops * _COMPLEX if any(tensor.is_complex() for tensor in tensors) else flops


# ------------------------------------------------------------- matrix products


def _product(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor) -> float | None:
    """2 m k n for (m, k) by (k, n), in batches; what a sparse factor does not hold is left out."""
    if _is_sparse(a) and _is_sparse(b):
        return None  # depends on where the elements lie
    if _is_sparse(a):
        flops = 2.0 * _stored(a) * (b.shape[-1] if b.dim() > 1 else 1)
    elif _is_sparse(b):
        flops = 2.0 * _stored(b) * (a.shape[-2] if a.dim() > 1 else 1)
    else:
        flops = sum(
            2.0 * one.numel() * left.shape[-1] for left, _, one in _parts(a, b, out)
        )  # fmt: skip
    return _real(flops, out)


def _linear(x: torch.Tensor, out: torch.Tensor) -> float:
    return _real(2.0 * _numel(out) * int(x.size(-1)), out)


def _linear_op(call: Any) -> float:
    weight = call.weight
    if isinstance(weight, torch.Tensor) and _is_sparse(weight):
        return _real(2.0 * _stored(weight) * _rows(call.input), call.out)
    return _linear(call.input, call.out)


def _of(left: str, right: str) -> Formula:
    """A product of the two arguments named."""
    return lambda call: _product(getattr(call, left), getattr(call, right), call.out)


def _linear_of(name: str) -> Formula:
    """A linear layer of that input, whatever form its weight has."""
    return lambda call: _linear(getattr(call, name), call.out)


def _add_batches(call: Any) -> float:
    return _real(2.0 * call.batch1.numel() * int(call.batch2.shape[-1]), call.batch1)


def _dot(call: Any) -> float:
    vector = call.self
    return _real(2.0 * vector.numel(), vector)


def _outer(call: Any) -> float:
    """A product an element; a complex one is four products and two sums of reals."""
    return float(call.out.numel() * (6.0 if call.out.is_complex() else 1.0))


def _add_outer(call: Any) -> float:
    return _real(2.0 * call.out.numel(), call.out)


def _grouped(call: Any) -> float:
    """Groups of rows, of columns or of inner pieces, each by a matrix of its own."""
    if call.self.dim() == call.mat2.dim() == 2:  # inner pieces: one product a group
        return float(2.0 * call.self.numel() * int(call.mat2.shape[-1]))
    return float(2.0 * call.out.numel() * int(call.self.shape[-1]))


def _sampled(call: Any) -> float:
    return _real(2.0 * _stored(call.self) * int(call.mat1.shape[-1]), call.mat1)


def _half_sparse(call: Any) -> float:
    """A 2:4 sparse weight, of which half the elements are held."""
    return float(2.0 * _rows(call.input) * call.weight.numel())


def _bilinear(call: Any) -> float:
    """Per sample and output: x1 by the matrix, and the result by x2."""
    outputs, first, second = call.weight.shape
    samples = _rows(call.input1)
    return _real(2.0 * samples * outputs * (first * second + second), call.weight)


def _trilinear(call: Any) -> float:
    """As torch sums: the first two factors over what the third lacks, then by the third."""
    factors = [call.i1, call.i2, call.i3]
    for position, expand in enumerate((call.expand1, call.expand2, call.expand3)):
        for dim in sorted(expand):
            factors[position] = factors[position].unsqueeze(dim)
    sizes = [max(size) for size in zip(*(factor.shape for factor in factors), strict=True)]
    absent = set(call.expand3)
    pair = {dim for dim in range(len(sizes)) if not (dim in call.expand1 and dim in call.expand2)}
    rest = {dim for dim in range(len(sizes)) if dim not in absent & set(call.sumdim)}
    return _real(2.0 * (prod(sizes[d] for d in pair) + prod(sizes[d] for d in rest)), call.i1)


def _distances(call: Any) -> float:
    """Between all pairs: by a matrix product where torch takes one, else 3 FLOP a component."""
    points, components = call.x1.shape[-2], call.x1.shape[-1]
    mode = getattr(call, "compute_mode", None) or 0
    large = points > 25 or call.x2.shape[-2] > 25
    if getattr(call, "p", 2) == 2 and (mode == 1 or (mode == 0 and large)):
        return _euclidean(call)
    return float(3.0 * call.out.numel() * components)


def _euclidean(call: Any) -> float:
    """|a|^2 - 2ab + |b|^2 as one product: two components more."""
    return float(2.0 * call.out.numel() * (int(call.x1.shape[-1]) + 2))


def _own_distances(call: Any) -> float:
    return float(3.0 * call.out.numel() * int(call.self.shape[-1]))


# ---------------------------------------------------------------- convolutions


def _convolution(
    x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor, transposed: bool
) -> float:
    """Each output (input, where transposed) meets one filter of its group; padding is counted."""
    return _real(2.0 * (x if transposed else out).numel() * prod(weight.shape[1:]), out)


def _convolution_op(transposed: bool | None = None) -> Formula:
    """`transposed` as the name of the op says, or as its argument does."""

    def formula(call: Any) -> float:
        x = call.input if hasattr(call, "input") else call.self
        swapped = call.transposed if transposed is None else transposed
        return _convolution(x, call.weight, call.out, swapped)

    return formula


def _convolution_backward(call: Any) -> float:
    """Gradients of input and weight: each as much as the forward pass."""
    forward = _convolution(call.input, call.weight, call.grad_output, call.transposed)
    return forward * sum(map(bool, call.output_mask[:2]))


def _time_batch_channel(call: Any) -> float:
    return float(2.0 * call.out.numel() * prod(call.weight.shape[:2]))


def _packed_convolution(transposed: bool) -> Formula:
    def formula(call: Any) -> float:
        packed = call.packed_weight if hasattr(call, "packed_weight") else call.weight
        return _convolution(call.qx, packed.weight(), call.out, transposed)

    return formula


# ------------------------------------------------------------------- attention


def _attention(query: Any, key: Any, value: Any) -> float:
    """Scores and their product with the values, as if nothing were masked: causal or not."""
    return sum(
        2.0 * prod(q.shape[:-1]) * int(k.shape[-2]) * (int(q.shape[-1]) + int(v.shape[-1]))
        for q, k, v in _parts(query, key, value)
    )


def _attention_op(call: Any) -> float:
    return _attention(call.query, call.key, call.value)


def _attention_backward(call: Any) -> float:
    """Scores once more, then gradients of values, scores, queries and keys: five products."""
    scores = 2.0 * prod(call.query.shape[:-1]) * int(call.key.shape[-2])
    return float(scores * (3 * int(call.query.shape[-1]) + 2 * int(call.value.shape[-1])))


def _packed_attention(starts_q: str, starts_k: str, backward: bool = False) -> Formula:
    """Attention of (batch, sequence, head, width), or of sequences laid end to end."""

    def formula(call: Any) -> float:
        query, key = call.query, call.key
        starts = getattr(call, starts_q, None)
        if starts is None:
            pairs = int(query.shape[0]) * int(query.shape[1]) * int(key.shape[1])
        else:
            others = getattr(call, starts_k, None)
            lengths = zip(
                _lengths(starts), _lengths(starts if others is None else others), strict=True
            )
            pairs = sum(q * k for q, k in lengths)
        width, of_values = int(query.shape[-1]), int(call.value.shape[-1])
        products = 3 * width + 2 * of_values if backward else width + of_values
        return 2.0 * pairs * int(query.shape[-2]) * products

    return formula


def _lengths(starts: torch.Tensor) -> list[int]:
    """Lengths of sequences from where they begin; read from the device, so not of fake tensors."""
    return [int(length) for length in starts.diff().tolist()]


def _native_attention(call: Any) -> float:
    """Projections of queries, keys and values, attention over all heads, and of the outcome."""
    width = int(call.embed_dim)
    projected = 2.0 * (2 * _numel(call.query) + _numel(call.key) + _numel(call.value)) * width
    return projected + _attention(call.query, call.key, call.value)


def _encoder_layer(call: Any) -> float:
    width = int(call.embed_dim)
    feed_forward = 2.0 * _rows(call.src) * (call.ffn_weight_1.numel() + call.ffn_weight_2.numel())
    attention = 8.0 * _numel(call.src) * width + _attention(call.src, call.src, call.src)
    return float(attention + feed_forward)


# ------------------------------------------------------------ recurrent layers


def _recurrent(rows: int, weights: Iterable[Any]) -> float:
    """Every weight matrix, projections included, meets every step of every sequence once."""
    return 2.0 * rows * sum(
        weight.numel()
        for weight in weights
        if isinstance(weight, torch.Tensor) and weight.dim() == 2
    )  # fmt: skip


def _recurrent_op(call: Any) -> float:
    x = call.data if hasattr(call, "data") else call.input
    return _recurrent(_rows(x), call.params if hasattr(call, "params") else call.weight)


def _recurrent_layer(call: Any) -> float:
    return _recurrent(_rows(call.input), (call.weight0, call.weight1))


def _recurrent_cell(call: Any) -> float:
    return _recurrent(_rows(call.input), (call.w_ih, call.w_hh))


# ------------------------------------------------------------------ transforms


def _fourier(operations: float, of_result: bool = False) -> Formula:
    """5 N log2 N for N complex numbers, half of it where one side is real."""

    def formula(call: Any) -> float:
        tensor = call.out if of_result else call.self
        points = prod(int(tensor.shape[dim]) for dim in call.dim)
        return float(operations * tensor.numel() * log2(points))

    return formula


# -------------------------------------------------------------- linear algebra


def _square(cubes: float, matrix: str, squares: float = 0.0) -> Formula:
    """`cubes` n^3 for the matrix, and `squares` n^2 for each column of the result."""

    def formula(call: Any) -> float:
        tensor = getattr(call, matrix)
        order = float(tensor.shape[-1])
        flops = cubes * tensor.numel() * order
        if squares:
            result = call.out[0] if isinstance(call.out, tuple) else call.out
            flops += squares * result.numel() * order
        return _real(flops, tensor)

    return formula


def _lu(call: Any) -> float:
    """m n^2 - n^3 / 3, m being the longer side."""
    long, short = max(call.A.shape[-2:]), min(call.A.shape[-2:])
    batch = prod(call.A.shape[:-2])
    return _real(batch * (long * short**2 - short**3 / 3), call.A)


def _qr(call: Any) -> float:
    """Householder: 2 m n^2 - 2 n^3 / 3 for R (m the longer side), and what Q takes to write out."""
    return _real(prod(call.A.shape[:-2]) * (_triangle(call.A) + _orthogonal(call)), call.A)


def _qr_factors(call: Any) -> float:
    """R and the reflections that Q is made of."""
    matrix = call.self
    return _real(prod(matrix.shape[:-2]) * _triangle(matrix), matrix)


def _triangle(matrix: torch.Tensor) -> float:
    long, short = max(matrix.shape[-2:]), min(matrix.shape[-2:])
    return 2 * long * short**2 - 2 * short**3 / 3


def _orthogonal(call: Any) -> float:
    """c columns of Q from k reflections of m rows: 4 m c k - 2 (m + c) k^2 + 4 k^3 / 3."""
    mode = getattr(call, "mode", "reduced")
    if mode == "r":
        return 0.0
    rows, reflections = call.A.shape[-2], min(call.A.shape[-2:])
    columns = rows if mode == "complete" else reflections
    outer = 4 * rows * columns * reflections - 2 * (rows + columns) * reflections**2
    return float(outer + 4 * reflections**3 / 3)


_ATTENTION = (
    "scaled_dot_product_attention",
    "_scaled_dot_product_attention_math",
    "_scaled_dot_product_attention_math_for_mps",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
)

_ATEN: dict[str, Formula] = {
    "mm": _of("self", "mat2"),
    "bmm": _of("self", "mat2"),
    "matmul": _of("self", "other"),
    "linalg_matmul": _of("self", "other"),
    "mv": _of("self", "vec"),
    "addmm": _of("mat1", "mat2"),
    "addmm_": _of("mat1", "mat2"),
    "_addmm_activation": _of("mat1", "mat2"),
    "addmv": _of("mat", "vec"),
    "addmv_": _of("mat", "vec"),
    "baddbmm": _of("batch1", "batch2"),
    "baddbmm_": _of("batch1", "batch2"),
    "addbmm": _add_batches,
    "addbmm_": _add_batches,
    "dot": _dot,
    "vdot": _dot,
    "ger": _outer,
    "outer": _outer,
    "addr": _add_outer,
    "addr_": _add_outer,
    "linear": _linear_op,
    "mkldnn_linear": _linear_of("self"),
    "_int_mm": _of("self", "mat2"),
    "_scaled_mm": _of("self", "mat2"),
    "_scaled_mm_v2": _of("self", "mat2"),
    "_grouped_mm": _grouped,
    "_scaled_grouped_mm": _grouped,
    "_scaled_grouped_mm_v2": _grouped,
    "_weight_int4pack_mm": _linear_of("self"),
    "_weight_int4pack_mm_for_cpu": _linear_of("self"),
    "_weight_int8pack_mm": _linear_of("self"),
    "_dyn_quant_matmul_4bit": _linear_of("inp"),
    "_sparse_mm": _of("sparse", "dense"),
    "_sparse_addmm": _of("mat1", "mat2"),
    "sparse_sampled_addmm": _sampled,
    "_sparse_semi_structured_linear": _half_sparse,
    "bilinear": _bilinear,
    "_trilinear": _trilinear,
    "cdist": _distances,
    "_cdist_forward": _distances,
    "_euclidean_dist": _euclidean,
    "pdist": _own_distances,
    "_pdist_forward": _own_distances,
    "convolution": _convolution_op(),
    "_convolution": _convolution_op(),
    "convolution_overrideable": _convolution_op(),
    **{f"conv{n}d": _convolution_op(False) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _convolution_op(True) for n in (1, 2, 3)},
    "cudnn_convolution": _convolution_op(False),
    "cudnn_convolution_relu": _convolution_op(False),
    "cudnn_convolution_add_relu": _convolution_op(False),
    "cudnn_convolution_transpose": _convolution_op(True),
    "miopen_convolution": _convolution_op(False),
    "miopen_depthwise_convolution": _convolution_op(False),
    "miopen_convolution_transpose": _convolution_op(True),
    "mkldnn_convolution": _convolution_op(False),
    "_mps_convolution": _convolution_op(False),
    "_nnpack_spatial_convolution": _convolution_op(False),
    "thnn_conv2d": _convolution_op(False),
    "_slow_conv2d_forward": _convolution_op(False),
    "slow_conv3d": _convolution_op(False),
    "slow_conv3d_forward": _convolution_op(False),
    "slow_conv_dilated2d": _convolution_op(False),
    "slow_conv_dilated3d": _convolution_op(False),
    "slow_conv_transpose2d": _convolution_op(True),
    "slow_conv_transpose3d": _convolution_op(True),
    "_conv_depthwise2d": _convolution_op(False),
    "conv_depthwise3d": _convolution_op(False),
    "conv_tbc": _time_batch_channel,
    "convolution_backward": _convolution_backward,
    "convolution_backward_overrideable": _convolution_backward,
    **dict.fromkeys(_ATTENTION, _attention_op),
    **{
        f"{name}_backward": _attention_backward
        for name in _ATTENTION
        if name.startswith("_") and "math" not in name
    },
    "_flash_attention_forward": _packed_attention("cum_seq_q", "cum_seq_k"),
    "_flash_attention_backward": _packed_attention("cum_seq_q", "cum_seq_k", backward=True),
    "_efficient_attention_forward": _packed_attention("cu_seqlens_q", "cu_seqlens_k"),
    "_efficient_attention_backward": _packed_attention(
        "cu_seqlens_q", "cu_seqlens_k", backward=True
    ),
    "_native_multi_head_attention": _native_attention,
    "_triton_multi_head_attention": _native_attention,
    "_transformer_encoder_layer_fwd": _encoder_layer,
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent_op),
    **dict.fromkeys(("_cudnn_rnn", "miopen_rnn"), _recurrent_op),
    "mkldnn_rnn_layer": _recurrent_layer,
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _recurrent_cell),
    "_fft_c2c": _fourier(5.0),
    "_fft_r2c": _fourier(2.5),
    "_fft_c2r": _fourier(2.5, of_result=True),
    "linalg_cholesky_ex": _square(1 / 3, "self"),
    "cholesky": _square(1 / 3, "self"),
    "cholesky_inverse": _square(2 / 3, "self"),
    "cholesky_solve": _square(0.0, "input2", 2.0),
    "linalg_ldl_factor_ex": _square(1 / 3, "self"),
    "linalg_inv_ex": _square(2.0, "A"),
    "_linalg_solve_ex": _square(2 / 3, "A", 2.0),
    "linalg_solve_triangular": _square(0.0, "self", 1.0),
    "triangular_solve": _square(0.0, "A", 1.0),
    "linalg_lu_solve": _square(0.0, "LU", 2.0),
    "linalg_lu": _lu,
    "linalg_lu_factor_ex": _lu,
    "_linalg_det": _lu,
    "_linalg_slogdet": _lu,
    "linalg_qr": _qr,
    "geqrf": _qr_factors,
}

FORMULAS: dict[str, Formula] = {
    **{f"aten.{name}": formula for name, formula in _ATEN.items()},
    **{
        f"quantized.linear{kind}": _linear_of("X")
        for kind in (
            "",
            "_relu",
            "_tanh",
            "_leaky_relu",
            "_dynamic",
            "_relu_dynamic",
            "_dynamic_fp16",
            "_relu_dynamic_fp16",
        )
    },
    **{
        f"quantized.conv{kind}{n}d{ending}": _packed_convolution(kind == "_transpose")
        for n in (1, 2, 3)
        for kind in ("", "_transpose")
        for ending in ("", "_relu", "_add", "_add_relu", "_dynamic")
    },
    "mkldnn._linear_pointwise": _linear_of("X"),
    "mkl._mkl_linear": _linear_of("X"),
    "onednn.qlinear_pointwise": _linear_of("qx"),
    "torchvision.deform_conv2d": _convolution_op(False),
}
"""Formulas by the name of the op, whatever its overload."""
