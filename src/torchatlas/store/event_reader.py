"""The series of a folder's event files as points, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torchatlas.store.event_log import EventLog
from torchatlas.store.log_folder import event_files
from torchatlas.store.series import ScalarPoint, SummaryPoint
from torchatlas.store.series_tables import name_of

__all__ = ["Events", "event_files", "read_events"]


@dataclass(frozen=True, slots=True)
class Events:
    """All series of a folder.

    Attributes:
        scalars, summaries: points with the rank that wrote them, series by series.
        started_s: when the first file was begun, seconds since 1970; None without files.
        notes: what could not be read, each with file and offset.
    """

    scalars: tuple[tuple[int, ScalarPoint], ...]
    summaries: tuple[tuple[int, SummaryPoint], ...]
    started_s: float | None
    notes: tuple[str, ...]


def read_events(folder: str | Path) -> Events:
    """Read every event file of a folder, also while it is still written to.

    A record cut off at the end of a file is left out, as is one whose checksum does not fit;
    `notes` says where. Where a record's length is damaged, reading goes on at the next record that
    can be found.

    Raises:
        RunError: a file cannot be opened.
    """
    folder = Path(folder)
    log = EventLog(lambda: dict.fromkeys(event_files(folder)))
    log.poll(1)
    scalars: list[tuple[int, ScalarPoint]] = []
    summaries: list[tuple[int, SummaryPoint]] = []
    for part in log.parts("scalars"):
        name, split = name_of(part)
        chosen = part.chosen()
        moments = (part.steps(chosen).tolist(), part.times(chosen).tolist(), chosen.tolist())
        for step, time_s, index in zip(*moments, strict=True):
            point = ScalarPoint(name, split, step, time_s, part.series.values[index])
            scalars.append((part.file.rank, point))
    for part in log.parts("summaries"):
        quantity, _, tensor = part.tag.partition("/")
        chosen = part.chosen()
        for step, index in zip(part.steps(chosen).tolist(), chosen.tolist(), strict=True):
            summary = SummaryPoint(quantity, tensor, step, *part.series.values[index])
            summaries.append((part.file.rank, summary))
    return Events(tuple(scalars), tuple(summaries), log.started_s, log.notes)
