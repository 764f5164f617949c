"""Tells when the optimizers of a model step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from torchatlas.errors import CaptureError

OptimizerLike = Any
"""An optimizer, or something around one (as Lightning and Accelerate have it)."""

Heard = Callable[[torch.optim.Optimizer, bool], None]
"""Told of an optimizer, and whether its step was handed a closure (which makes the gradients)."""


StepHook = Callable[[Any, Any, Any], None]
"""A hook as torch calls it: the optimizer, and what its step was called with."""


class _Everywhere:
    """Hooks the steps of all optimizers of the process, once and for good.

    Torch keeps the hooks of all optimizers in one dict, and every step iterates over it. Adding or
    removing one while another thread is in a step ends that step with an error, so our pair is
    added once and stays. What comes and goes are the listeners, in a tuple that is never changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hooked = False
        self.listeners: tuple[tuple[StepHook, StepHook], ...] = ()

    def add(self, before: StepHook, after: StepHook) -> Callable[[], None]:
        """Call these around each step of any optimizer; gives what ends that."""
        own = (before, after)
        with self._lock:
            self.listeners = (*self.listeners, own)
            if not self._hooked:
                register_optimizer_step_pre_hook(self._before)
                register_optimizer_step_post_hook(self._after)
                self._hooked = True

        def remove() -> None:
            with self._lock:
                self.listeners = tuple(one for one in self.listeners if one is not own)

        return remove

    def _before(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        for before, _ in self.listeners:
            before(optimizer, args, kwargs)

    def _after(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        for _, after in self.listeners:
            after(optimizer, args, kwargs)


everywhere = _Everywhere()
"""The one pair of hooks in torch that outlasts a recorder; without listeners it does nothing."""


class StepWatch:
    """Listens to optimizers: to those given, or to whichever trains parameters of the model."""

    def __init__(self, given: OptimizerLike, is_ours: Callable[[torch.Tensor], bool]) -> None:
        """Nothing is hooked yet.

        Args:
            given: None, an optimizer, or several in a list or as the values of a mapping.
            is_ours: whether a parameter belongs to the model; asked where nothing is given.

        Raises:
            CaptureError: something among those given is no optimizer.
        """
        self.optimizers = _optimizers(given)
        self.given = bool(self.optimizers)
        self._is_ours = is_ours
        self._foreign: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # to groups seen
        self._ends: list[Callable[[], None]] = []

    def start(self, before: Heard, after: Heard) -> None:
        """Call these before and after each step, gradients being complete, reduced and unscaled."""

        def on_start(optimizer: Any, args: Any, kwargs: Any) -> None:
            if self.given or self._concerns(optimizer):
                before(optimizer, _has_closure(args, kwargs))

        def on_end(optimizer: Any, args: Any, kwargs: Any) -> None:
            if self.given or self._concerns(optimizer):
                after(optimizer, _has_closure(args, kwargs))

        if not self.given:  # nothing is left in the optimizers, which need not exist yet
            self._ends = [everywhere.add(on_start, on_end)]
        for optimizer in self.optimizers:
            self._ends += [
                optimizer.register_step_pre_hook(on_start).remove,
                optimizer.register_step_post_hook(on_end).remove,
            ]

    def stop(self) -> None:
        """Listen no more."""
        for end in self._ends:
            end()
        self._ends = []

    def follows(self, optimizer: Any) -> bool:
        """Whether the steps of an optimizer, or of what is around one, are listened to."""
        try:
            inner = _unwrapped(optimizer)
        except CaptureError:
            return False
        if self.given:
            return any(known is inner for known in self.optimizers)
        return self._concerns(inner)

    def _concerns(self, optimizer: torch.optim.Optimizer) -> bool:
        if any(known is optimizer for known in self.optimizers):
            return True
        groups = optimizer.param_groups
        if self._foreign.get(optimizer) == len(groups):
            return False
        ours = any(self._is_ours(weight) for group in groups for weight in group["params"])
        if ours:
            self.optimizers.append(optimizer)
        else:
            self._foreign[optimizer] = len(groups)
        return ours


def _optimizers(given: OptimizerLike) -> list[torch.optim.Optimizer]:
    if given is None:
        return []
    if isinstance(given, Mapping):
        given = list(given.values())
    several: Iterable[Any] = given if isinstance(given, list | tuple | set) else [given]
    return list(dict.fromkeys(_unwrapped(one) for one in several))


def _unwrapped(optimizer: Any) -> torch.optim.Optimizer:
    inner = optimizer
    while "_optimizer_step_pre_hooks" not in getattr(inner, "__dict__", {}):
        inner = getattr(inner, "optimizer", None)
        if inner is None:
            raise CaptureError(
                f"a {type(optimizer).__name__} was given as an optimizer: hand over a "
                "torch.optim.Optimizer, several of them in a list, or leave it out"
            )
    return inner  # type: ignore[no-any-return]


def _has_closure(args: Any, kwargs: Any) -> bool:
    closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
    return callable(closure)
