"""The state of a model in what torch.save was given: which of it is weights, and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

MODEL_KEYS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "weights",
    "params",
    "parameters",
)
"""Under these keys a training script keeps the weights; the first that holds tensors is taken."""

NO_WEIGHTS = re.compile(
    r"optim|sched|scaler|rng|sampler|callback|loops?$|hparams|hyper_param|args$|config|^step$|ema",
    re.IGNORECASE,
)
_DEEPEST = 64
_MOST_TENSORS = 5_000_000


@dataclass
class FoundState:
    """Tensors by name, and what stood beside them.

    Attributes:
        tensors: of the model, by qualified name.
        facts: numbers and short texts that were kept beside them, as text.
        notes: what was left aside.
    """

    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_state(saved: Any) -> FoundState:
    """The weights in whatever was saved: a state dict, or one inside the state of a training."""
    found = FoundState()
    if isinstance(saved, torch.Tensor):
        found.tensors["tensor"] = saved
        return found
    _take(saved, found)
    return found


def _take(saved: Any, found: FoundState, depth: int = 0) -> None:
    own: dict[str, Any] = {}
    for key, value in _items(saved):
        own[_free(key, own)] = value
    if any(isinstance(value, torch.Tensor) for value in own.values()):
        _flatten(own, found, leave=False)
        return
    for key in MODEL_KEYS:
        if depth < _DEEPEST and key in own and _has_tensors(own[key]):
            _note_rest(own, key, found)
            _take(own[key], found, depth + 1)
            return
    _flatten(own, found, leave=True)


def _flatten(saved: Mapping[str, Any], found: FoundState, *, leave: bool) -> None:
    """Take every tensor by its path; with `leave`, parts that are no weights are left aside."""
    stack: list[tuple[str, Any, int]] = [
        (key, value, 0) for key, value in reversed(list(saved.items()))
    ]
    entered: set[int] = set()
    other = 0
    while stack:
        name, value, depth = stack.pop()
        if isinstance(value, torch.Tensor):
            if len(found.tensors) >= _MOST_TENSORS:
                found.notes.append(f"only the first {_MOST_TENSORS:,} tensors were taken")
                return
            found.tensors[_free(name, found.tensors)] = value
            continue
        if leave and depth == 0 and NO_WEIGHTS.search(name):
            _note_part(name, value, found)
            continue
        items = list(_items(value))
        if not items or id(value) in entered or depth >= _DEEPEST:
            other += not (depth == 0 and _as_fact(name, value, found))
            continue
        entered.add(id(value))
        stack += [(f"{name}.{key}", inner, depth + 1) for key, inner in reversed(items)]
    if other:
        found.notes.append(f"{other:,} values that are no tensors were left aside")


def _note_rest(own: Mapping[str, Any], taken: str, found: FoundState) -> None:
    for key, value in own.items():
        if key != taken and not _as_fact(key, value, found):
            _note_part(key, value, found)


def _note_part(name: str, value: Any, found: FoundState) -> None:
    count = _count_tensors(value)
    if count:
        what = "1 tensor" if count == 1 else f"{count:,} tensors"
        found.notes.append(f"{_short(name)} ({what}) was left aside: it is not the model's weights")
    elif list(_items(value)):
        found.notes.append(f"{_short(name)} was left aside: it holds no tensors")


def _as_fact(name: str, value: Any, found: FoundState) -> bool:
    if value is None or isinstance(value, bool | int | float | str):
        if value is not None and len(found.facts) < 100:
            found.facts[f"file: {_short(name)}"] = _short(str(value))
        return True
    return False


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """What a dictionary, list or tuple holds, with the keys as text."""
    if isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(place), inner) for place, inner in enumerate(value))


def _has_tensors(value: Any) -> bool:
    return _count_tensors(value, enough=1) > 0 and not isinstance(value, torch.Tensor)


def _count_tensors(value: Any, enough: int = _MOST_TENSORS) -> int:
    stack, entered, count = [value], set(), 0
    while stack and count < enough:
        item = stack.pop()
        if isinstance(item, torch.Tensor):
            count += 1
        elif id(item) not in entered:
            children = [inner for _, inner in _items(item)]
            if children:
                entered.add(id(item))
                stack += children
    return count


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """A name that nothing has yet: the keys 0 and "0" are two."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:197]}..."
