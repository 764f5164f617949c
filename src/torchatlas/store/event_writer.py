"""Appends a run's series to an event file, one writer a file."""

from __future__ import annotations

import io
import itertools
import os
import re
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from torchatlas.errors import RunError
from torchatlas.run import Gap, TensorSummary
from torchatlas.store.events import FILE_VERSION, Event, encode
from torchatlas.store.first_step import first_step_value
from torchatlas.store.norms import NormWriter
from torchatlas.store.notices import gap_value
from torchatlas.store.records import frame
from torchatlas.store.series import scalar_value, summary_values

_serial = itertools.count()


class EventWriter:
    """Writes scalars, tensor summaries and norms of one process to a new event file.

    Nothing is in the file before `flush`, which appends all that was added since the last one in
    one write, so that a run that is cut off loses at most the records after that.
    """

    def __init__(self, folder: str | Path, rank: int = 0, *, first_step: int | None = None) -> None:
        """Create the file; its name holds time, host, process and rank, and is used only once.

        Args:
            first_step: given, the file goes on with a run: what earlier files of this rank hold
                of this step and later ones is superseded. TensorBoard understands it as well.

        Raises:
            RunError: the folder or the file cannot be created.
        """
        self._folder, self._rank = Path(folder), rank
        self._file: io.FileIO
        self._pending: list[bytes] = []
        self._open(first_step)

    def add_scalar(self, name: str, split: str, value: float, step: int) -> None:
        """Add one value of a series; NaN and infinity are kept as they are.

        Raises:
            RunError: the split has a `/` in it, which parts it from the name.
        """
        if "/" in split:
            raise RunError(f"the split {split!r} of {name!r} may not have a '/' in its name")
        self._append(Event(time.time(), step, (scalar_value(name, split, value),)))

    def add_summary(
        self, quantity: str, tensor: str, elements: int, summary: TensorSummary, step: int
    ) -> None:
        """Add the distribution of a tensor of `elements` values."""
        values = summary_values(quantity, tensor, elements, summary)
        self._append(Event(time.time(), step, values))

    def add_norms(
        self,
        quantity: str,
        names: Sequence[str],
        elements: Sequence[int],
        sampled: Sequence[int],
        norms: Sequence[float],
        nonfinite: Sequence[int],
        step: int,
    ) -> None:
        """Add the norms of many tensors, in one record (see `torchatlas.store.norms`)."""
        table, record = self._norms.values(quantity, names, elements, sampled, norms, nonfinite)
        if table:
            self._append(Event(time.time(), step, table))
        self._append(Event(time.time(), step, (record,)))

    def add_gap(self, gap: Gap) -> None:
        """Add what could not be recorded, and why."""
        self._append(Event(time.time(), self._last_step, (gap_value(gap),)))

    def rewind(self, first_step: int) -> None:
        """Go on in a new file, whose records supersede those of `first_step` and later.

        Raises:
            RunError: it cannot be created, or what is left for the old one cannot be written.
        """
        self.close()
        self._open(first_step)

    def flush(self) -> None:
        """Append what was added to the file.

        Raises:
            RunError: it cannot be written (a full disk, say).
        """
        content, self._pending = b"".join(self._pending), []
        if content and self._file.closed:
            raise RunError(f"cannot write to {self.path}: it has been closed")
        try:
            self._write(content)
        except OSError as error:
            with suppress(OSError):  # half a record would hide all that follows it
                self._file.truncate(self._size)
                self._file.seek(self._size)
            self._forget()
            raise RunError(f"cannot write to {self.path}: {error}") from error
        self._size += len(content)

    def close(self) -> None:
        """Say that this is the end, flush, and close the file. Closing again does nothing."""
        if not self._file.closed:
            try:
                self._append(Event(time.time(), self._last_step, session="stop"))
                self.flush()
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self, first_step: int | None) -> None:
        self.path = self._folder / _unique_name(self._rank)
        self._size = 0
        self._last_step = 0
        self._pending = []
        self._forget()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
        except OSError as error:
            raise RunError(f"cannot record into {self._folder}: {error}") from error
        self._append(Event(time.time(), file_version=FILE_VERSION))
        if self._rank == 0:  # TensorBoard drops what is void of all ranks, at the second start
            self._append(Event(time.time(), first_step or 0, session="start"))
        elif first_step:
            self._append(Event(time.time(), first_step - 1, (first_step_value(first_step),)))
        self._last_step = 0
        self.flush()

    def _forget(self) -> None:
        """What was said once is said again: the records that said it may not be in the file."""
        self._known_tags: set[str] = set()
        self._norms = NormWriter()

    def _append(self, event: Event) -> None:
        tags = {value.tag for value in event.values}
        self._pending.append(frame(encode(event, frozenset(tags - self._known_tags))))
        self._known_tags |= tags
        self._last_step = max(self._last_step, event.step)

    def _write(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[self._file.write(view) :]


def _unique_name(rank: int) -> str:
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())
    return f"events.out.tfevents.{time.time_ns()}.{host}.{os.getpid()}.{next(_serial)}.rank{rank}"
