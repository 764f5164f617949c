"""Which neighbouring blocks of a graph are the same, and fold to one with a count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torchatlas.measure.repetitions import repetitions
from torchatlas.measure.structure import Numbers, Structure
from torchatlas.run import Fold, Graph

LEAST_HIDDEN = 3
"""Repetitions without a group in them fold when at least so many boxes are hidden by it."""

LEAST_HIDDEN_OPS = 6
"""The same where there is no module among them: single ops repeat by chance."""

LEAST_PARALLEL = 4
"""So many repetitions there must be where none feeds the next and there is no group in them.

The projections of an attention are two or three alike side by side, and each is another thing.
"""

_ACTIVE = ("module", "op", "backward")
_FOLDABLE = (*_ACTIVE, "parameter", "buffer", "constant")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """`count` members of `period` children each, from the child `start` on."""

    start: int
    period: int
    count: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.count

    @property
    def rank(self) -> tuple[int, int, int]:
        """What hides most comes first, then the shorter period, then the earlier one."""
        return -(self.count - 1) * self.period, self.period, self.start


def fold(graph: Graph) -> tuple[Fold, ...]:
    """Which neighbouring blocks are identical: each fold keeps the list of its members.

    Blocks are identical when kinds, types, settings, ops, shapes, relative names and the edges
    within are the same, when the same tensors enter and leave at the same places, and when each
    is fed by the one before it in the same way. See docs/measures/folding.md.
    """
    structure = Structure(graph, Numbers())
    found: list[Fold] = []
    for place in range(len(structure.ids)):
        if structure.sizes[place] > 2 and structure.node(place).kind == "module":
            found += _Group(structure, place).folds()
    return tuple(found)


class _Group:
    """The children of one module call, and what runs between them."""

    def __init__(self, structure: Structure, place: int) -> None:
        self.structure = structure
        self.place = place
        self.starts = list(structure.children(place))
        self.symbols = [self._symbol(at, child) for at, child in enumerate(self.starts)]

    def folds(self) -> Iterator[Fold]:
        ids, parent = self.structure.ids, self.structure.ids[self.place]
        regions = [(0, len(self.starts))]
        while regions:
            low, high = regions.pop()
            for chosen in self._chosen(low, high):
                bounds = range(chosen.start, chosen.end, chosen.period)
                yield Fold(
                    parent,
                    tuple(
                        tuple(ids[self.starts[at]] for at in range(first, first + chosen.period))
                        for first in bounds
                    ),
                )
                if chosen.period > 1:
                    regions += [(first, first + chosen.period) for first in reversed(bounds)]

    def _chosen(self, low: int, high: int) -> list[_Stretch]:
        """Stretches that do not overlap, in execution order."""
        waiting = [
            stretch
            for found in repetitions(self.symbols[low:high])
            for stretch in self._regular(
                _Stretch(low + found.start, found.period, (found.end - found.start) // found.period)
            )
            if self._worth_folding(stretch)
        ]
        taken = [False] * (high - low)
        chosen = []
        waiting.sort(key=lambda stretch: stretch.rank, reverse=True)
        while waiting:
            best = waiting.pop()
            free = list(_free_parts(best, taken, low))
            if free == [best]:
                chosen.append(best)
                taken[best.start - low : best.end - low] = [True] * (best.end - best.start)
            elif free:
                waiting += [part for part in free if self._worth_folding(part)]
                waiting.sort(key=lambda stretch: stretch.rank, reverse=True)
        return sorted(chosen, key=lambda stretch: stretch.start)

    def _worth_folding(self, stretch: _Stretch) -> bool:
        if stretch.count < 2:
            return False
        places = self.starts[stretch.start : stretch.start + stretch.period]
        nodes = [self.structure.node(place) for place in places]
        modules = [node for node in nodes if node.kind == "module"]
        if any(not node.atomic for node in modules):
            return True
        second = self._wiring(stretch.start + stretch.period, stretch.period)
        if stretch.count < LEAST_PARALLEL and not second.chained:
            return False
        hidden = (stretch.count - 1) * stretch.period
        if modules:
            return hidden >= LEAST_HIDDEN
        return any(node.kind in _ACTIVE for node in nodes) and hidden >= LEAST_HIDDEN_OPS

    def _symbol(self, at: int, place: int) -> int:
        """Equal for children that could be members of one fold by what they are."""
        structure = self.structure
        if structure.node(place).kind not in _FOLDABLE:
            return -1 - at
        sources: dict[int, int] = {}
        entering = tuple(
            (
                entry.target - place,
                entry.operand,
                entry.tensor,
                sources.setdefault(entry.source, len(sources)),
            )
            for entry in structure.entries[place]
        )
        leaving = tuple(sorted({source - place for source, _ in structure.exits[place]}))
        return structure.numbers.of((structure.bodies[place], entering, leaving))

    def _sibling(self, place: int) -> int | None:
        """Which child of the group a position lies in; None outside the group."""
        if not self.structure.holds(self.place, place) or place == self.place:
            return None
        return bisect_right(self.starts, place) - 1

    def _regular(self, stretch: _Stretch) -> Iterator[_Stretch]:
        """The parts of a stretch whose members are all joined to one another in the same way.

        The first member of a part may be fed from anywhere. Where two parts share a member, both
        hold it.
        """
        first, period = stretch.start, stretch.period
        wirings = [self._wiring(first + k * period, period) for k in range(stretch.count)]
        begin = 0
        for k in range(1, stretch.count + 1):
            if k < stretch.count:
                same = wirings[k].inner == wirings[begin].inner
                unmixed = wirings[k].latest_far < first + begin * period
                if same and unmixed and wirings[k].links == wirings[begin + 1].links:
                    continue
                joined = wirings[k].inner == wirings[k - 1].inner and k - 1 > begin
                following = k - 1 if joined else k
            else:
                following = k
            yield _Stretch(first + begin * period, period, k - begin)
            begin = following

    def _wiring(self, first: int, period: int) -> _Wiring:
        inner: list[Any] = []
        links: list[Any] = []
        sources: dict[int, int] = {}
        far = [-1]
        for offset in range(period):
            at = first + offset
            for slot, entry in enumerate(self.structure.entries[self.starts[at]]):
                sibling = self._sibling(entry.source)
                back = 0 if sibling is None else at - sibling
                where = 0 if sibling is None else entry.source - self.starts[sibling]
                if 0 < back <= offset:
                    inner.append((offset, slot, back, where))
                    continue
                inner.append((offset, slot, sources.setdefault(entry.source, len(sources))))
                if offset < back <= offset + period:
                    links.append((back, where))
                else:
                    links.append(None)
                    far.append(-1 if sibling is None else sibling)
            leaving: dict[int, bool] = {}
            for source, target in self.structure.exits[self.starts[at]]:
                sibling = self._sibling(target)
                outside = sibling is None or not first <= sibling < first + period
                port = source - self.starts[at]
                leaving[port] = leaving.get(port, False) or outside
            inner += [(offset, *item) for item in sorted(leaving.items())]
        return _Wiring(tuple(inner), tuple(links), max(far))


@dataclass(frozen=True, slots=True)
class _Wiring:
    """How a member hangs together, and what feeds it.

    `links` says for each tensor that enters where in the member before it was made, None if it was
    made elsewhere; `latest_far` is the last child of the group that made one of those, -1 for none.
    """

    inner: tuple[Any, ...]
    links: tuple[Any, ...]
    latest_far: int

    @property
    def chained(self) -> bool:
        """Whether the member before it feeds this one."""
        return any(link is not None for link in self.links)


def _free_parts(stretch: _Stretch, taken: list[bool], low: int) -> Iterator[_Stretch]:
    """The longest runs of whole members of a stretch that nothing else took."""
    begin: int | None = None
    for k in range(stretch.count + 1):
        first = stretch.start + k * stretch.period
        free = k < stretch.count and not any(taken[first - low : first - low + stretch.period])
        if free and begin is None:
            begin = first
        elif not free and begin is not None:
            yield _Stretch(begin, stretch.period, (first - begin) // stretch.period)
            begin = None
