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
from torchatlas.store.folder import RUN_FILE
from torchatlas.store.foreign_tags import is_split

_DEEPEST = 6
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


def sources_of(folder: Path) -> dict[Path, str | None]:
    """The event files of the run in a folder, each with the split that it is about.

    A folder without files of its own whose sub-folders are all called by words for data (`train`,
    `validation`) is one run with a split a sub-folder.
    """
    own = event_files(folder)
    if own or (folder / RUN_FILE).exists():
        return dict.fromkeys(own)
    splits = {path: event_files(path) for path in sub_folders(folder)}
    splits = {path: files for path, files in splits.items() if files}
    if splits and all(is_split(path.name) for path in splits):
        return {file: path.name for path, files in splits.items() for file in files}
    return {}


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
