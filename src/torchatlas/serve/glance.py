"""A short look at each run of a list: its model, and how its loss went. Taken in the background."""

from __future__ import annotations

import math
import queue
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.measure.extremes import extremes
from torchatlas.run import to_json
from torchatlas.store import GrowingRun
from torchatlas.store.growing_run import SeriesKey

POINTS = 60
"""Of a loss drawn as small as a word."""

LARGEST_BYTES = 64 * 2**20
"""Runs with more than this in their event files are not read for the list."""

MOST_OPEN = 48
"""Runs that are kept open, so that of a running one only what was added is read."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a short look shows.

    Attributes:
        model: class of the model; empty where there is none.
        loss: name and split of the series that is drawn; empty where none is a loss.
        steps, values: its points, some tens; values as JSON has them ("NaN" and the like).
        last: its last value; None where there is no loss.
        step: the last step at which anything was logged.
        trouble: what could not be read, in words; empty where all could.
    """

    model: str = ""
    loss: str = ""
    steps: tuple[int, ...] = ()
    values: tuple[float | str, ...] = ()
    last: float | str | None = None
    step: int | None = None
    trouble: str = ""


class Glances:
    """Looks at runs one after another in a thread, those that changed last first."""

    def __init__(self) -> None:
        """Nothing is looked at before `want`."""
        self._known: dict[str, tuple[float, Glance]] = {}
        self._open: OrderedDict[str, GrowingRun] = OrderedDict()
        self._wanted: queue.SimpleQueue[tuple[str, float, Path] | None] = queue.SimpleQueue()
        self._queued: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def known(self, run_id: str) -> Glance | None:
        """The last look at a run; None where there was none."""
        found = self._known.get(run_id)
        return None if found is None else found[1]

    def want(self, runs: Sequence[tuple[str, float]], paths: Mapping[str, Path]) -> None:
        """Look at these runs, in this order, where they changed since the last look."""
        for run_id, changed_s in runs:
            seen_s = self._known.get(run_id, (-math.inf,))[0]
            if changed_s > max(seen_s, self._queued.get(run_id, -math.inf)):
                self._queued[run_id] = changed_s
                self._wanted.put((run_id, changed_s, paths[run_id]))
        if self._queued and self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._work, name="torchatlas list", daemon=True)
            self._thread.start()

    def forget(self, run_id: str) -> None:
        """Let go of a run that is no more."""
        self._known.pop(run_id, None)
        self._open.pop(run_id, None)

    def close(self) -> None:
        """End the thread when it is done with the run it is at."""
        self._is_closed = True
        self._wanted.put(None)

    def _work(self) -> None:
        while (wanted := self._wanted.get()) is not None and not self._is_closed:
            run_id, changed_s, path = wanted
            glance = self._look(run_id, path)
            self._known[run_id] = changed_s, glance
            if self._queued.get(run_id) == changed_s:
                del self._queued[run_id]

    def _look(self, run_id: str, path: Path) -> Glance:
        try:
            if run_id not in self._open and _event_bytes(path) > LARGEST_BYTES:
                return Glance(trouble="a long run: open it to see its loss")
            run = self._open.pop(run_id, None) or GrowingRun(path)
            run.poll()
            glance = _glance(run)
        except (RunError, OSError) as error:
            return Glance(trouble=_within(path, str(error)))
        if run.state == "running":
            self._open[run_id] = run
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return glance


def _glance(run: GrowingRun) -> Glance:
    described, series = run.described, run.series()
    model = described.model.type if described.model is not None else ""
    trouble = _within(run.folder, run.notes[0]) if run.notes else ""
    key = _loss_of([key for key, one in series.items() if len(one.steps)])
    if key is None:
        return Glance(model=model, step=run.last_step, trouble=trouble)
    one = series[key]
    kept = extremes(one.steps, one.values, POINTS)
    return Glance(
        model=model,
        loss=" ".join(part for part in key[:2] if part),
        steps=tuple(one.steps[kept].tolist()),
        values=tuple(to_json(one.values[kept])),
        last=to_json(float(one.values[-1])),
        step=run.last_step,
        trouble=trouble,
    )


def _loss_of(keys: Sequence[SeriesKey]) -> SeriesKey | None:
    """The series to draw: the loss of training, else a loss, of the first rank."""

    def rank(key: SeriesKey) -> tuple[bool, bool, bool, int]:
        name, split, process = key
        return (name.lower() != "loss", "loss" not in name.lower(), split != "train", process)

    losses = [key for key in keys if "loss" in key[0].lower()]
    return min(losses, key=rank, default=None)


def _within(folder: Path, text: str) -> str:
    """A complaint about a file of a run, which the row stands for already."""
    return text.replace(f"{folder}/", "").replace(str(folder), "it")


def _event_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if "tfevents" in file.name)
