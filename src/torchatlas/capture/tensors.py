"""Finding the tensors inside whatever a model takes and returns, and describing them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from torchatlas.run import TensorSpec

Path = tuple[str, ...]
"""How to get from a container to a tensor in it: keys, positions and attribute names."""

_PLAIN = frozenset({bool, int, float, str, torch.dtype, torch.device})
_LEAVES = _PLAIN | {type(None), torch.Tensor, torch.nn.Parameter}
"""What the arguments of most ops are: no need to look into any of them."""


def named_tensors(value: Any) -> Iterator[tuple[Path, torch.Tensor]]:
    """Every tensor in a nested value, with the path to it, in order and without recursion.

    Looks into lists, tuples (named ones too), sets, mappings and dataclasses, registered as
    pytrees or not; a container that holds itself is entered once.
    """
    entered: set[int] = set()
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, torch.Tensor):
            yield path, item
            continue
        children = _children(item)
        if children and id(item) not in entered:
            entered.add(id(item))
            stack.extend(((*path, name), child) for name, child in reversed(children))


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nested value, in order (see `named_tensors`)."""
    if isinstance(value, torch.Tensor):
        return [value]
    if type(value) in (tuple, list) and all(type(item) in _LEAVES for item in value):
        return [item for item in value if item is not None and type(item) not in _PLAIN]
    return [tensor for _, tensor in named_tensors(value)]


def map_tensors(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nested value with every tensor replaced by `change(tensor)`.

    Raises:
        TypeError: a container with tensors in it cannot be built anew.
    """
    if isinstance(value, torch.Tensor):
        return change(value)
    if not tensors_in(value):
        return value
    if isinstance(value, Mapping):
        changed = {key: map_tensors(item, change) for key, item in value.items()}
        return changed if type(value) is dict else type(value)(changed)  # type: ignore[call-arg]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value) if f.init]
        changed = {name: map_tensors(getattr(value, name), change) for name in names}
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(item, change) for item in value))
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(map_tensors(item, change) for item in value)
    raise TypeError(f"cannot copy the tensors inside a {type(value).__name__}")


def tensor_spec(tensor: torch.Tensor) -> TensorSpec:
    """Shape, dtype, device and size of a tensor; sizes of nested dimensions are -1."""
    if tensor.is_nested:
        shape = tuple(-1 if not isinstance(n, int) else n for n in _nested_shape(tensor))
        size_bytes = tensor.values().nbytes if tensor.layout == torch.jagged else tensor.nbytes
    else:
        shape = tuple(int(n) for n in tensor.shape)
        size_bytes = tensor.numel() * tensor.element_size()
    dtype = str(tensor.dtype).removeprefix("torch.")
    return TensorSpec(shape, dtype, str(tensor.device), int(size_bytes))


def shape_text(spec: TensorSpec) -> str:
    """A shape as people write it: `64×3×32×32`, or `scalar`."""
    return "×".join("?" if n < 0 else str(n) for n in spec.shape) or "scalar"


def _nested_shape(tensor: torch.Tensor) -> tuple[Any, ...]:
    if tensor.layout == torch.jagged:
        return tuple(tensor.shape)
    return (tensor.size(0), *(-1 for _ in range(tensor.dim() - 1)))


def _children(item: Any) -> list[tuple[str, Any]]:
    if item is None or isinstance(item, str | bytes | int | float | type):
        return []
    if isinstance(item, Mapping):
        return [(str(key), child) for key, child in item.items()]
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return list(zip(item._fields, item, strict=True))
    if isinstance(item, list | tuple | set | frozenset):
        return [(str(position), child) for position, child in enumerate(item)]
    if dataclasses.is_dataclass(item):
        return [(f.name, getattr(item, f.name, None)) for f in dataclasses.fields(item)]
    return []
