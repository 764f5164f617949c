"""Counts the steps that a GradScaler leaves out because gradients had overflowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchatlas.errors import CaptureError


class SkipWatch:
    """Stands in for a scaler's `step` and sees whether it made the optimizer step."""

    def __init__(self, scaler: Any) -> None:
        """Nothing is changed yet.

        Raises:
            CaptureError: it is no GradScaler.
        """
        if not callable(getattr(scaler, "step", None)) or not hasattr(scaler, "unscale_"):
            raise CaptureError(f"a {type(scaler).__name__} was given as a scaler: no GradScaler")
        self._scaler = scaler

    def start(
        self,
        heard: Callable[[], int],
        skipped: Callable[[], None],
        follows: Callable[[Any], bool],
    ) -> None:
        """Call `skipped` after each step left out of an optimizer that is followed.

        `heard` counts the steps that were made.
        """
        self._scaler.step = _CountedStep(self._scaler, heard, skipped, follows)

    def stop(self) -> None:
        """Leave the scaler as it was."""
        if isinstance(vars(self._scaler).get("step"), _CountedStep):
            del self._scaler.step


class _CountedStep:
    """The method `step` of one scaler. A copy or pickle of the scaler has its own again."""

    def __init__(
        self,
        scaler: Any,
        heard: Callable[[], int],
        skipped: Callable[[], None],
        follows: Callable[[Any], bool],
    ) -> None:
        self._scaler, self._heard, self._skipped = scaler, heard, skipped
        self._follows = follows

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        before = self._heard()
        result = type(self._scaler).step(self._scaler, *args, **kwargs)
        optimizer = args[0] if args else kwargs.get("optimizer")
        if self._heard() == before and self._follows(optimizer):
            self._skipped()
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._scaler, "step")
