"""One event file, read as it grows: what it holds, by tag, and what of it could not be read."""

from __future__ import annotations

import re
import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.store.events import Event, Value, decode
from torchatlas.store.first_step import read_first_step
from torchatlas.store.pending_points import PendingPoints
from torchatlas.store.protobuf import MalformedMessage
from torchatlas.store.record_block import RecordBlock, RecordScan, masked_checksum
from torchatlas.store.scalar_shapes import Lot, ScalarShapes
from torchatlas.store.series import FIGURES_PREFIX, read_summary

_HEADER = struct.Struct("<QI")
_CHUNK = 1 << 24
"""Bytes that are read at once."""

_MAYBE_HEADER = re.compile(rb"(?=\x00{4}.{4}\x09)", re.DOTALL)
"""The upper half of a record's length, its checksum, and the first byte of an event."""

_FIRST_BLOCK, _LARGEST_BLOCK = 1 << 14, 1 << 22
"""Bytes of records that are read together; the first ones teach what series there are."""

_FEW = 16
"""Records of one length up to which they are read one by one."""

_STAMP = re.compile(r"tfevents\.(\d+)(?=\.)")
_RANK = re.compile(r"\.rank(\d+)$")


_OF_SCALARS = ("scalars", "scalar", "")


class Series:
    """What a file holds under one tag: a point is a step, a time and a value.

    Attributes:
        steps, times: of each point, in the order of writing; times are seconds since 1970.
        values: an array of numbers for scalars, else a list.
    """

    __slots__ = ("_starts", "_versions", "steps", "times", "values")

    def __init__(self, values: Any) -> None:
        """A series without points."""
        self.steps = array("q")
        self.times = array("d")
        self.values = values
        self._versions = array("q")
        self._starts = array("q")

    def __len__(self) -> int:
        return len(self.steps)

    def append(self, step: int, time_s: float, value: Any) -> None:
        """Add a point."""
        self.steps.append(step)
        self.times.append(time_s)
        self.values.append(value)

    def extend(self, steps: IntArray, times: FloatArray, numbers: FloatArray) -> None:
        """Add points of a scalar."""
        self.steps.frombytes(steps.astype(np.int64).tobytes())
        self.times.frombytes(times.astype(np.float64).tobytes())
        self.values.frombytes(numbers.astype(np.float64).tobytes())

    def mark(self, version: int, start: int) -> None:
        """Note that the points from `start` on came with this version."""
        self._versions.append(version)
        self._starts.append(start)

    def first_after(self, version: int) -> int:
        """Index of the first point that came after a version."""
        at = bisect_right(self._versions, version)
        return self._starts[at] if at < len(self._starts) else len(self)


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in the file that could not be read: where, how many bytes, and what is wrong."""

    offset: int
    size: int
    what: str


class EventFile:
    """An event file, followed: `read_on` takes what was appended since the last time.

    Attributes:
        path: of the file. split: which data its series are about, where its folder says so.
        rank: of the process that wrote it. own: whether TorchAtlas did.
        scalars, summaries, tensors, texts: the series by tag. Those of `summaries` hold pairs
            (elements, TensorSummary), those of `tensors` and `texts` what an event had.
        started_s: when it was begun, seconds since 1970; None where it does not say.
        sessions: steps at which a writer said that it begins anew.
        stopped: whether its last word is that the writer came to its end.
        least_step, last_step: least and largest step of all points; None while there are none.
        torn_at: offset of a last record that is not whole (yet); None where there is none.
    """

    def __init__(self, path: Path, split: str | None = None) -> None:
        """Nothing is read yet."""
        self.path = path
        self.split = split
        rank = _RANK.search(path.name)
        self.own = rank is not None
        self.rank = int(rank[1]) if rank else 0
        self._identity: tuple[int, int] | None = None
        self.forget()

    def forget(self) -> None:
        """Begin again from the first byte."""
        self.scalars: dict[str, Series] = {}
        self.summaries: dict[str, Series] = {}
        self.tensors: dict[str, Series] = {}
        self.texts: dict[str, Series] = {}
        self.started_s: float | None = None
        self.sessions: list[int] = []
        self.stopped = False
        self.has_graph = False
        self.least_step: int | None = None
        self.last_step: int | None = None
        self.torn_at: int | None = None
        self.size = 0
        self._plugins: dict[str, str] = {}
        self._damage: list[Damage] = []
        self._stuck_at: int | None = None
        self._offset = 0
        self._records = 0
        self._block_bytes = _FIRST_BLOCK
        self._scan = RecordScan()
        self._pending = PendingPoints()
        self._shapes = ScalarShapes()

    @property
    def age(self) -> tuple[float, str]:
        """A key that sorts files by when they were begun, as their names say."""
        return file_age(self.path)

    @property
    def bytes_read(self) -> int:
        """How far reading has come; it may be asked while another thread reads."""
        return self._offset

    @property
    def notes(self) -> list[str]:
        """What could not be read, a sentence each."""
        name = self.path.name
        if self.size == 0:
            return [f"{name} is empty"]
        if self._records == 0 and self._stuck_at == 0:
            return [f"{name} is no event file: it does not begin with a record"]
        notes = [f"{name}: the record at byte {one.offset} {one.what}" for one in self._damage]
        if self._stuck_at is not None:
            lost = self.size - self._stuck_at
            notes.append(
                f"{name}: the record at byte {self._stuck_at} has a damaged length; it and what "
                f"follows ({lost} bytes) cannot be read"
            )
        elif self.torn_at is not None:
            notes.append(
                f"{name}: the record at byte {self.torn_at} was cut off at the end of the file; "
                "it is left out"
            )
        return notes

    def read_on(self, version: int) -> bool:
        """Read what was appended; what is new of each series is marked with the version.

        Of a file that `was_replaced` everything is to be forgotten first.

        Returns:
            Whether there was anything new.

        Raises:
            RunError: the file cannot be opened or read.
        """
        try:
            status = self.path.stat()
            if status.st_size == self.size:
                return False
            self.size = status.st_size
            with self.path.open("rb") as file:
                file.seek(self._offset)
                return self._read_all(file.read, version)
        except OSError as error:
            raise RunError(f"cannot read the event file {self.path}: {error}") from error

    def was_replaced(self) -> bool:
        """Whether the file is another than the one that was read: shorter, or a new one.

        Raises:
            RunError: it cannot be looked at.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise RunError(f"cannot read the event file {self.path}: {error}") from error
        identity = (status.st_dev, status.st_ino)
        before, self._identity = self._identity, identity
        return before is not None and (identity != before or status.st_size < self.size)

    def _read_all(self, read: Callable[[int], bytes], version: int) -> bool:
        lengths = {id(series): len(series) for series in self._all_series()}
        records, content = self._records, b""
        self._stuck_at = self.torn_at = None
        while chunk := read(max(_CHUNK, len(content))):
            content = self._take_all(content + chunk)
            if self._is_cut_off(content):
                break
        if content and self._stuck_at is None:
            self.torn_at = self._offset
        for series in self._all_series():
            start = lengths.get(id(series), 0)
            if start < len(series):
                series.mark(version, start)
                self._widen(series.steps[start:])
        return self._records > records

    def _widen(self, steps: array[int]) -> None:
        least, last = min(steps), max(steps)
        self.least_step = least if self.least_step is None else min(self.least_step, least)
        self.last_step = last if self.last_step is None else max(self.last_step, last)

    def _is_cut_off(self, content: bytes) -> bool:
        """Whether the record at the beginning goes on beyond the end of the file."""
        if self._stuck_at is not None or len(content) < _HEADER.size:
            return False
        length, _ = _HEADER.unpack_from(content)
        return bool(length > self.size - self._offset)

    def _all_series(self) -> list[Series]:
        kinds = (self.scalars, self.summaries, self.tensors, self.texts)
        return [series for kind in kinds for series in kind.values()]

    def _take_all(self, content: bytes) -> bytes:
        """Read on behind damage too, where a next record is found; gives what is left."""
        while True:
            taken = self._take(content)
            content = content[taken:]
            self._offset += taken
            found = None if self._stuck_at is None else next_record(content, 1)
            if found is None:
                return content
            what = f"has a damaged length; {found} bytes were skipped to the next record"
            self._damage.append(Damage(self._offset, found, what))
            content = content[found:]
            self._offset += found

    def _take(self, content: bytes) -> int:
        """Read whole records from the beginning; gives how many bytes they are."""
        offset, self._stuck_at = 0, None
        while True:
            block = self._scan.block(content, offset, self._block_bytes)
            self._take_block(block)
            if block.is_stuck:
                self._stuck_at = self._offset + block.end
            if block.is_stuck or block.end == offset:
                return block.end
            offset = block.end
            self._block_bytes = min(2 * self._block_bytes, _LARGEST_BLOCK)

    def _take_block(self, block: RecordBlock) -> None:
        """Scalars that are known by what surrounds them together, and all others one by one."""
        alone = np.ones(len(block.records), bool)
        together: list[tuple[IntArray, Lot]] = []
        for group in block.by_length(_FEW):
            for lot in self._shapes.points([block.records[i] for i in group.tolist()]):
                together.append((group[lot.rows], lot))
                alone[group[lot.rows]] = False
        self._pending.put(together)
        for number in np.flatnonzero(alone).tolist():
            self._take_record(block, number)
        self._pending.add_all()
        self._records += len(block.records)

    def _take_record(self, block: RecordBlock, number: int) -> None:
        data, offset = block.records[number], self._offset + block.offsets[number]
        if not block.is_sound[number]:
            what = "is damaged (its checksum does not fit); it is left out"
            self._damage.append(Damage(offset, len(data), what))
            return
        point = self._shapes.point(data)
        if point is None:
            self._take_event(data, offset, number)
        else:
            self._add(number, *point)

    def _add(self, number: int, series: Series, step: int, time_s: float, value: float) -> None:
        """Add the point of a scalar that stands in a record of the block that is read."""
        self._pending.add_before(series, number)
        series.append(step, time_s, value)

    def _take_event(self, data: bytes, offset: int, number: int) -> None:
        try:
            event = decode(data)
        except (MalformedMessage, ValueError, OverflowError) as error:
            self._damage.append(Damage(offset, len(data), f"is no event: {error}"))
            return
        self.stopped = event.session == "stop"
        if event.file_version is not None:
            self.started_s = event.time_s
        if event.session == "start" and event.step > 0:
            self.sessions.append(event.step)
        self.has_graph |= event.has_graph
        if event.values:
            self._take_values(event, data, number)

    def _take_values(self, event: Event, data: bytes, number: int) -> None:
        by_tag = {value.tag: value for value in event.values}
        for value in event.values:
            plugin = self._plugin(value)
            first_step = read_first_step(value, plugin) if self.own else None
            if first_step is not None:
                self.sessions.append(first_step)
            elif value.numbers.ndim == 0 and plugin in _OF_SCALARS:
                series = self.scalars.setdefault(value.tag, Series(array("d")))
                self._add(number, series, event.step, event.time_s, float(value.numbers))
                if len(event.values) == 1:
                    self._shapes.learn(data, event, series)
            elif value.strings or (plugin == "hparams"):
                series = self.texts.setdefault(value.tag, Series([]))
                series.append(event.step, event.time_s, value)
            elif not value.tag.startswith(FIGURES_PREFIX):
                self._take_tensor(event, value, by_tag.get(FIGURES_PREFIX + value.tag))

    def _take_tensor(self, event: Event, value: Value, figures: Value | None) -> None:
        if figures is not None and value.numbers.ndim == 2:
            point = read_summary(value, figures.numbers, event.step)
            if point is not None:
                pair = (point.elements, point.summary)
                series = self.summaries.setdefault(value.tag, Series([]))
                series.append(event.step, event.time_s, pair)
                return
        series = self.tensors.setdefault(value.tag, Series([]))
        series.append(event.step, event.time_s, value)

    def _plugin(self, value: Value) -> str:
        """Whose data it is: said with the first value of a tag, and true of all later ones."""
        known = self._plugins.get(value.tag)
        if known is None or (value.plugin and value.content):
            known = self._plugins[value.tag] = value.plugin
        return known

    def plugin(self, tag: str) -> str:
        """Whose data a tag holds: "scalars", "histograms", "text", "images", ...; or empty."""
        return self._plugins.get(tag, "")


def file_age(path: Path) -> tuple[float, str]:
    """When a file was begun, in seconds since 1970, as its name says; and the name."""
    found = _STAMP.search(path.name)
    stamp = int(found[1]) if found else 0
    return (stamp / 1e9 if stamp > 10**14 else float(stamp), path.name)


def next_record(content: bytes, start: int) -> int | None:
    """Where the next record begins in bytes of which some are damaged; None where none is found."""
    for maybe in _MAYBE_HEADER.finditer(content, start + 3):
        offset = maybe.start() - 4
        if offset < start:
            continue
        length, expected = _HEADER.unpack_from(content, offset)
        if masked_checksum(content[offset : offset + 8]) == expected and length > 0:
            return offset
    return None
