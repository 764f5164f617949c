"""The runs that pages have open: each is read once, however many pages show it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from torchatlas.serve.followed_run import FollowedRun
from torchatlas.store import GrowingRun

MOST_OPEN = 24
"""Runs that are kept, those that were asked for last."""


class Shelf:
    """Followed runs by id, opened when they are first asked for."""

    def __init__(self) -> None:
        """An empty shelf."""
        self._runs: OrderedDict[str, FollowedRun] = OrderedDict()
        self._reading: dict[str, GrowingRun] = {}
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def run(self, run_id: str, folder: Path) -> FollowedRun:
        """The run of that id; opened from its folder unless it is.

        Raises:
            RunError: the folder holds no run that can be read.
        """
        with self._lock:
            opening = self._opening.setdefault(run_id, threading.Lock())
        with opening:
            found = self._runs.get(run_id)
            if found is not None and not folder.exists():
                self._runs.pop(run_id)
                found = None
            if found is None:
                found = self._read(run_id, folder)
            with self._lock:
                self._runs[run_id] = found
                self._runs.move_to_end(run_id)
                while len(self._runs) > MOST_OPEN:
                    self._runs.popitem(last=False)
            return found

    def share_read(self, run_id: str) -> float | None:
        """How much of a run was read that is being opened, 0 to 1; None where it is not."""
        growing = self._reading.get(run_id)
        return None if growing is None else growing.share_read

    def _read(self, run_id: str, folder: Path) -> FollowedRun:
        growing = self._reading[run_id] = GrowingRun(folder)
        try:
            return FollowedRun(folder, growing)
        finally:
            self._reading.pop(run_id)
