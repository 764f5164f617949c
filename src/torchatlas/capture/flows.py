"""Who read what whom had left in memory: the edges as the aten ops show them.

The graph finds its edges by tensors, as the user's ops are given them. Here they are found a second
time, by the bytes that each aten op reads and writes, so that the two can be held against each
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from torchatlas.capture.makers import Stretch, overlap
from torchatlas.run import Graph

if TYPE_CHECKING:
    from torchatlas.capture.builder import Draft

Place = tuple[int, Stretch]
"""Number of a storage, and the bytes of it."""


@dataclass(slots=True)
class _Left:
    """The last that a node left in a stretch of a storage."""

    stretch: Stretch
    draft: Draft


@dataclass(slots=True)
class Flows:
    """What the ops of one pass read and left, in order.

    Attributes:
        reads: storage, the node that had left there what was read (None: it was there before the
            pass), and the node that read it; each once.
        touched: by address of a node, the storages that it made, wrote to or returned a view of.
        seen: by address of a node, the storages that it was given.
        blind: addresses of nodes that were given something that lies in no storage of its own.
    """

    reads: dict[tuple[int, int, int], tuple[int, Draft | None, Draft]] = field(default_factory=dict)
    touched: dict[int, set[int]] = field(default_factory=dict)
    seen: dict[int, set[int]] = field(default_factory=dict)
    blind: set[int] = field(default_factory=set)
    busy: set[int] = field(default_factory=set)
    """Addresses of nodes that put new values somewhere; others hand on what they were given."""
    drafts: dict[int, Draft] = field(default_factory=dict)
    """The nodes by address, kept so that no address is used again."""
    _left: dict[int, list[_Left]] = field(default_factory=dict)

    def sources(self, read: Iterable[Place]) -> list[tuple[int, Draft | None]]:
        """What an op is about to read, and who left it; to be asked before it writes."""
        return [(storage, self._last(storage, stretch)) for storage, stretch in read]

    def note(
        self,
        draft: Draft,
        sources: Iterable[tuple[int, Draft | None]],
        given: Iterable[int | None],
        returned: Iterable[int],
        left: Iterable[Place],
    ) -> None:
        """Note an op of a node.

        Args:
            sources: what it read, and who had left that.
            given: numbers of the storages that it was given, read or not; None where one has none.
            returned: storages in which lies what it returned.
            left: where it put new values.
        """
        self.drafts[id(draft)] = draft
        for storage, source in sources:
            if source is not draft:
                self.reads.setdefault((storage, id(source), id(draft)), (storage, source, draft))
        seen = self.seen.setdefault(id(draft), set())
        for number in given:
            if number is None:
                self.blind.add(id(draft))
            else:
                seen.add(number)
        touched = self.touched.setdefault(id(draft), set())
        touched.update(returned)
        for storage, stretch in left:
            touched.add(storage)
            self.busy.add(id(draft))
            before = self._left.setdefault(storage, [])
            before[:] = [entry for entry in before if entry.stretch != stretch]
            before.append(_Left(stretch, draft))

    def _last(self, storage: int, stretch: Stretch) -> Draft | None:
        for entry in reversed(self._left.get(storage, ())):
            if overlap(stretch, entry.stretch):
                return entry.draft
        return None


def edges_amiss(
    graph: Graph,
    flows: Flows,
    inputs: dict[int, set[str]],
    outputs: Iterable[tuple[str, int, Draft | None]],
) -> Iterator[str]:
    """Flows without an edge and edges without a flow, in words.

    A flow may take its way through nodes that hand on the same memory, or that compute nothing
    (views, an identity, the parts of a dual number).

    Args:
        inputs: ids of the input nodes, by the storage that they lie in.
        outputs: id of each output node, its storage, and who left there what it holds.
    """
    into: dict[str, set[str]] = {}
    for edge in graph.edges:
        into.setdefault(edge.target, set()).add(edge.source)
    touched: dict[str, set[int]] = {}
    seen: dict[str, set[int]] = {}
    busy: set[str] = set()
    for address, draft in flows.drafts.items():
        touched[draft.id] = flows.touched[address]
        if address in flows.busy:
            busy.add(draft.id)
        if address not in flows.blind:
            seen[draft.id] = flows.seen[address]
    flowing = [(storage, source, target.id) for storage, source, target in flows.reads.values()]
    flowing += [(storage, source, target) for target, storage, source in outputs]
    for storage, source, target in flowing:
        wanted = {source.id} if source is not None else inputs.get(storage, set())
        known = {node_id for node_id in wanted if node_id in graph.nodes}
        if not known or target not in graph.nodes or target in known:
            continue
        hands_on = partial(_hands_on, storage=storage, touched=touched, busy=busy)
        if not _leads(into, known, target, hands_on):
            yield f"{target} reads what {min(known)} left, and no edge says so"
    for number, ids in inputs.items():
        for node_id in ids:
            touched.setdefault(node_id, set()).add(number)
    for edge in graph.edges:
        left, given = touched.get(edge.source), seen.get(edge.target)
        if left and given and left.isdisjoint(given):
            yield f"{edge.target} is given nothing of {edge.source}, and an edge says so"


def _hands_on(node_id: str, storage: int, touched: dict[str, set[int]], busy: set[str]) -> bool:
    return node_id not in busy or storage in touched[node_id]


def _leads(
    into: dict[str, set[str]], wanted: set[str], target: str, hands_on: Callable[[str], bool]
) -> bool:
    """Whether edges lead to the target through nodes that hand on what they are given."""
    stack, entered = [target], {target}
    while stack:
        sources = into.get(stack.pop(), set())
        if not wanted.isdisjoint(sources):
            return True
        stack += filter(hands_on, sources - entered)
        entered |= sources
    return False
