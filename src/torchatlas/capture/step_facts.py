"""The facts about one step of the autograd graph that are no tensors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch

from torchatlas.capture.saved_tensors import SAVED, tensor_names
from torchatlas.run import Attribute, TensorSpec

_SHAPES = ("_sym_sizes", "_sym_strides", "_sym_numel")
"""Endings of settings that say again how large the tensors were."""

_UNSIGNED = 2**64
_EXACT_IN_JSON = 2**53


def gradient_spec(metadata: Any) -> TensorSpec:
    """What the gradient of an output looks like; -1 where a dimension is not known."""
    dtype = metadata.dtype
    shape = (-1,) if metadata.is_cpp_nested_tensor else tuple(map(_known, metadata.shape))
    count = 0 if -1 in shape else torch.Size(shape).numel()
    name = str(dtype).removeprefix("torch.")
    return TensorSpec(shape, name, str(metadata.device), count * dtype.itemsize)


def _known(size: Any) -> int:
    return int(size) if isinstance(size, int) else -1


def settings_of(step: Any) -> dict[str, Attribute]:
    """What a step keeps that is a number, text or several numbers: padding, dimensions, flags."""
    found: dict[str, Attribute] = {}
    for name, value in _kept_settings(step):
        if isinstance(value, bool | float | str):
            found[name] = value
        elif isinstance(value, int):
            found[name] = _signed(value)
        elif (
            isinstance(value, list | tuple)
            and value
            and all(isinstance(item, int | float) for item in value)
        ):
            found[name] = "×".join(str(_signed(item)) for item in value)
    return found


def _signed(value: float) -> int | float | str:
    """Dimensions are kept as unsigned numbers in C++: -1 comes back as 2**64 - 1."""
    if isinstance(value, int) and value >= _UNSIGNED // 2:
        value -= _UNSIGNED
    return str(value) if isinstance(value, int) and abs(value) > _EXACT_IN_JSON else value


def _kept_settings(step: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(step, torch.autograd.function.BackwardCFunction):
        yield from vars(step).items()
        return
    kind: Any = type(step)
    for name in _setting_names(kind):
        if not name.endswith(_SHAPES):
            yield name.removeprefix(SAVED), getattr(step, name)


@cache
def _setting_names(kind: type) -> tuple[str, ...]:
    tensors = {SAVED + name for name in tensor_names(kind)}
    return tuple(name for name in dir(kind) if name.startswith(SAVED) and name not in tensors)
