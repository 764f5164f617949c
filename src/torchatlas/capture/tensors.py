"""Finding the tensors inside whatever a model takes and returns, and describing them."""

from __future__ import annotations

import copy
import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import torch

from torchatlas.run import TensorSpec

Path = tuple[str, ...]
"""How to get from a container to a tensor in it: keys, positions and attribute names."""

_Around = tuple[Any, "_Around | None"]
"""The container that something was found in, and what that was found in."""

MOST_ITEMS_IN_OBJECTS = 10_000
"""How many things are looked at by way of the attributes of objects, in one nested value.

An object may hold anything, a data set of millions of items too. Lists, tuples, sets and mappings
that are not in such an object are looked through from end to end.
"""

_PLAIN = frozenset(
    {bool, int, float, complex, str, bytes, type(None), type(Ellipsis)}
    | {torch.dtype, torch.device, torch.layout, torch.memory_format, torch.Size, np.ndarray}
)
_CLOSED = (
    *(type, types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType),
    *(types.GeneratorType, types.CodeType, types.FrameType, torch.nn.Module, Enum),
)
"""What has attributes and is not looked into: no container, or the model itself."""


def named_tensors(value: Any, *, objects: bool = True) -> Iterator[tuple[Path, torch.Tensor]]:
    """Every tensor in a nested value, with the path to it, in order and without recursion.

    Looks into lists, tuples (named ones too), sets, mappings, dataclasses and slices, registered
    as pytrees or not, and into the attributes of any other object (`__dict__` and `__slots__`),
    but not into modules, classes and functions. No code of the object runs, so properties are not
    asked. What holds itself is entered once, and so is what is held twice by way of an object.

    Attributes are found up to `MOST_ITEMS_IN_OBJECTS`.

    Args:
        objects: whether to look into objects other than containers and dataclasses (a cache that
            every layer is handed holds the tensors of all layers).
    """
    entered: dict[int, Any] = {}  # by way of objects; keeps them, so that no id is used again
    allowance = MOST_ITEMS_IN_OBJECTS
    stack: list[tuple[Path, Any, bool, _Around | None]] = [((), value, False, None)]
    while stack:
        path, item, in_object, around = stack.pop()
        if isinstance(item, torch.Tensor):
            yield path, item
            continue
        if type(item) in _PLAIN or _is_around(item, around):
            continue
        children = _items(item)
        if children is None:
            if not objects and not dataclasses.is_dataclass(item):
                continue
            children, in_object = _attributes(item), True
        if in_object and id(item) in entered:
            continue
        if in_object:
            children = islice(children, max(allowance, 0))
            entered[id(item)] = item
        found = list(children)
        allowance -= len(found) if in_object else 0
        around = (item, around)
        stack.extend(((*path, name), child, in_object, around) for name, child in reversed(found))


def tensors_in(value: Any, *, objects: bool = True) -> list[torch.Tensor]:
    """Every tensor in a nested value, in order (see `named_tensors`)."""
    if isinstance(value, torch.Tensor):
        return [value]
    kind = type(value)
    if kind is tuple or kind is list or kind is dict:
        found: list[torch.Tensor] = []
        if _gather(value.values() if kind is dict else value, found, 2):
            return found
    elif kind in _PLAIN:
        return []
    return [tensor for _, tensor in named_tensors(value, objects=objects)]


def stateless_in(value: Any) -> list[Any]:
    """The objects in a nested value that hold nothing, such as a sentinel that `is` compares."""
    found: list[Any] = []
    entered: dict[int, Any] = {}
    stack = [value]
    while stack and len(entered) < MOST_ITEMS_IN_OBJECTS:
        item = stack.pop()
        if isinstance(item, torch.Tensor) or type(item) in _PLAIN or id(item) in entered:
            continue
        entered[id(item)] = item
        children = _items(item)
        held = [child for _, child in (_attributes(item) if children is None else children)]
        if children is None and not held:
            found.append(item)
        stack.extend(held)
    return found


def held_tensors(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The tensors that a subclass of tensor keeps as attributes, such as what a wrapper wraps."""
    if type(tensor) is torch.Tensor or type(tensor) is torch.nn.Parameter:
        return []
    return [held for _, held in _held(tensor) if isinstance(held, torch.Tensor)]


def map_tensors(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nested value with every tensor replaced by `change(tensor)`.

    What holds tensors is copied, and what was one object in two places still is; the rest is
    handed on as it is. The original is not touched.

    Raises:
        TypeError: a container with tensors in it cannot be built anew.
    """
    return _Copier(change).copy(value)


def tensor_spec(tensor: torch.Tensor) -> TensorSpec:
    """Shape, dtype, device and size of a tensor; sizes of nested dimensions are -1."""
    if tensor.is_nested:
        shape = tuple(-1 if not isinstance(n, int) else n for n in _nested_shape(tensor))
        jagged = tensor.layout == torch.jagged  # whose values() would be an op of the pass
        size_bytes = tensor._values.nbytes if jagged else tensor.nbytes  # type: ignore[attr-defined]
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


def _is_around(item: Any, around: _Around | None) -> bool:
    """Whether a container is one of those that it was found in."""
    while around is not None:
        if around[0] is item:
            return True
        around = around[1]
    return False


def _gather(value: Any, found: list[torch.Tensor], depth: int) -> bool:
    """Collect from lists and tuples of tensors and plain values; False if there is more in it.

    What the arguments of nearly every op are; four times as quick as the search with paths.
    """
    for item in value:
        kind = type(item)
        if kind is torch.Tensor or kind is torch.nn.Parameter:
            found.append(item)
        elif kind in _PLAIN:
            continue
        elif kind is slice:
            if not (type(item.start) in _PLAIN and type(item.stop) in _PLAIN):
                return False
        elif (kind is tuple or kind is list) and depth:
            if not _gather(item, found, depth - 1):
                return False
        else:
            return False
    return True


def _items(item: Any) -> Iterator[tuple[str, Any]] | None:
    """What a container holds, under names; None when it is no container."""
    if isinstance(item, Mapping):
        return ((str(key), child) for key, child in item.items())
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return zip(item._fields, item, strict=True)
    if isinstance(item, list | tuple | set | frozenset):
        return ((str(position), child) for position, child in enumerate(item))
    return None


def _attributes(item: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds: the fields of a dataclass first, slots, and what else was set on it.

    A private mapping, as objects have that give its keys as their attributes, is no level of its
    own: `data.x`, not `data._store.x`.
    """
    if isinstance(item, _CLOSED):
        return
    held = dict(_held(item))
    for name, child in held.items():
        if name.startswith("_") and isinstance(child, Mapping):
            keys = {str(key) for key in child}
            if keys and not keys & held.keys():
                yield from ((str(key), inner) for key, inner in child.items())
                continue
        yield name, child


def _held(item: Any) -> Iterator[tuple[str, Any]]:
    """The attributes in an object's slots and `__dict__`, by name, without running its code."""
    for name, slot in _slots(type(item)):  # type: ignore[arg-type]
        try:
            yield name, slot.__get__(item)
        except AttributeError:  # a slot that was never filled
            continue
    held = _own_dictionary(item)
    fields = {f.name: f for f in dataclasses.fields(item)} if dataclasses.is_dataclass(item) else {}
    yield from ((name, held[name]) for name in fields if name in held)
    yield from ((name, child) for name, child in held.items() if name not in fields)


def _own_dictionary(item: Any) -> dict[str, Any]:
    try:
        held = object.__getattribute__(item, "__dict__")
    except AttributeError:
        return {}
    return held if isinstance(held, dict) else {}


@lru_cache(maxsize=1024)
def _slots(kind: type) -> tuple[tuple[str, types.MemberDescriptorType], ...]:
    """The slots of a class and its bases, in the order in which they are declared."""
    found: dict[str, types.MemberDescriptorType] = {}
    for owner in reversed(kind.__mro__):
        own = {
            name: member
            for name, member in vars(owner).items()
            if isinstance(member, types.MemberDescriptorType) and not name.startswith("__")
        }
        declared = vars(owner).get("__slots__", ())
        names = [declared] if isinstance(declared, str) else list(declared)
        found |= {name: own[name] for name in names if name in own} | own
    return tuple(found.items())


class _Copier:
    """Copies what holds tensors; remembers the copies, so that what is shared stays shared."""

    def __init__(self, change: Callable[[torch.Tensor], Any]) -> None:
        self.change = change
        self.copies: dict[int, Any] = {}
        self.originals: list[Any] = []  # so that no id is used again

    def copy(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return self.change(value)
        if id(value) in self.copies:
            return self.copies[id(value)]
        if not tensors_in(value):
            return value
        self.originals.append(value)
        copied = self._copy_container(value)
        self.copies[id(value)] = copied
        return copied

    def _copy_container(self, value: Any) -> Any:
        if isinstance(value, slice):
            return slice(*map(self.copy, (value.start, value.stop, value.step)))
        if isinstance(value, dict):
            new = self._begin(value)
            for key, item in value.items():
                new[key] = self.copy(item)
            return new
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self.copy, value))
        if isinstance(value, tuple | set | frozenset):
            return type(value)(map(self.copy, value))
        if isinstance(value, list):
            new = self._begin(value)
            new[:] = map(self.copy, value)
            return new
        if isinstance(value, types.MappingProxyType):
            return types.MappingProxyType({key: self.copy(item) for key, item in value.items()})
        return self._copy_object(value)

    def _copy_object(self, value: Any) -> Any:
        new = self._begin(value)
        for name, item in _held(value):
            changed = self.copy(item)
            if changed is not item:
                self._set(new, name, changed)
        return new

    def _set(self, new: Any, name: str, value: Any) -> None:
        try:
            object.__setattr__(new, name, value)  # also where the dataclass is frozen
        except (AttributeError, TypeError) as error:
            raise TypeError(_CANNOT_COPY.format(type(new).__name__)) from error

    def _begin(self, value: Any) -> Any:
        """A shallow copy, known from now on, so that what it holds may hold it."""
        try:
            new = copy.copy(value)
        except Exception as error:
            raise TypeError(_CANNOT_COPY.format(type(value).__name__)) from error
        self.copies[id(value)] = new
        return new


_CANNOT_COPY = "cannot copy the tensors inside a {}"
