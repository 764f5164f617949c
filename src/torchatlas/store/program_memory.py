"""Which ops of a program share or change the memory of what they are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torchatlas.store.program_json import Argument, ProgramOp, TensorInfo
from torchatlas.store.program_names import base_name

_VIEWS = frozenset(
    (
        "alias",
        "as_strided",
        "chunk",
        "detach",
        "diagonal",
        "expand",
        "expand_as",
        "hsplit",
        "dsplit",
        "vsplit",
        "imag",
        "lift_fresh",
        "linalg_diagonal",
        "matrix_H",
        "mH",
        "mT",
        "movedim",
        "moveaxis",
        "narrow",
        "numpy_T",
        "permute",
        "real",
        "select",
        "slice",
        "split",
        "split_with_sizes",
        "squeeze",
        "squeeze_",
        "swapaxes",
        "swapdims",
        "t",
        "tensor_split",
        "transpose",
        "unbind",
        "unflatten",
        "unfold",
        "unsqueeze",
        "view",
        "view_as",
        "view_as_complex",
        "view_as_real",
        "resolve_conj",
        "resolve_neg",
        "adjoint",
        "values",
        "indices",
    )
)
_PERHAPS_VIEWS = frozenset(
    (
        "contiguous",
        "flatten",
        "ravel",
        "reshape",
        "reshape_as",
        "to",
        "type_as",
    )
)
"""They give a view where the memory allows, and a copy elsewhere."""

_BATCH_NORMS = frozenset(
    (
        "batch_norm",
        "instance_norm",
        "_native_batch_norm_legit",
        "native_batch_norm",
        "_batch_norm_with_update",
        "cudnn_batch_norm",
    )
)


_KEEP_THE_VALUES = frozenset(("detach_", "requires_grad_"))


@dataclass(slots=True)
class Memory:
    """What tensors that are views of each other have in common.

    `of` names what the user holds there (`buffer count`, `input x`), `writer` is the node that
    changed it last, and `written` when.
    """

    of: str | None = None
    writer: str | None = None
    written: int = 0


def is_view(base: str, given: TensorInfo, made: TensorInfo | None = None) -> bool:
    """Whether what an op makes lies in the memory of its first tensor.

    Of ops that copy where they must it is said by the strides: a tensor without gaps is not
    copied, unless its type or device changes.
    """
    if base in _VIEWS or _is_in_place(base):
        return True
    if base not in _PERHAPS_VIEWS or not _is_dense(given):
        return False
    return made is None or (
        made.spec.dtype == given.spec.dtype and made.spec.device == given.spec.device
    )


def written_arguments(op: ProgramOp) -> Iterator[Argument]:
    """The arguments that an op changes: `self` of ops in place, `out`, statistics in training."""
    base = base_name(op.target)
    if _is_in_place(base) and base not in _KEEP_THE_VALUES and op.arguments:
        yield op.arguments[0]
    training = any(
        a.name in ("training", "train", "use_input_stats") and a.setting is True
        for a in op.arguments
    )
    for argument in op.arguments:
        statistics = argument.name in ("running_mean", "running_var")
        if argument.name == "out" or (statistics and training and base in _BATCH_NORMS):
            yield argument


def _is_in_place(base: str) -> bool:
    name = base.rpartition(".")[2]
    return name.endswith("_") and not name.endswith("__")


def _is_dense(info: TensorInfo) -> bool:
    if info.strides is None:
        return True
    expected = 1
    for size, stride in zip(reversed(info.spec.shape), reversed(info.strides), strict=False):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True
