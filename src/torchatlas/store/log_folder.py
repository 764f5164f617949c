"""Which event files belong to the run in a folder, and which other runs lie below it.

Writers lay out logs in different ways: one folder a run (all of them), one sub-folder a split
(`train/`, `validation/`: Keras), one sub-folder a line of a chart (`add_scalars` of torch), one a
set of hyperparameters (`add_hparams` of torch).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchatlas.store.event_file import file_age
from torchatlas.store.events import decode
from torchatlas.store.folder import RUN_FILE
from torchatlas.store.foreign_tags import is_split
from torchatlas.store.protobuf import MalformedMessage
from torchatlas.store.records import read_records

_DEEPEST = 6
_HEAD = 4_096
_NO_RUNS = frozenset({"tables", "earlier", "node_modules", "__pycache__"})
"""Folders that are not looked into: parts of a run, runs set aside, and what is never one."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder that holds a run: whether with a `run.json`, and its event files by name."""

    path: Path
    described: bool
    events: tuple[str, ...]


def is_event_file(name: str) -> bool:
    """Whether a file is an event file by its name."""
    return "tfevents" in name and not name.endswith((".partial", ".profile-empty"))


def event_files(folder: Path) -> list[Path]:
    """The event files directly in a folder, in the order in which they were begun."""
    try:
        found = [path for path in folder.iterdir() if is_event_file(path.name) and path.is_file()]
    except OSError:  # deleted meanwhile
        return []
    return sorted(found, key=file_age)


def sources_of(folder: Path, lines: dict[Path, str] | None = None) -> dict[Path, str | None]:
    """The event files of the run in a folder, each with the split that it is about.

    A folder without files of its own whose sub-folders are all called by words for data (`train`,
    `validation`) is one run with a split a sub-folder. In a log of another program, sub-folders
    that hold one line of a chart belong to the run.

    Args:
        lines: remembers which sub-folders are known to hold a line, and which.
    """
    own = event_files(folder)
    if (folder / RUN_FILE).exists():
        return dict.fromkeys(own)
    inner = {path: event_files(path) for path in sub_folders(folder)}
    inner = {path: files for path, files in inner.items() if files}
    if not own:
        whole = bool(inner) and all(is_split(path.name) for path in inner)
        return {f: path.name for path, files in inner.items() for f in files} if whole else {}
    known = {} if lines is None else lines
    found: dict[Path, str | None] = dict.fromkeys(own)
    for path, files in inner.items():
        line = known.get(path) or line_of(path.name, files[0])
        if line:
            known[path] = line
            found |= dict.fromkeys(files, line)
    return found


def line_of(name: str, path: Path) -> str:
    """The name of a chart's line that a sub-folder holds, as torch writes it; else empty.

    `add_scalars("a/loss", {"train": x})` puts a scalar `a/loss` into the sub-folder `a_loss_train`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return ""
    for record in read_records(head):
        try:
            values = decode(record.data).values if record.data is not None else ()
        except MalformedMessage:
            continue
        for value in values:
            front = value.tag.replace("/", "_") + "_"
            return name.removeprefix(front) if name.startswith(front) else ""
    return ""


def sub_folders(folder: Path) -> list[Path]:
    """The folders directly in a folder, by name; those that cannot hold a run are left out."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    names = [name for name in names if name not in _NO_RUNS and not name.startswith(".")]
    return [folder / name for name in sorted(names)]


def run_folders(folder: Path, deepest: int = _DEEPEST) -> Iterator[RunFolder]:
    """The folders at and below one that hold runs, in the order of their names.

    Links to folders are not followed. What cannot be read is passed over.
    """
    names: list[str] = []
    inner: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(entry.name)
                else:
                    names.append(entry.name)
    except OSError:
        return
    events = tuple(sorted(name for name in names if is_event_file(name)))
    described = RUN_FILE in names
    if described or events:
        yield RunFolder(folder, described, events)
    if deepest > 0:
        for name in sorted(inner):
            if name not in _NO_RUNS and not name.startswith("."):
                yield from run_folders(folder / name, deepest - 1)


def run_folders_joined(folder: Path) -> list[RunFolder]:
    """The runs at and below a folder, by path; what `sources_of` takes as one run is one."""
    found = list(run_folders(folder))
    by_parent: dict[Path, list[RunFolder]] = {}
    for run in found:
        by_parent.setdefault(run.path.parent, []).append(run)
    by_path = {run.path: run for run in found}
    for parent, children in by_parent.items():
        whole = by_path.get(parent)
        if whole is None and (parent == folder or folder in parent.parents):
            joined = all(_is_of_split(child) for child in children) and children
        elif whole is not None and not whole.described:
            joined = [c for c in children if not c.described and _holds_a_line(c)]
        else:
            continue
        if joined:
            inner = [f"{child.path.name}/{name}" for child in joined for name in child.events]
            events = (*(whole.events if whole else ()), *inner)
            by_path = {path: run for path, run in by_path.items() if run not in joined}
            by_path[parent] = RunFolder(parent, False, tuple(events))
    return sorted(by_path.values(), key=lambda run: run.path)


def _holds_a_line(run: RunFolder) -> bool:
    return bool(line_of(run.path.name, run.path / run.events[0]))


def _is_of_split(run: RunFolder) -> bool:
    return not run.described and is_split(run.path.name)
