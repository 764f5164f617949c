"""Keeps errors of the recorder's own from the training."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torchatlas.run import Gap

_OURS = str(Path(__file__).parents[1])
_FOREIGN = ("contextlib.py", "module.py", "optimizer.py", "_contextlib.py", "lr_scheduler.py")


class Guard:
    """The one place where an error of ours ends: told once, kept as a gap, and training goes on.

    KeyboardInterrupt and what else is no `Exception` pass.

    Attributes:
        gaps: what could not be recorded, by what it was.
    """

    def __init__(self, tell: Callable[[Gap], None]) -> None:
        """`tell` is handed each gap once, as it happens; what it raises is dropped."""
        self.gaps: dict[str, Gap] = {}
        self._tell = tell

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        """Around whatever may fail; `what` begins the sentence about it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (training goes on, whatever it was)
            reason = f"{what} could not be recorded: {type(error).__name__}: {error}"
            if self.note(what, Gap("recording", reason)):
                message = f"{reason}. Training goes on without it."
                try:
                    warnings.warn(message, RuntimeWarning, stacklevel=_callers_level())
                except Warning:  # warnings are errors here, and this one must not end training
                    print(message, file=sys.stderr)

    def note(self, key: str, gap: Gap) -> bool:
        """Keep a gap without a warning; False where there is one of that key already."""
        if key in self.gaps:
            return False
        self.gaps[key] = gap
        try:
            self._tell(gap)
        except Exception:  # noqa: BLE001 (the gap is kept in memory; where it is told is broken)
            return True
        return True


def _callers_level() -> int:
    """How far up the training's own code is, as `warnings.warn` counts from `Guard.__call__`."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_OURS) and Path(name).name not in _FOREIGN:
            return level
        frame, level = frame.f_back, level + 1
    return 2
