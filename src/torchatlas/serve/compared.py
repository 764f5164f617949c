"""Several growing runs side by side: their curves on one axis, and what differs in their graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torchatlas.measure.compared_runs import compared_runs, told_apart
from torchatlas.run import Document, Run, to_json
from torchatlas.serve.followed_run import FollowedRun
from torchatlas.views import VIEWS, build_view


class Compared:
    """Runs in the order in which they were chosen; each is held against the first."""

    def __init__(self, runs: Sequence[FollowedRun]) -> None:
        """Compare these runs."""
        self._runs = runs

    @property
    def position(self) -> str:
        """Where somebody stands who has read everything of all of them."""
        return "~".join(run.position for run in self._runs)

    def document(self) -> dict[str, Any]:
        """What the page shows, as JSON values, with the version that it is of."""
        position = self._refresh()
        runs = [run.run() for run in self._runs]
        names = told_apart([run.name for run in runs])
        runs = [replace(run, name=name) for run, name in zip(runs, names, strict=True)]
        document = _document(runs)
        return {
            "version": position,
            "state": "",
            "structure": "",
            "document": to_json(document),
        }

    def changes(self, position: str | None) -> dict[str, Any] | None:
        """That something changed for somebody who stood there, and no more; None if nothing."""
        here = self._refresh()
        return None if here == position else {"version": here}

    def _refresh(self) -> str:
        for run in self._runs:
            run.refresh()
        return self.position


def _document(runs: Sequence[Run]) -> Document:
    """The second run; the graphs are compared where every run has one."""
    if all(run.graph is not None for run in runs):
        run, comparison = compared_runs(runs)
    else:
        run, comparison = replace(runs[1], name=" → ".join(run.name for run in runs)), None
    views = tuple(build_view(name, run) for name in VIEWS)
    return Document(run, views, comparison)
