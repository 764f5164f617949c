"""The event files of a run together: several writers merged, and steps that were taken again.

Whoever goes on with a run writes a new file. Where its steps go back to one that an earlier file
has passed, what stood there is void. Where the later file says at which step it begins, that is
what the earlier one holds of that step and later ones. Where it does not say so, its least step is
taken for it: points at later steps are left out, and of those at that very step the ones that were
written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.store.event_file import EventFile, Series

Kind = Literal["scalars", "summaries", "tensors", "texts"]
Sources = Callable[[], dict[Path, str | None]]
"""Gives the event files that there are now, each with the split that its folder is about."""

Bound = tuple[int, bool]
"""A step that a writer went back to, and whether it is guessed from the steps that it wrote."""

_KINDS: tuple[Kind, ...] = ("scalars", "summaries", "tensors", "texts")


@dataclass(frozen=True, slots=True)
class Part:
    """What one file holds under a tag, and which of its points hold (all, if `keep` is None)."""

    file: EventFile
    tag: str
    series: Series
    keep: npt.NDArray[np.bool_] | None

    def chosen(self, since: int = 0) -> IntArray:
        """Indices of the points that hold and came after a version."""
        first = self.series.first_after(since) if since else 0
        indices = np.arange(first, len(self.series))
        return indices if self.keep is None else indices[self.keep[first:]]

    def steps(self, chosen: IntArray) -> IntArray:
        """Steps of the chosen points."""
        return np.array(self.series.steps, np.int64)[chosen]

    def times(self, chosen: IntArray) -> FloatArray:
        """Times of the chosen points, seconds since 1970."""
        return np.array(self.series.times, np.float64)[chosen]


@dataclass(frozen=True, slots=True)
class Rewind:
    """A writer that began at `step` after another had come to `from_step`; `points` are void."""

    rank: int
    from_step: int
    step: int
    time_s: float
    points: int


class EventLog:
    """All event files of a run, followed.

    Attributes:
        files: in the order in which they were begun.
        rewound_at: the version with which points ceased to hold that had been there before.
    """

    def __init__(self, sources: Sources) -> None:
        """Nothing is read yet."""
        self.files: list[EventFile] = []
        self.rewound_at = 0
        self._sources = sources
        self._dropped = 0

    def poll(self, version: int) -> bool:
        """Read what was appended since the last call; new points are marked with the version.

        Raises:
            RunError: a file cannot be read.
        """
        changed = self._look_around(version)
        for file in self.files:
            if file.was_replaced():
                file.forget()
                changed, self.rewound_at = True, version
            changed |= file.read_on(version)
        if changed:
            self.__dict__.pop("_bounds", None)
            dropped = sum(self._dropped_of(kind) for kind in _KINDS)
            if dropped != self._dropped:
                self._dropped, self.rewound_at = dropped, version
        return changed

    @property
    def started_s(self) -> float | None:
        """When the first file was begun, seconds since 1970; None without files."""
        starts = [file.started_s for file in self.files if file.started_s is not None]
        firsts = [s.times[0] for file in self.files for s in file.scalars.values() if len(s)]
        return min(starts or firsts, default=None)

    @property
    def last_step(self) -> int | None:
        """The largest step of the points that hold; None while there are none."""
        steps = [
            int(part.steps(chosen).max())
            for kind in _KINDS
            for part in self.parts(kind)
            if (chosen := part.chosen()).size
        ]
        return max(steps, default=None)

    @property
    def stopped(self) -> bool:
        """Whether the latest writer of every rank said that it came to its end."""
        latest = {file.rank: file for file in self.files}
        return bool(latest) and all(file.stopped for file in latest.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read, and what is void, a sentence each."""
        lost = [note for file in self.files for note in file.notes]
        return (*lost, *(self._told(rewind) for rewind in self.rewinds))

    @property
    def rewinds(self) -> tuple[Rewind, ...]:
        """Where a writer went back to a step that another had passed."""
        found: dict[tuple[int, int], Rewind] = {}
        for kind in _KINDS:
            for part in self.parts(kind):
                if part.keep is None:
                    continue
                steps = np.array(part.series.steps, np.int64)
                found_bound = self._bound(part.file, kind, part.tag)
                if found_bound is None:
                    continue
                bound, _ = found_bound
                void = ~part.keep & (steps > bound)
                if not void.any():
                    continue
                key = (part.file.rank, bound)
                before = found.get(key)
                found[key] = Rewind(
                    part.file.rank,
                    max(int(steps[void].max()), before.from_step if before else 0),
                    bound,
                    self._began_s(part.file, bound),
                    int(void.sum()) + (before.points if before else 0),
                )
        return tuple(sorted(found.values(), key=lambda one: (one.time_s, one.rank, one.step)))

    def parts(self, kind: Kind) -> Iterator[Part]:
        """What every file holds under every tag, in the order of writing."""
        for file in self.files:
            for tag, series in getattr(file, kind).items():
                yield Part(file, tag, series, self._kept(file, kind, tag, series))

    def _look_around(self, version: int) -> bool:
        present = self._sources()
        known = {file.path: file for file in self.files}
        if set(present) == set(known):
            return False
        if set(known) - set(present):
            self.rewound_at = version
        files = [known.get(path) or EventFile(path, split) for path, split in present.items()]
        self.files = sorted(files, key=lambda file: file.age)
        return True

    def _kept(
        self, file: EventFile, kind: Kind, tag: str, series: Series
    ) -> npt.NDArray[np.bool_] | None:
        found = self._bound(file, kind, tag)
        if found is None or not len(series):
            return None
        bound, is_guessed = found
        steps = np.array(series.steps, np.int64)
        if steps.max() < bound:
            return None
        again = not is_guessed or any(
            bound in other.steps
            for one in self._later(file)
            if (other := getattr(one, kind).get(tag)) is not None
        )
        keep: npt.NDArray[np.bool_] = steps < bound if again else steps <= bound
        return None if keep.all() else keep

    def _dropped_of(self, kind: Kind) -> int:
        kept = (part.keep for part in self.parts(kind))
        return sum(int((~keep).sum()) for keep in kept if keep is not None)

    def _bound(self, file: EventFile, kind: Kind, tag: str) -> Bound | None:
        """The step that a later writer went back to; None where none did."""
        if file.own:
            return self._bounds.get(file.path)
        series = getattr(file, kind)[tag]
        bounds = [(step, False) for one in self._later(file) for step in one.sessions]
        for one in self._later(file):
            other = getattr(one, kind).get(tag)
            if one.sessions or other is None or not len(other) or not len(series):
                continue
            if other.times[0] >= series.times[-1]:  # else both wrote at the same time
                bounds.append((min(other.steps), True))
        return min(bounds, default=None)

    @cached_property
    def _bounds(self) -> dict[Path, Bound]:
        """The same for files of our own, in which it is one step for all that a process wrote.

        What a writer says of it holds although it wrote points of earlier steps: those are looks
        that had been kept back.
        """
        bounds: dict[Path, Bound] = {}
        begun: dict[int, Bound] = {}
        for file in reversed(self.files):
            if not file.own:
                continue
            if file.rank in begun:
                bounds[file.path] = begun[file.rank]
            starts = [(step, False) for step in file.sessions]
            if not starts and file.least_step is not None:
                starts.append((file.least_step, True))
            if starts:
                begun[file.rank] = min(*starts, begun.get(file.rank, starts[0]))
        return bounds

    def _later(self, file: EventFile) -> list[EventFile]:
        place = self.files.index(file)
        return [
            one
            for one in self.files[place + 1 :]
            if (one.own, one.rank, one.split) == (file.own, file.rank, file.split)
        ]

    def _began_s(self, file: EventFile, step: int) -> float:
        """When the writer began that went back to a step, seconds since 1970."""
        for one in self._later(file):
            if step in one.sessions or (one.least_step is not None and one.least_step <= step):
                return one.started_s or one.age[0]
        return file.started_s or 0.0

    def _told(self, rewind: Rewind) -> str:
        who = f"rank {rewind.rank}" if any(file.own for file in self.files) else "the log"
        return (
            f"{who} went back from step {rewind.from_step:,} to step {rewind.step:,}: what was "
            f"recorded after step {rewind.step:,} before that ({rewind.points:,} points) is left "
            "out"
        )
