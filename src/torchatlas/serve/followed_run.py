"""A run that somebody looks at: what the page is handed first, and what changed since."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torchatlas.errors import RunError
from torchatlas.measure.derived_tables import VIEWER_TABLES, derived_tables
from torchatlas.measure.findings import RULES, examine
from torchatlas.run import Document, Gap, Run, View, to_json
from torchatlas.serve.shown_scalars import ShownScalars
from torchatlas.serve.shown_steps import ShownSteps
from torchatlas.serve.shown_table import Mark, ShownTable
from torchatlas.store import GrowingRun
from torchatlas.views import VIEWS, build_view

POLL_S = 0.5
"""The files are looked at for more at most this often."""

EXAMINE_S = 5.0
"""Findings are drawn from what grows at most this often."""

MOST_EXAMINED = 100_000
"""Scalars up to which findings are drawn while a run grows: rules read every one of them."""

KEPT_VERSIONS = 2_000
SHARE = 0.2
"""Of the time at most this much goes into findings, however long they take."""


class FollowedRun:
    """One run folder, read as it grows, for every page that shows it.

    Every call may come from another thread.

    Attributes:
        epoch: says which reading of the folder versions are of.
    """

    def __init__(self, folder: Path, growing: GrowingRun | None = None) -> None:
        """Read what there is; `growing` is the same folder, of which nothing was read yet.

        Raises:
            RunError: there is no such folder.
        """
        self.epoch = secrets.token_hex(4)
        self._growing = growing or GrowingRun(folder)
        self._lock = threading.RLock()
        self._scalars = ShownScalars()
        self._steps: dict[str, ShownSteps] = {}
        self._fixed: dict[str, ShownTable] = {}
        self._saved: dict[str, str] = {}
        self._described = Run(folder.name, "")
        self._head: dict[str, Any] = {}
        self._structure = ""
        self._state = ""
        self._taken = 0
        self._version = 0
        self._versions: OrderedDict[int, _Read] = OrderedDict()
        self._views: dict[str, View] = {}
        self._due_s = 0.0
        self._examine_due_s = 0.0
        self._is_examined = True
        self._poll()

    @property
    def position(self) -> str:
        """Epoch and version: where somebody stands who has read everything."""
        return f"{self.epoch}.{self._version}"

    def refresh(self) -> None:
        """Read what was added, unless that was just done.

        Raises:
            RunError: the folder is gone.
        """
        with self._lock:
            if time.monotonic() >= self._due_s:
                self._poll()
            if not self._growing.folder.is_dir():
                raise RunError(f"the folder of this run is gone: {self._growing.folder}")

    def document(self) -> dict[str, Any]:
        """Everything that the page shows, as JSON values, with the version that it is of."""
        with self._lock:
            return {
                "version": self.position,
                "state": self._state,
                "structure": self._structure,
                "document": to_json(Document(self.run(), tuple(self._built(VIEWS)))),
            }

    def changes(self, position: str | None) -> dict[str, Any] | None:
        """What somebody lacks who stood there; None if nothing.

        Where the position is of another reading, or long ago, every table begins anew.
        """
        with self._lock:
            if position == self.position:
                return None
            epoch, _, number = (position or "").partition(".")
            known = number.isdecimal() and epoch == self.epoch
            read = self._versions.get(int(number), _NOTHING) if known else _NOTHING
            tables = self._tables()
            changed = {name: table.since(read.marks.get(name)) for name, table in tables.items()}
            return {
                "version": self.position,
                "state": self._state,
                "structure": self._structure,
                "run": None if read.head == _digest(self._head) else self._head,
                "tables": {name: change for name, change in changed.items() if change is not None},
            }

    def views(self, names: Iterable[str]) -> dict[str, Any]:
        """Charts of what is known now, as JSON values, with the version that they are of.

        Raises:
            RunError: there is no chart of one of these names.
        """
        with self._lock:
            wanted = list(dict.fromkeys(names))
            return {"version": self.position, "views": to_json(self._built(wanted))}

    def detail(self, metric: str, low: float, high: float) -> list[dict[str, Any]]:
        """The curves of a metric between two steps, in as much detail as a screen shows."""
        with self._lock:
            return self._scalars.detail(metric, low, high)

    def run(self) -> Run:
        """The run as the page shows it: of long series and trainings a part of the rows."""
        with self._lock:
            tables = {name: shown.table() for name, shown in self._tables().items()}
            return replace(self._described, tables={n: t for n, t in tables.items() if len(t)})

    def _tables(self) -> dict[str, ShownTable]:
        growing = {name: shown.table for name, shown in self._steps.items()}
        return {self._scalars.table.name: self._scalars.table, **growing, **self._fixed}

    def _poll(self) -> None:
        """Read on, and work out findings where that is due; take a rest by what it cost."""
        started_s = time.monotonic()
        is_more = self._growing.poll() or self._version == 0
        if is_more:
            self._take()
        is_examined = not self._is_examined and started_s >= self._examine_due_s
        if is_examined:
            self._examine()
        if is_more or is_examined or self._growing.state != self._state:
            self._state = self._growing.state
            self._views.clear()
            self._version += 1
            marks = {name: table.mark for name, table in self._tables().items()}
            self._versions[self._version] = _Read(marks, _digest(self._head))
            while len(self._versions) > KEPT_VERSIONS:
                self._versions.popitem(last=False)
        now_s = time.monotonic()
        self._due_s = now_s + max(POLL_S, (now_s - started_s) / SHARE)
        if is_examined:
            self._examine_due_s = now_s + max(EXAMINE_S, (now_s - started_s) / SHARE)

    def _take(self) -> None:
        """Bring what is shown up to what was read."""
        growth = self._growing.rows_since(self._taken, leave_out=("scalars",))
        if growth.rewound:
            growth = self._growing.rows_since(0, leave_out=("scalars",))
        self._taken = growth.version
        if growth.described or not self._structure:
            self._describe(self._growing.described)
        self._scalars.take(self._growing.series())
        for name, table in growth.tables.items():
            if name not in self._steps:
                self._steps[name] = ShownSteps(table)
            elif growth.rewound or name == "rewinds":  # of these all are given
                self._steps[name].begin_anew(table)
            else:
                self._steps[name].add(table)
        self._is_examined = False

    def _describe(self, described: Run) -> None:
        """Take over what does not grow: facts, gaps, and tables that were saved beside it."""
        graphs = [described.graph, described.backward, described.excerpts]
        structure = _digest(to_json(graphs))
        tables = dict(described.tables)
        if structure != self._structure:
            tables |= derived_tables(described, VIEWER_TABLES)
            self._examine_due_s = 0.0
        self._structure = structure
        for name, table in tables.items():
            saved = _digest(to_json(table))
            if self._saved.get(name) != saved:
                shown = self._fixed.setdefault(name, ShownTable(name, table.columns))
                shown.begin_anew(table.cells)
                self._saved[name] = saved
        for name in [name for name in self._fixed if name not in {*tables, *VIEWER_TABLES}]:
            self._fixed[name].begin_anew({})
            self._saved.pop(name)
        before = self._described
        name = self._growing.folder.resolve().name if _is_named_by_model(described) else ""
        self._write_head(
            replace(
                described,
                name=name or described.name,
                tables={},
                findings=before.findings or described.findings,  # until they are drawn anew
                gaps=before.gaps or described.gaps,
            )
        )

    def _examine(self) -> None:
        """Draw findings, which read every scalar; where those are too many, say so."""
        self._is_examined = True
        described = self._growing.described
        gaps = tuple(gap for gap in described.gaps if gap.what not in RULES)
        if self._scalars.points > MOST_EXAMINED:
            reason = (
                f"no findings are drawn while a run of {self._scalars.points:,} scalars is "
                f"followed (more than {MOST_EXAMINED:,}): make a report of it"
            )
            run = replace(self._described, findings=(), gaps=(*gaps, Gap("findings", reason)))
        else:
            tables = self.run().tables | {"scalars": self._scalars.whole_table()}
            run = _examined(replace(self._described, tables=tables), gaps)
        self._write_head(replace(run, facts=described.facts, tables={}))

    def _write_head(self, run: Run) -> None:
        self._described = run
        self._head = to_json(replace(run, graph=None, backward=None, excerpts=()))

    def _built(self, names: Iterable[str]) -> list[View]:
        run = self.run()
        for name in names:
            if name not in self._views:
                view = _built_or_gap(name, run)
                self._views[name] = self._scalars.noted(view) if name == "curves" else view
        return [self._views[name] for name in names]


@dataclass(frozen=True, slots=True)
class _Read:
    """What somebody has who has read a version."""

    marks: dict[str, Mark]
    head: str


_NOTHING = _Read({}, "")


def _examined(run: Run, gaps: tuple[Gap, ...]) -> Run:
    """The run with its findings; a rule that fails on odd data takes no page away."""
    try:
        diagnosis = examine(run)
    except Exception as error:  # noqa: BLE001 (the curves go on, whatever it was)
        reason = f"findings could not be drawn: {type(error).__name__}: {error}"
        return replace(run, findings=(), gaps=(*gaps, Gap("findings", reason)))
    told = tuple(dict.fromkeys((*gaps, *diagnosis.gaps)))
    return replace(run, findings=diagnosis.findings, gaps=told)


def _built_or_gap(name: str, run: Run) -> View:
    """The view; one that fails on odd data says so in its place.

    Raises:
        RunError: there is no view of that name.
    """
    try:
        return build_view(name, run)
    except RunError:
        raise
    except Exception as error:  # noqa: BLE001 (other charts go on, whatever it was)
        reason = f"this chart could not be made: {type(error).__name__}: {error}"
        return View(name, name.capitalize(), "", "", (), (reason,))


def _is_named_by_model(run: Run) -> bool:
    """Whether the name would be that of many runs: then the folder tells them apart."""
    return run.model is not None and run.name in (run.model.name, run.model.type)


def _digest(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
