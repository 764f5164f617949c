"""The readable name of a torch function: `add` for `__radd__` and for `aten.add.Tensor`."""

from __future__ import annotations

from typing import Any

import torch

from torchatlas.run import operator_name

READS_VALUES = frozenset(
    {"item", "tolist", "numpy", "__array__", "is_nonzero", "equal", "allclose"}
    | {f"__{kind}__" for kind in ("bool", "int", "float", "complex", "index", "contains")}
)
"""Names of functions, dunders in place, that bring values to the host."""

_READS_A_TENSOR = frozenset({"T", "H", "mT", "mH", "real", "imag", "data"})
"""Tensor properties that give a tensor; the others give facts about one."""

SET_DATA = "set_data"
"""What `tensor.data = other` is called: the one property whose setting is an op."""

CONVERSIONS = frozenset(
    {"to", "type", "type_as", "contiguous", "cpu", "cuda", "resolve_conj", "resolve_neg"}
    | {"float", "double", "half", "bfloat16", "int", "long", "short", "bool"}
)
"""Ops that hand their argument back as it is where it is what was asked for."""

_FACTS = frozenset(
    {"dim", "ndimension", "size", "stride", "numel", "nelement", "element_size", "itemsize"}
    | {"storage_offset", "is_contiguous", "is_floating_point", "is_complex", "is_signed"}
    | {"get_device", "is_inference", "is_same_size", "has_names", "__len__", "__hash__"}
)
"""Functions that tell something of a tensor and compute nothing with it."""


def op_name(func: Any) -> str | None:
    """What people call the function; None where it only tells a fact, such as the shape."""
    if isinstance(func, torch._ops.OpOverload):
        return str(func._schema.name).rpartition("::")[2]
    name = getattr(func, "__name__", None) or type(func).__name__
    if name in _FACTS and _is_torchs(func):
        return None
    if name in ("__get__", "__set__"):
        owner = getattr(getattr(func, "__self__", None), "__name__", "")
        if name == "__set__":
            return SET_DATA if owner == "data" else None
        return owner if owner in _READS_A_TENSOR else None
    return operator_name(str(name))


def _is_torchs(func: Any) -> bool:
    """Whether the function is a method of a tensor or one of torch's, not a user's of that name."""
    owner = getattr(func, "__objclass__", None) or getattr(func, "__module__", None)
    return owner is torch._C.TensorBase or owner in ("torch", "torch._tensor", None)


def reads_values(func: Any) -> bool:
    """Whether the function is there to bring a tensor's values to the host."""
    return getattr(func, "__name__", "") in READS_VALUES
