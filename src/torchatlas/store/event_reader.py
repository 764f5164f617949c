"""Reads the series of a run back from its event files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchatlas.errors import RunError
from torchatlas.run import Gap
from torchatlas.store.events import Event, decode
from torchatlas.store.norms import NormPoint, NormReader
from torchatlas.store.notices import read_notice
from torchatlas.store.protobuf import MalformedMessage
from torchatlas.store.records import Record, read_records
from torchatlas.store.series import (
    FIGURES_PREFIX,
    ScalarPoint,
    SummaryPoint,
    read_scalar,
    read_summary,
)


@dataclass(frozen=True, slots=True)
class Events:
    """All series of a folder.

    Attributes:
        scalars, summaries: points with the rank that wrote them, in the order of writing.
        norms: the same, of norms.
        gaps: what the processes could not record.
        started_s: when the first file was begun, seconds since 1970; None without files.
        notes: what could not be read, each with file and offset.
    """

    scalars: tuple[tuple[int, ScalarPoint], ...]
    summaries: tuple[tuple[int, SummaryPoint], ...]
    norms: tuple[tuple[int, NormPoint], ...]
    gaps: tuple[Gap, ...]
    started_s: float | None
    notes: tuple[str, ...]


def event_files(folder: Path) -> list[Path]:
    """The event files directly in a folder, oldest first."""
    found = (path for path in folder.iterdir() if "tfevents" in path.name and path.is_file())
    return sorted(found, key=lambda path: path.name)


def read_events(folder: str | Path) -> Events:
    """Read every event file of a folder, also while it is still written to.

    A record cut off at the end of a file is left out, as is one whose checksum does not fit;
    `notes` says where. Where a record's length is damaged, the rest of that file is lost.

    Raises:
        RunError: a file cannot be opened.
    """
    scalars: list[tuple[int, ScalarPoint]] = []
    summaries: list[tuple[int, SummaryPoint]] = []
    norms: list[tuple[int, NormPoint]] = []
    gaps: list[Gap] = []
    starts: list[float] = []
    notes: list[str] = []
    for path in event_files(Path(folder)):
        rank = _rank(path.name)
        reader = NormReader()
        for event in _events(path, notes, gaps):
            if event.file_version is not None:
                starts.append(event.time_s)
            scalars += [(rank, point) for point in _scalars(event)]
            summaries += [(rank, point) for point in _summaries(event)]
            norms += [(rank, point) for point in reader.read(event)]
    return Events(
        tuple(scalars),
        tuple(summaries),
        tuple(norms),
        tuple(gaps),
        min(starts, default=None),
        tuple(notes),
    )


def _events(path: Path, notes: list[str], gaps: list[Gap]) -> Iterator[Event]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read the event file {path}: {error}") from error
    for record in read_records(content):
        if record.data is None:
            notes.append(_note(path, record, len(content)))
            continue
        try:
            event = decode(record.data)
            gap = None if event.values else read_notice(record.data)
            if gap is not None:
                gaps.append(gap)
            yield event
        except MalformedMessage as error:
            notes.append(f"{path.name}: the record at byte {record.offset} is no event: {error}")


def _note(path: Path, record: Record, size: int) -> str:
    where = f"{path.name}: the record at byte {record.offset}"
    if record.problem == "torn":
        return f"{where} was cut off at the end of the file; it is left out"
    if record.problem == "data":
        return f"{where} is damaged (its checksum does not fit); it is left out"
    lost = size - record.offset
    return f"{where} has a damaged length; it and what follows ({lost} bytes) cannot be read"


def _scalars(event: Event) -> Iterator[ScalarPoint]:
    for value in event.values:
        if value.numbers.ndim == 0:
            yield read_scalar(value, event.step, event.time_s)


def _summaries(event: Event) -> Iterator[SummaryPoint]:
    values = {value.tag: value for value in event.values}
    for tag, value in values.items():
        figures = values.get(FIGURES_PREFIX + tag)
        if figures is not None and value.numbers.ndim == 2:
            point = read_summary(value, figures.numbers, event.step)
            if point is not None:
                yield point


def _rank(name: str) -> int:
    found = re.search(r"\.rank(\d+)$", name)
    return int(found[1]) if found else 0
