"""A run folder while training writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Run
from torchatlas.store.event_reader import event_files
from torchatlas.store.event_writer import EventWriter
from torchatlas.store.folder import RUN_FILE, TABLE_FOLDER, read_run_file, save_run
from torchatlas.store.protobuf import VARINT, MalformedMessage, read_fields
from torchatlas.store.records import read_records

EARLIER = "earlier"
_STEP, _SESSION_LOG = 2, 7


class Recording(EventWriter):
    """An event file together with the description of the run that it belongs to.

    A run that is in the folder already is moved to `earlier/TIME/` within it: nothing is lost, and
    two recordings never mix. Resumed, it stays, and a new event file goes on with it.

    Attributes:
        earlier: the run that is gone on with, without its series; None where there is none.
        step: the step up to which it is kept.
    """

    def __init__(
        self, folder: str | Path, rank: int = 0, *, resume: bool = False, step: int | None = None
    ) -> None:
        """Open the folder for recording.

        Args:
            resume: whether to go on with the run that is in the folder.
            step: the step to go on from, where that is not the last one that the first rank
                recorded: what was recorded of later ones is superseded.

        Raises:
            RunError: it cannot be created, written to or read.
        """
        self.folder = Path(folder)
        self.earlier: Run | None = None
        self.step = step or 0
        if self.folder.exists() and not self.folder.is_dir():
            raise RunError(f"cannot record into {self.folder}: it is a file, not a folder")
        own = _files_of(rank, self.folder)
        if not resume:
            if rank == 0:
                _set_aside(self.folder)
            super().__init__(self.folder, rank)
            return
        if rank == 0 and (self.folder / RUN_FILE).exists():
            self.earlier = read_run_file(self.folder / RUN_FILE)
        if step is None:
            self.step = _last_step(_files_of(0, self.folder) or own)  # the same on all ranks
        super().__init__(self.folder, rank, first_step=self.step + 1 if own else None)

    def describe(self, run: Run) -> None:
        """Write what is known of the run beside its series: model, graph, facts, gaps.

        Raises:
            RunError: it cannot be written.
        """
        save_run(run, self.folder)


def _set_aside(folder: Path) -> None:
    if not folder.exists():
        return
    known = (folder / RUN_FILE, folder / TABLE_FOLDER, *event_files(folder))
    moved = [path for path in known if path.exists()]
    if not moved:
        return
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    target = folder / EARLIER / now
    try:
        target.mkdir(parents=True)
        for path in moved:
            path.rename(target / path.name)
    except OSError as error:
        raise RunError(f"cannot set aside the earlier run in {folder}: {error}") from error


def _files_of(rank: int, folder: Path) -> list[Path]:
    files = event_files(folder) if folder.exists() else []
    return [path for path in files if path.name.endswith(f".rank{rank}")]


def _last_step(files: list[Path]) -> int:
    """The step of the last record; 0 where nothing is recorded."""
    for path in reversed(files):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RunError(f"cannot read the event file {path}: {error}") from error
        steps = list(_steps(content))
        if steps:
            return max(steps[-1], 0)
    return 0


def _steps(content: bytes) -> Iterator[int]:
    for record in read_records(content):
        if record.data is None:
            continue
        step, is_start = 0, False
        try:
            for number, wire, raw in read_fields(record.data):
                if number == _STEP and wire == VARINT and isinstance(raw, int):
                    step = raw
                elif number == _SESSION_LOG and isinstance(raw, bytes):
                    is_start = (1, VARINT, 1) in read_fields(raw)
        except MalformedMessage:
            continue
        if step:
            yield step - 1 if is_start else step
