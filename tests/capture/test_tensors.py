"""Tensors are found wherever a model's inputs and outputs hold them, and each under its path."""

from __future__ import annotations

import functools
import types
from collections import OrderedDict, UserDict, defaultdict, deque
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

from torchatlas.capture import tensors
from torchatlas.capture.tensors import (
    held_tensors,
    map_tensors,
    named_tensors,
    tensor_spec,
    tensors_in,
)

A, B, C = torch.zeros(1), torch.zeros(2), torch.zeros(3)


def paths(value: Any) -> list[str]:
    return [".".join(path) for path, _ in named_tensors(value)]


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Fields:
    second: Any
    first: Any = None


@dataclass(frozen=True, slots=True)
class Frozen:
    value: Any
    label: str = ""


class Base:
    __slots__ = ("zeta", "alpha")  # noqa: RUF023 (their order is tested)

    def __init__(self) -> None:
        self.zeta = A


class Slotted(Base):
    __slots__ = ("__secret", "__dict__")  # noqa: RUF023

    def __init__(self) -> None:
        super().__init__()
        self.__secret = B
        self.free = C


class Stored:
    """Gives the keys of a private mapping as its attributes, as many containers do."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__["_store"] = dict(fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_store"][name]
        except KeyError as error:
            raise AttributeError(name) from error


class Loud:
    """Whoever asks it for anything gets an error."""

    def __init__(self) -> None:
        self.inside = A

    @property
    def outside(self) -> Any:
        raise AssertionError("a property was asked")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")

    def __iter__(self) -> Any:
        raise AssertionError("was iterated")

    def __len__(self) -> int:
        raise AssertionError("was measured")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("was compared")

    __hash__ = None  # type: ignore[assignment]


class Colour(Enum):
    RED = A


def holding_a_tensor() -> torch.Tensor:
    return holding_a_tensor.kept  # type: ignore[attr-defined,no-any-return]


holding_a_tensor.kept = A  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A, [""]),
        ([A, (B, 1, None, "text")], ["0", "1.0"]),
        ({"a": {"b": [A]}, 3: B}, ["a.b.0", "3"]),
        (Pair(A, Pair(B, C)), ["left", "right.left", "right.right"]),
        (Fields(A, [B]), ["second", "first.0"]),
        (Frozen(Frozen(A)), ["value.value"]),
        (OrderedDict(a=A), ["a"]),
        (UserDict(a=A), ["a"]),
        (types.MappingProxyType({"a": A}), ["a"]),
        ((slice(A, 3), Ellipsis), ["0.start"]),
        (types.SimpleNamespace(b=A, a=[B]), ["b", "a.0"]),
        (Slotted(), ["zeta", "_Slotted__secret", "free"]),
        (Stored(x=A, y=B), ["x", "y"]),
        (types.SimpleNamespace(x=A, _store={"x": B}), ["x", "_store.x"]),
        (functools.partial(sum, A, start=B), ["args.0", "keywords.start"]),
        (torch.distributions.Normal(A, A + 1), ["loc", "scale"]),
        ([A, A], ["0", "1"]),
        ([[A, B]] * 2, ["0.0", "0.1", "1.0", "1.1"]),
    ],
)
def test_every_tensor_is_found_under_a_readable_path(value: Any, expected: list[str]) -> None:
    assert paths(value) == expected
    assert [id(t) for t in tensors_in(value)] == [id(t) for _, t in named_tensors(value)]


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, "text", b"bytes", 1j, ..., slice(1, 2), range(3), torch.Size([2])),
        *(torch.float32, torch.device("cpu"), torch.strided, torch.Generator()),
        *(nn.Linear(2, 2), [nn.Linear(2, 2)], Slotted, Colour.RED, torch, holding_a_tensor),
        *((t for t in [A]), Loud.__init__, len, object()),
    ],
)
def test_what_holds_no_tensors_or_is_no_container_gives_none(value: Any) -> None:
    assert tensors_in(value) == []
    assert tensors_in([value]) == []


def test_no_code_of_an_object_runs() -> None:
    assert paths([Loud()]) == ["0.inside"]


def test_extra_attributes_of_a_dataclass_come_after_its_fields() -> None:
    value = Fields(A, B)
    value.__dict__ = {"late": C, "first": B, "second": A}
    assert paths(value) == ["second", "first", "late"]


def test_what_holds_itself_is_entered_once() -> None:
    around: list[Any] = [A]
    around.append({"again": around})
    node = types.SimpleNamespace(value=B)
    node.children = [types.SimpleNamespace(parent=node, value=C)]
    assert paths(around) == ["0"]
    assert paths([node, node]) == ["0.value", "0.children.0.value"]
    assert len(tensors_in((around, node))) == 3


def test_nesting_of_any_depth_needs_no_recursion() -> None:
    value: Any = A
    for _ in range(3000):
        value = [value]
    linked: Any = None
    for _ in range(3000):
        linked = types.SimpleNamespace(next=linked, value=None)
    assert len(tensors_in(value)) == 1
    assert tensors_in(linked) == []


def test_an_object_with_millions_of_items_is_given_up_and_plain_containers_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tensors, "MOST_ITEMS_IN_OBJECTS", 10)
    rows = [A] * 30
    assert len(tensors_in(types.SimpleNamespace(rows=rows))) == 9  # the list counts as one
    assert len(tensors_in([types.SimpleNamespace(rows=rows), rows])) == 39
    assert len(tensors_in([Frozen(n) for n in range(30)] + rows)) == 30


def test_copies_hold_the_changed_tensors_and_the_originals_keep_theirs() -> None:
    tied = types.SimpleNamespace(weight=A)
    kept = object()
    value = {
        "list": [A, kept],
        "pair": Pair(A, 1),
        "set": deque([1]),
        "counts": defaultdict(list, a=A),
        "user": UserDict(a=A),
        "proxy": types.MappingProxyType({"a": A}),
        "frozen": Frozen(A, "name"),
        "slice": slice(A, 2),
        "slots": Slotted(),
        "stored": Stored(x=A),
        "tied": (tied, tied),
    }
    changed = map_tensors(value, lambda tensor: tensor + 1)
    assert paths(changed) == paths(value)
    assert all(bool((t == 1).all()) for t in tensors_in(changed))
    assert all(bool((t == 0).all()) for t in tensors_in(value))
    assert [type(item) for item in changed.values()] == [type(item) for item in value.values()]
    assert changed["list"][1] is kept
    assert changed["set"] is value["set"]
    assert changed["counts"].default_factory is list
    assert changed["frozen"].label == "name"
    assert changed["tied"][0] is changed["tied"][1]
    assert changed["stored"].x.item() == 1


def test_a_copy_of_what_holds_itself_holds_itself() -> None:
    around: list[Any] = [A]
    around.append(around)
    node = types.SimpleNamespace(value=A, parent=None)
    node.child = types.SimpleNamespace(parent=node)
    copied = map_tensors([around, node], lambda tensor: tensor + 1)
    assert copied[0][1] is copied[0]
    assert copied[1].child.parent is copied[1]
    assert node.child.parent is node


class Uncopyable:
    def __init__(self) -> None:
        self.value = A

    def __copy__(self) -> Any:
        raise RuntimeError("there is only one of me")


@pytest.mark.parametrize(
    ("value", "name"), [(Uncopyable(), "Uncopyable"), (functools.partial(sum, A), "partial")]
)
def test_what_cannot_be_copied_is_named(value: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"cannot copy the tensors inside a {name}"):
        map_tensors([value], lambda tensor: tensor + 1)


def test_specs_of_nested_and_empty_tensors() -> None:
    jagged = torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)], layout=torch.jagged)
    assert tensor_spec(jagged).size_bytes == 5 * 4 * 4
    assert tensor_spec(jagged).shape[0::2] == (2, 4)
    assert tensor_spec(torch.empty(0, 3)).size_bytes == 0


class Wrapper(torch.Tensor):
    """Keeps what it wraps in a slot, and more as an attribute."""

    __slots__ = ("wrapped",)

    @staticmethod
    def __new__(cls, wrapped: torch.Tensor) -> Wrapper:
        made = torch.Tensor._make_wrapper_subclass(cls, wrapped.shape, dtype=wrapped.dtype)
        made.wrapped, made.scale, made.name_of_it = wrapped, B, "text"
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError


def test_what_a_tensor_subclass_holds() -> None:
    wrapper = Wrapper(A)
    assert [id(held) for held in held_tensors(wrapper)] == [id(A), id(B)]
    assert paths([wrapper]) == ["0"]
    plain = torch.ones(2)
    plain.extra = A  # type: ignore[attr-defined]
    assert held_tensors(plain) == []
    assert held_tensors(nn.Parameter(A)) == []


def test_objects_are_left_alone_when_asked_to() -> None:
    """A cache that every layer is handed holds the tensors of all layers."""
    value = [Fields(A), types.SimpleNamespace(x=B), {"c": C}]
    found = [".".join(path) for path, _ in named_tensors(value, objects=False)]
    assert found == ["0.second", "2.c"]
    assert len(tensors_in(value, objects=False)) == 2
