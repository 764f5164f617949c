"""What happened at a step of a training: it was run again from there, or its loss spiked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from torchatlas.run import Rule, Run, Zone

_MOST = 6
_GAP = 4.0
"""So many times as long as those beside it is a distance in which something is missing."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that charts over steps mark."""

    step: int
    label: str


def happenings(run: Run) -> list[Happening]:
    """Rewinds and spikes of the loss, by step."""
    found = []
    table = run.tables.get("rewinds")
    for row in table.rows() if table else ():
        if row["step"] is not None:
            before = row["from_step"]
            reached = f", had reached {before:,}" if before is not None else ""
            found.append(Happening(row["step"], f"run again from here{reached}"))
    for finding in run.findings:
        if finding.rule == "loss_spike" and finding.steps is not None:
            found.append(Happening(finding.steps[0], "spike of the loss"))
    return sorted(dict.fromkeys(found), key=lambda one: one.step)


def happening_rules(run: Run, low: int, high: int) -> list[Rule]:
    """Marks on an axis of steps between two of them; of very many the first."""
    inside = [one for one in happenings(run) if low <= one.step <= high]
    return [Rule("x", float(one.step), one.label) for one in inside[:_MOST]]


def happening_note(run: Run, low: int, high: int) -> str:
    """How many marks a chart leaves out."""
    more = sum(low <= one.step <= high for one in happenings(run)) - _MOST
    return f"{more:,} more rewinds or spikes are not marked." if more > 0 else ""


def holes(steps: Sequence[int]) -> list[tuple[int, int]]:
    """Where nothing was measured for much longer than beside it: the two steps around."""
    apart = [after - before for before, after in itertools.pairwise(steps)]
    found = []
    for at, distance in enumerate(apart):
        beside = [apart[near] for near in (at - 1, at + 1) if 0 <= near < len(apart)]
        if beside and distance > _GAP * max(beside):
            found.append((steps[at], steps[at + 1]))
    return found


def hole_zones(steps: Sequence[int]) -> list[Zone]:
    """The stretches of an axis of steps in which nothing was measured, hatched."""
    return [
        Zone("x", float(low), float(high), f"not measured from {low:,} to {high:,}", hatched=True)
        for low, high in holes(steps)[:_MOST]
    ]
