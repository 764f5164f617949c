"""The runs that can be chosen: what a row of the page says of each, and which rows changed."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torchatlas.errors import RunError
from torchatlas.serve.glance import Glance, Glances
from torchatlas.store import RunEntry, list_runs

REFRESH_S = 1.0
"""The folders are looked through at most this often."""

SHARE = 0.2
"""Of the time at most this much goes into looking, however many runs there are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A run in the list. Its `id` says nothing of where it lies, and is the same another time.

    Attributes:
        place: its folder within the one that was named, to tell runs of one name apart.
        created, changed_s: when it was begun (ISO 8601), and last written to (since 1970).
        last_step: where it is known without reading the run.
        state: running, ended, or silent, of which nobody knows whether it goes on.
        glance: model, loss and what could not be read; None until it was looked at.
    """

    id: str
    name: str
    place: str
    created: str
    changed_s: float
    last_step: int | None
    state: str
    glance: Glance | None


class Listing:
    """The runs in some folders, by id, newest first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look for runs in these folders, at any depth.

        Raises:
            RunError: one of them is not there.
        """
        for folder in folders:
            if not folder.is_dir():
                is_file = folder.exists()
                wrong = f"{folder} is a file, and a run is a folder" if is_file else None
                raise RunError(wrong or f"there is no folder {folder}")
        self.epoch = secrets.token_hex(4)
        self.version = 0
        self._folders = [folder.resolve() for folder in folders]
        self._rows: dict[str, Row] = {}
        self._paths: dict[str, Path] = {}
        self._versions: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._glances = Glances()
        self._due_s = 0.0
        self._lock = threading.Lock()

    def refresh(self) -> int:
        """Look again unless that was just done; gives the version of the list."""
        with self._lock:
            started_s = time.monotonic()
            if started_s >= self._due_s:
                self._look()
                took_s = time.monotonic() - started_s
                self._due_s = time.monotonic() + max(REFRESH_S, took_s / SHARE)
            return self.version

    def folder(self, run_id: str) -> Path | None:
        """Where a run lies; None for an id that was never listed."""
        if run_id not in self._paths:
            self.refresh()
        return self._paths.get(run_id)

    def rows(self) -> list[Row]:
        """Every run, newest first."""
        self.refresh()
        return sorted(self._rows.values(), key=lambda row: (row.created, row.name), reverse=True)

    def changes(self, since: int | None) -> dict[str, Any]:
        """The rows that changed after a version, and the ids that went; all without a version."""
        with self._lock:
            after = -1 if since is None or since > self.version else since
            return {
                "whole": after < 0,
                "rows": [
                    asdict(row)
                    for run_id, row in self._rows.items()
                    if self._versions[run_id] > after
                ],
                "gone": [run_id for run_id, version in self._gone.items() if version > after],
            }

    def close(self) -> None:
        """Stop looking at runs."""
        self._glances.close()

    def _look(self) -> None:
        found = {}
        for folder in self._folders:
            if not folder.is_dir():  # deleted since
                continue
            for entry in list_runs(folder):
                run_id = _id_of(entry.path)
                self._paths[run_id] = entry.path
                found[run_id] = self._row(run_id, entry, folder)
        changed = [run_id for run_id, row in found.items() if self._rows.get(run_id) != row]
        gone = [run_id for run_id in self._rows if run_id not in found]
        if changed or gone:
            self.version += 1
        self._versions |= dict.fromkeys(changed, self.version)
        self._gone |= dict.fromkeys(gone, self.version)
        for run_id in gone:
            self._glances.forget(run_id)
        self._gone = {run_id: at for run_id, at in self._gone.items() if run_id not in found}
        self._rows = found
        self._glances.want(self._newest(found.values()), self._paths)

    def _row(self, run_id: str, entry: RunEntry, folder: Path) -> Row:
        return Row(
            id=run_id,
            name=entry.name,
            place=_place(entry.path, folder),
            created=entry.created,
            changed_s=entry.changed_s,
            last_step=entry.last_step,
            state=entry.state,
            glance=self._glances.known(run_id),
        )

    @staticmethod
    def _newest(rows: Iterable[Row]) -> list[tuple[str, float]]:
        """Ids and times of the last change, those changed last first."""
        pairs = [(row.id, row.changed_s) for row in rows]
        return sorted(pairs, key=lambda pair: pair[1], reverse=True)


def _id_of(path: Path) -> str:
    """A name without meaning, the same whenever the run is listed."""
    return hashlib.blake2b(str(path).encode(errors="surrogateescape"), digest_size=9).hexdigest()


def _place(path: Path, folder: Path) -> str:
    try:
        relative = path.relative_to(folder)
    except ValueError:
        return path.name
    return path.name if relative == Path() else relative.as_posix()
