"""A run folder while training writes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Run
from torchatlas.store.event_reader import event_files
from torchatlas.store.event_writer import EventWriter
from torchatlas.store.folder import RUN_FILE, TABLE_FOLDER, save_run

EARLIER = "earlier"


class Recording(EventWriter):
    """An event file together with the description of the run that it belongs to.

    A run that is in the folder already is moved to `earlier/TIME/` within it: nothing is lost, and
    two recordings never mix.
    """

    def __init__(self, folder: str | Path, rank: int = 0) -> None:
        """Open the folder for recording.

        Raises:
            RunError: it cannot be created or written to.
        """
        self.folder = Path(folder)
        if rank == 0:
            _set_aside(self.folder)
        super().__init__(self.folder, rank)

    def describe(self, run: Run) -> None:
        """Write what is known of the run beside its series: model, graph, facts, gaps.

        Raises:
            RunError: it cannot be written.
        """
        save_run(run, self.folder)


def _set_aside(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RunError(f"cannot record into {folder}: it is a file, not a folder")
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
