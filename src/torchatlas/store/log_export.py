"""The series of a run as a log that TensorBoard opens, one event file a rank."""

from __future__ import annotations

from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from torchatlas.run import Run, TensorSummary, bin_edges
from torchatlas.store.events import FILE_VERSION, Event, Value, encode
from torchatlas.store.records import frame
from torchatlas.store.series import scalar_value, summary_values

_NOTHING = np.zeros(0)
Timed = tuple[float, int, tuple[Value, ...]]
"""Seconds since 1970, step and values."""


def write_log(run: Run, folder: Path) -> None:
    """Write the scalars, distributions, texts and pictures of a run into a folder."""
    began_s = _began_s(run)
    events: dict[int, list[Timed]] = defaultdict(list)
    for rank, event in _events(run, began_s):
        events[rank].append(event)
    if run.facts:
        lines = "\n".join(["| fact | value |", "|---|---|", *map(_line, run.facts.items())])
        value = Value("facts/text_summary", _NOTHING, "text", (lines.encode(errors="replace"),))
        events[0].append((began_s, 0, (value,)))
    for rank, own in (events or {0: []}).items():
        name = f"events.out.tfevents.{round(began_s)}.export.0.0.rank{rank}"
        (folder / name).write_bytes(_content(began_s, own))


def _content(began_s: float, events: list[Timed]) -> bytes:
    records = [frame(encode(Event(began_s, file_version=FILE_VERSION)))]
    known: set[str] = set()
    last = 0
    for time_s, step, values in sorted(events, key=lambda event: (event[1], event[0])):
        tags = {value.tag for value in values}
        records.append(frame(encode(Event(time_s, step, values), frozenset(tags - known))))
        known |= tags
        last = max(last, step)
    records.append(frame(encode(Event(began_s, last, session="stop"))))
    return b"".join(records)


def _events(run: Run, began_s: float) -> Iterator[tuple[int, Timed]]:
    for row in _rows(run, "scalars"):
        if row["value"] is not None and row["step"] is not None:
            yield _placed(row, began_s, (scalar_value(*_tag(row), row["value"]),))
    for row in _rows(run, "distributions"):
        if row["summary"] is not None:
            yield _placed(row, began_s, _distribution(row))
    for row in _rows(run, "texts"):
        text = (row["text"] or "").encode(errors="replace")
        tag = f"{row['name']}/text_summary"
        yield _placed(row, began_s, (Value(tag, _NOTHING, "text", (text,)),))
    for row in _rows(run, "images"):
        size = (str(row["width"] or "").encode(), str(row["height"] or "").encode())
        strings = (*size, b64decode(row["data"]))
        yield _placed(row, began_s, (Value(row["name"], _NOTHING, "images", strings),))


def _distribution(row: dict[str, Any]) -> tuple[Value, ...]:
    """A summary with its exact figures; of one that was converted, the histogram alone."""
    summary: TensorSummary = row["summary"]
    tensor = row["tensor"] or row["node"] or "."
    if row["split"]:
        tensor = f"{tensor} on {row['split']}"
    values = summary_values(row["quantity"] or "other", tensor, row["elements"] or 0, summary)
    if not row.get("converted"):
        return values
    low, high = bin_edges(summary.bin_keys)
    bins = np.stack([low, high, summary.bin_counts], 1)
    return (Value(values[0].tag, bins, "histograms"),)


def _placed(row: dict[str, Any], began_s: float, values: tuple[Value, ...]) -> tuple[int, Timed]:
    return row.get("rank") or 0, (began_s + (row.get("time_s") or 0.0), row["step"] or 0, values)


def _tag(row: dict[str, Any]) -> tuple[str, str]:
    return row["name"] or "", row["split"] or ""


def _rows(run: Run, name: str) -> list[dict[str, Any]]:
    table = run.tables.get(name)
    return [] if table is None else table.rows()


def _began_s(run: Run) -> float:
    try:
        return datetime.fromisoformat(run.created).timestamp()
    except ValueError:
        return 0.0


def _line(fact: tuple[str, str]) -> str:
    name, value = (" ".join(text.split()).replace("|", "∣") for text in fact)
    return f"| {name} | {value} |"
