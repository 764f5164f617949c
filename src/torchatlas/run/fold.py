"""A fold: identical neighbouring blocks of one group, drawn as one with a count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fold:
    """Repetitions of the same block among the children of one group, none left out.

    Attributes:
        parent: id of the module call that holds them.
        members: for each repetition, in execution order, the ids of its nodes directly inside the
            parent. Nodes at the same place in two members, and at the same place inside those,
            are counterparts.
    """

    parent: str
    members: tuple[tuple[str, ...], ...]

    @property
    def id(self) -> str:
        """From the first node to the last: `layers.0..layers.31`. No two folds share it."""
        return f"{self.members[0][0]}..{self.members[-1][-1]}"

    @property
    def count(self) -> int:
        """How many repetitions there are."""
        return len(self.members)
