"""Several growing runs side by side: their curves on one axis, and what differs in their graphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from torchatlas.measure.compared_runs import compared_runs, told_apart
from torchatlas.run import Document, Run, View, to_json
from torchatlas.serve.followed_run import FollowedRun
from torchatlas.serve.side_by_side import side_by_side
from torchatlas.views import VIEWS, build_view


class Compared:
    """Runs in the order in which they were chosen; each is held against the first."""

    def __init__(self, runs: Sequence[FollowedRun]) -> None:
        """Compare these runs, two or more."""
        self._runs = runs

    @property
    def position(self) -> str:
        """Where somebody stands who has read everything of all of them."""
        return "~".join(run.position for run in self._runs)

    def document(self) -> dict[str, Any]:
        """What the page shows, as JSON values, with the version that it is of."""
        position, runs = self._refreshed()
        if all(run.graph is not None for run in runs):
            run, comparison = compared_runs(runs)
        else:
            run, comparison = replace(runs[1], name=" → ".join(run.name for run in runs)), None
        return {
            "version": position,
            "state": "",
            "structure": "",
            "document": to_json(Document(run, tuple(_views(runs, VIEWS)), comparison)),
        }

    def changes(self, position: str | None) -> dict[str, Any] | None:
        """That something changed for somebody who stood there, and no more; None if nothing."""
        for run in self._runs:
            run.refresh()
        here = self.position
        return None if here == position else {"version": here}

    def views(self, names: Iterable[str]) -> dict[str, Any]:
        """Charts of what is known now, as JSON values, with the version that they are of."""
        position, runs = self._refreshed()
        return {"version": position, "views": to_json(_views(runs, names))}

    def _refreshed(self) -> tuple[str, list[Run]]:
        """The runs as they are now, no two of one name."""
        for run in self._runs:
            run.refresh()
        position = self.position
        runs = [run.run() for run in self._runs]
        names = told_apart([run.name for run in runs])
        return position, [replace(run, name=name) for run, name in zip(runs, names, strict=True)]


def _views(runs: Sequence[Run], names: Iterable[str]) -> list[View]:
    """Those of the second run, the curves of all, and how far they are apart."""
    all_runs = tuple((run.name, run) for run in runs)
    return [
        side_by_side(runs) if name == "curves" else build_view(name, runs[1], all_runs)
        for name in dict.fromkeys(names)
    ]
