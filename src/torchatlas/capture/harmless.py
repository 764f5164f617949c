"""Hooks on a model that copies of it, and files of it, do not take along."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any


class HarmlessHook:
    """A hook that, copied or pickled with its module, becomes one that does nothing.

    The copy needs nothing of TorchAtlas: what it holds instead is from the standard library.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        """`function` is called with what torch hands the hook."""
        self._function = function

    def __call__(self, *arguments: Any) -> None:
        """Call it; what it returns would replace what the module gives, so it is dropped."""
        self._function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (nullcontext(), "__exit__")  # takes anything, does and returns nothing
