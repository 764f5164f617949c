"""A run that is still written to, followed by reading what was appended."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run import Gap, Run, Table
from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.store.event_log import EventLog
from torchatlas.store.folder import RUN_FILE, read_run_file
from torchatlas.store.hyperparameters import hyperparameters
from torchatlas.store.log_folder import sources_of
from torchatlas.store.series_tables import SeriesTables, name_of

State = Literal["running", "ended", "silent"]
SeriesKey = tuple[str, str | None, int]
"""Name, split and rank."""

SILENT_AFTER_S = 120.0
"""A run of which nothing came for so long, and that did not end, is silent."""

_SERIES = ("scalars", "distributions", "texts", "images", "rewinds", "norms", "channels")


@dataclass(frozen=True, slots=True)
class Growth:
    """What came since a version.

    Attributes:
        version: up to which it reaches.
        tables: rows that came, by table; those of `rewinds` are always all.
        rewound: rows that were given before do not hold any more: take `run` anew.
        described: what `run.json` says was written anew.
    """

    version: int
    tables: dict[str, Table]
    rewound: bool
    described: bool


@dataclass(frozen=True, slots=True, eq=False)
class ScalarSeries:
    """One scalar over the steps, rising, as arrays of one length.

    Attributes:
        steps: shape [points]. values: NaN and infinities as logged.
        times_s: seconds since the run began.
    """

    steps: IntArray
    values: FloatArray
    times_s: FloatArray


class GrowingRun:
    """Follows a run folder, or a TensorBoard log, without ever reading a byte twice.

    Nothing that happens to the folder raises after the first look: what cannot be read any more is
    told by `problem`, and what was read stays.

    Attributes:
        folder: the run.
        version: grows by one with every poll that found something; 0 before the first.
        problem: why the folder cannot be read now; empty where it can.
    """

    def __init__(self, folder: str | Path, silent_after_s: float = SILENT_AFTER_S) -> None:
        """Look at the folder; nothing is read before the first `poll`.

        Raises:
            RunError: there is no such folder.
        """
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise RunError(f"there is no run folder {self.folder}")
        self.version = 0
        self.problem = ""
        self._silent_after_s = silent_after_s
        lines: dict[Path, str] = {}
        self._log = EventLog(lambda: sources_of(self.folder, lines))
        self._tables = SeriesTables(self._log)
        self._described: Run | None = None
        self._described_at = 0
        self._run_file: tuple[int, int, int] | None = None
        self._run: tuple[int, Run] | None = None

    def poll(self) -> bool:
        """Read what was appended since the last poll; says whether there was anything."""
        version = self.version + 1
        self.problem = ""
        changed = self._poll_description(version)
        try:
            if not self.folder.is_dir():
                raise RunError(f"{self.folder} is not there any more")
            changed |= self._log.poll(version)
        except RunError as error:
            self.problem = str(error)
        if changed:
            self.version = version
        return changed

    @property
    def described(self) -> Run:
        """What `run.json` says, with the tables beside it and without any series."""
        run = self._described
        if run is None:
            created = datetime.fromtimestamp(self._log.started_s or 0.0, UTC)
            reason = (
                f"{self.folder.name} holds event files alone: there is no {RUN_FILE} with the model"
            )
            run = Run(
                self.folder.resolve().name,
                created.isoformat(timespec="seconds"),
                gaps=(Gap("graph", reason),),
            )
        facts = hyperparameters(self._log) | run.facts
        told = tuple(Gap("scalars", note) for note in self.notes)
        return replace(
            run, facts=facts, gaps=tuple(dict.fromkeys((*run.gaps, *told, *self._tables.gaps())))
        )

    @property
    def run(self) -> Run:
        """Everything so far. It is put together anew where the version has grown."""
        if self._run is None or self._run[0] != self.version:
            run = self.described
            self._run = self.version, replace(run, tables=self._tables.tables() | run.tables)
        return self._run[1]

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read or does not hold, a sentence each.

        A last record that is not whole yet is not told while the run is running.
        """
        lost = self._log.notes
        if self.state == "running":
            lost = tuple(note for note in lost if "was cut off at the end" not in note)
        return (*lost, *([self.problem] if self.problem else []))

    @property
    def state(self) -> State:
        """Whether the run goes on ("running"), said that it ended, or fell silent without that."""
        if self._log.stopped or self._has_ended():
            return "ended"
        return "silent" if time.time() - self.changed_s > self._silent_after_s else "running"

    @property
    def changed_s(self) -> float:
        """When anything of the run was written last, seconds since 1970."""
        times = [_changed_s(path) for path in (self.folder / RUN_FILE, *self._paths())]
        return max(times, default=0.0)

    @property
    def share_read(self) -> float:
        """How much of the event files was read, 0 to 1; to be asked while another thread polls."""
        files = list(self._log.files)
        sizes = [max(_size_bytes(file.path), file.bytes_read) for file in files]
        return sum(file.bytes_read for file in files) / max(1, sum(sizes))

    @property
    def last_step(self) -> int | None:
        """The largest step of which there is a record that holds; None while there is none."""
        return self._log.last_step

    def series(self) -> dict[SeriesKey, ScalarSeries]:
        """Every scalar as arrays, sorted by step, without what is void; made for long runs."""
        began_s = self._log.started_s or 0.0
        found: dict[SeriesKey, list[ScalarSeries]] = {}
        for part in self._log.parts("scalars"):
            chosen = part.chosen()
            values = np.array(part.series.values, np.float64)[chosen]
            one = ScalarSeries(part.steps(chosen), values, part.times(chosen) - began_s)
            found.setdefault((*name_of(part), part.file.rank), []).append(one)
        return {key: _joined(parts) for key, parts in found.items()}

    def rows_since(self, version: int, leave_out: Collection[str] = ()) -> Growth:
        """What came after a version that this run has had; with 0, everything.

        Args:
            leave_out: tables that are not wanted, say the scalars of whoever uses `series`.
        """
        is_more = version < self.version
        tables = self._tables.tables(since=version, leave_out=leave_out) if is_more else {}
        return Growth(
            version=self.version,
            tables=tables,
            rewound=version < self._log.rewound_at,
            described=version < self._described_at,
        )

    def _poll_description(self, version: int) -> bool:
        path = self.folder / RUN_FILE
        try:
            status = path.stat()
        except OSError:
            return False
        state = (status.st_ino, status.st_mtime_ns, status.st_size)
        if state == self._run_file:
            return False
        try:
            self._described = read_run_file(path)
        except RunError as error:
            self.problem = str(error)
            return False
        self._run_file, self._described_at = state, version
        parameters = self._described.tables.get("parameters")
        if parameters is not None:
            cells = parameters.cells
            self._tables.owners = dict(zip(cells["tensor"], cells["node"], strict=True))
        return True

    def _has_ended(self) -> bool:
        facts = self._described.facts if self._described is not None else {}
        written = max((_changed_s(path) for path in self._paths()), default=0.0)
        told = "ended by" in facts or "recording" in facts
        return told and written <= _changed_s(self.folder / RUN_FILE)

    def _paths(self) -> Iterator[Path]:
        return (file.path for file in self._log.files)


def _joined(parts: list[ScalarSeries]) -> ScalarSeries:
    steps = np.concatenate([part.steps for part in parts])
    order = np.argsort(steps, kind="stable")
    return ScalarSeries(
        steps[order],
        np.concatenate([part.values for part in parts])[order],
        np.concatenate([part.times_s for part in parts])[order],
    )


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
