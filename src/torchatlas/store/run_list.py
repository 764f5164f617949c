"""Which runs there are below a folder, found without reading them."""

from __future__ import annotations

import json
import re
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.store.event_file import file_age, next_record
from torchatlas.store.events import Session, moment
from torchatlas.store.folder import RUN_FILE
from torchatlas.store.growing_run import SILENT_AFTER_S, State
from torchatlas.store.log_folder import RunFolder, run_folders_joined
from torchatlas.store.protobuf import MalformedMessage
from torchatlas.store.record_block import masked_checksum

_HEAD = 8_192
_TAIL = 16_384
_RUN = re.compile(r'"run":\s*\{')
_FIELD = re.compile(r'"(name|created)":\s*(?=")')
_FACTS = re.compile(rb'"facts":\s*\{')
_HEADER = struct.Struct("<QI")


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run in a list.

    Attributes:
        path: its folder. name: of the model, or of the folder where that is not known.
        created: when, ISO 8601 in UTC; empty where it is not known.
        changed_s: when anything of it was written last, seconds since 1970.
        last_step: step of the last record; None where it is not cheaply known.
        state: "running", "ended", or "silent" when nothing came for a while and it did not end.
        described: whether it has a `run.json`; else it is a log of another program.
    """

    path: Path
    name: str
    created: str
    changed_s: float
    last_step: int | None
    state: State
    described: bool

    @property
    def ended(self) -> bool:
        """Whether the run said that it came to its end."""
        return self.state == "ended"


def list_runs(*folders: str | Path, silent_after_s: float = SILENT_AFTER_S) -> list[RunEntry]:
    """The runs at and below some folders, by path; of each only the first and last bytes are read.

    Event files in sub-folders called by words for data (`train`, `validation`) are one run.
    What vanishes or cannot be read meanwhile is left out.

    Raises:
        RunError: one of the folders is not there.
    """
    found: dict[Path, RunFolder] = {}
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise RunError(f"there is no folder {folder}")
        for run in run_folders_joined(folder):
            found[run.path] = run
    entries = (_entry(run, silent_after_s) for run in found.values())
    return [entry for entry in entries if entry is not None]


def _entry(run: RunFolder, silent_after_s: float) -> RunEntry | None:
    changes: dict[Path, float] = {}
    for name in (*run.events, *([RUN_FILE] if run.described else [])):
        path = run.path / name
        try:
            changes[path] = path.stat().st_mtime
        except OSError:  # deleted meanwhile
            continue
    if not changes:
        return None
    files = [path for path in changes if path.name != RUN_FILE]
    latest = max(files, key=lambda path: changes[path], default=None)
    last = None if latest is None else last_moment(latest)
    name, created, facts_end = _described(run)
    if not created and files:
        began_s, _ = min(map(file_age, files))
        created = datetime.fromtimestamp(began_s, UTC).isoformat(timespec="seconds")
    changed_s = max(changes.values())
    ended = last is not None and last[1] == "stop"
    written_s = changes.get(latest, 0.0) if latest is not None else 0.0
    ended |= facts_end and changes.get(run.path / RUN_FILE, 0.0) >= written_s
    silent = time.time() - changed_s > silent_after_s
    return RunEntry(
        path=run.path,
        name=name or run.path.resolve().name,
        created=created,
        changed_s=changed_s,
        last_step=None if last is None else last[0],
        state="ended" if ended else "silent" if silent else "running",
        described=run.described,
    )


def _described(run: RunFolder) -> tuple[str, str, bool]:
    """Name, time, and whether the facts say that the recording ended; empty where not known."""
    if not run.described:
        return "", "", False
    try:
        with (run.path / RUN_FILE).open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            tail = file.read(_TAIL)
    except OSError:
        return "", "", False
    facts = _FACTS.search(tail)
    end = tail[facts.end() :].partition(b"}")[0] if facts else b""
    return *_name_and_time(head), b'"recording"' in end or b'"ended by"' in end


def _name_and_time(head: str) -> tuple[str, str]:
    start = _RUN.search(head)
    found = {"name": "", "created": ""}
    decoder = json.JSONDecoder(strict=False)
    at = start.end() if start else len(head)
    for _ in found:  # they are the first fields of a run
        field = _FIELD.search(head, at)
        if field is None:
            break
        try:
            value, at = decoder.raw_decode(head, field.end())
        except ValueError:  # cut off
            break
        found[field[1]] = str(value)
    return found["name"], found["created"]


def last_moment(path: Path) -> tuple[int, Session | None] | None:
    """Step and session of a file's last whole event; None where its last bytes do not show it."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - _TAIL)
            file.seek(start)
            tail = file.read(_TAIL)
    except OSError:
        return None
    offset: int | None = 0 if start == 0 else next_record(tail, 0)
    spans: list[tuple[int, int]] = []
    while offset is not None and offset + 12 <= len(tail):
        length, expected = _HEADER.unpack_from(tail, offset)
        if masked_checksum(tail[offset : offset + 8]) != expected:
            offset = next_record(tail, offset + 1)
            continue
        after = offset + 12 + length
        if after + 4 > len(tail):
            break
        spans = [*spans[-1:], (offset + 12, after)]
        offset = after + 4
    try:
        moments = [moment(tail[slice(*span)]) for span in spans]
    except MalformedMessage:
        return None
    if len(moments) == 2 and moments[1] == (0, "stop"):  # it says no step
        return moments[0][0], "stop"
    return moments[-1] if moments else None
