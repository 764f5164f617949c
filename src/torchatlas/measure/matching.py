"""Which node of one graph is which of another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from itertools import chain, repeat
from typing import Any

from torchatlas.measure.alignment import alignment
from torchatlas.measure.structure import Structure, module_path, relative_path

_NAMED = ("module", "parameter", "buffer", "input", "output")

_Region = tuple[list[int], list[int]]


class Matching:
    """Pairs of nodes of two graphs, by position in their structures.

    First come parts of the same name and body, then neighbours in order, by body and then by
    type, and last equal parts that went elsewhere. Two structures must share their `Numbers`.

    Attributes:
        after_of: position in the second graph by position in the first.
        before_of: the other way.
        replaced: pairs of which one is atomic and the types differ, by position in the first
            graph; what is in them is not compared.
    """

    def __init__(self, before: Structure, after: Structure) -> None:
        self.before, self.after = before, after
        self.after_of: dict[int, int] = {}
        self.before_of: dict[int, int] = {}
        self.replaced: dict[int, int] = {}
        self._kin = (_kinships(before), _kinships(after))
        self._names = (_names(before), _names(after))
        waiting: list[_Region] = [(_tops(before), _tops(after))]
        while waiting:
            for one, other in self._paired(*waiting.pop()):
                if self._enter(one, other):
                    waiting.append((list(before.children(one)), list(after.children(other))))
        self._match_elsewhere()

    def inside_replaced(self) -> tuple[dict[int, int], dict[int, int]]:
        """For every position within a replaced pair, that of the part that was replaced."""
        return (
            _within(self.before, self.replaced.keys()),
            _within(self.after, self.replaced.values()),
        )

    def _enter(self, one: int, other: int) -> bool:
        """Note a pair; whether its children are still to be paired."""
        size = self.before.sizes[one]
        if self.before.bodies[one] == self.after.bodies[other]:
            self._pair(one, other, size)
            return False
        self._pair(one, other, 1)
        left, right = self.before.node(one), self.after.node(other)
        if left.type != right.type and (left.atomic or right.atomic):
            self.replaced[one] = other
            return False
        return size > 1 or self.after.sizes[other] > 1

    def _pair(self, one: int, other: int, size: int) -> None:
        self.after_of.update(zip(range(one, one + size), range(other, other + size), strict=True))
        self.before_of.update(zip(range(other, other + size), range(one, one + size), strict=True))

    def _paired(self, left: list[int], right: list[int]) -> Iterator[tuple[int, int]]:
        """Pairs among the children of two groups that are a pair."""
        names, others = self._names
        look: Callable[[int, int], Hashable]
        matched: set[int] = set()
        taken: set[int] = set()
        for look in (self._body, self._type):
            known = {
                (others[place], look(1, place)): place
                for place in right
                if _named(self.after, place)
            }
            kept = []
            for place in left:
                key = (names[place], look(0, place))
                if _named(self.before, place) and key in known:
                    taken.add(known[key])
                    yield place, known.pop(key)
                else:
                    kept.append(place)
            left, right = kept, [place for place in right if place not in taken]
        regions = [(left, right)]
        for look in (self._body, self._named_type, self._kinship, self._type):
            narrower: list[_Region] = []
            for one, other in regions:
                pairs = alignment(
                    [look(0, place) for place in one], [look(1, place) for place in other]
                )
                for at, to in pairs:
                    matched.add(one[at])
                    taken.add(other[to])
                    yield one[at], other[to]
                narrower += _between(one, other, pairs)
            regions = narrower
        regions.insert(0, (left, right))
        for look, (one, other) in zip(
            chain([self._named_type], repeat(self._named_kind)), regions, strict=False
        ):
            called = {look(1, place): place for place in other if place not in taken}
            for place in one:
                found = None if place in matched else called.pop(look(0, place), None)
                if found is not None:
                    matched.add(place)
                    taken.add(found)
                    yield place, found

    def _body(self, side: int, place: int) -> Hashable:
        return (self.before, self.after)[side].bodies[place]

    def _type(self, side: int, place: int) -> Hashable:
        node = (self.before, self.after)[side].node(place)
        return node.kind, node.type

    def _named_type(self, side: int, place: int) -> Hashable:
        return self._names[side][place], self._type(side, place)

    def _named_kind(self, side: int, place: int) -> Hashable:
        return self._names[side][place], (self.before, self.after)[side].node(place).kind

    def _kinship(self, side: int, place: int) -> Hashable:
        return self._kin[side][place]

    def _match_elsewhere(self) -> None:
        """Pair equal parts that are left over, the largest first."""
        hidden, also_hidden = self.inside_replaced()
        left = _left_over(self.before, self.after_of, hidden)
        right = _left_over(self.after, self.before_of, also_hidden)
        known: dict[Hashable, deque[int]] = {}
        for place in right:
            group = self.before_of.get(self.after.parents[place], -1)
            known.setdefault(_whereabouts(self.after, place, group), deque()).append(place)
        left.sort(key=lambda place: -self.before.sizes[place])
        for place in left:
            if place in self.after_of:
                continue
            group = self.before.parents[place]
            group = group if group in self.after_of else -1
            found = known.get(_whereabouts(self.before, place, group), deque())
            while found and found[0] in self.before_of:
                found.popleft()
            if found:
                self._pair(place, found.popleft(), self.before.sizes[place])


def _tops(structure: Structure) -> list[int]:
    return [place for place, parent in enumerate(structure.parents) if parent < 0]


def _named(structure: Structure, place: int) -> bool:
    """Whether a node has a name of its own, and not one that counts it among its neighbours."""
    node = structure.node(place)
    last = node.id.rpartition(".")[2]
    return node.kind in _NAMED and not last.isdigit() and "#" not in last and "~" not in last


def _whereabouts(structure: Structure, place: int, group: int) -> Hashable:
    """What a part is, and where it must stay: what has no parameters is found everywhere."""
    node = structure.node(place)
    anywhere = bool(node.parameters) or (node.kind == "module" and not node.atomic)
    return structure.bodies[place], -1 if anywhere else group


def _names(structure: Structure) -> list[Any]:
    """What each node is called in the group around it."""
    names: list[Any] = []
    for node_id in structure.ids:
        node = structure.graph.nodes[node_id]
        if node.kind in ("module", "parameter", "buffer"):
            names.append(relative_path(module_path(node_id), module_path(node.parent or "")))
        else:
            names.append(node_id.rpartition("/")[2])
    return names


def _kinships(structure: Structure) -> list[int]:
    """Numbers of the kinds and types within each part, whatever shapes and settings are."""
    kin = [0] * len(structure.ids)
    for place in reversed(range(len(kin))):
        node = structure.node(place)
        held = tuple(kin[child] for child in structure.children(place))
        kin[place] = structure.numbers.of(("kin", node.kind, node.type, held))
    return kin


def _between(left: list[int], right: list[int], pairs: list[tuple[int, int]]) -> Iterator[_Region]:
    """What lies on both sides between pairs that follow each other."""
    low, other_low = 0, 0
    for at, to in [*pairs, (len(left), len(right))]:
        if low < at and other_low < to:
            yield left[low:at], right[other_low:to]
        low, other_low = at + 1, to + 1


def _left_over(structure: Structure, matched: dict[int, int], hidden: dict[int, int]) -> list[int]:
    return [
        place for place in range(len(structure.ids)) if place not in matched and place not in hidden
    ]


def _within(structure: Structure, places: Any) -> dict[int, int]:
    return {
        inner: place
        for place in places
        for inner in range(place + 1, place + structure.sizes[place])
    }
