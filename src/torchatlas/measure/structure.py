"""What each part of a graph is, apart from its name and place: equal parts get equal numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torchatlas.run import ROOT, Attribute, Graph, Node, TensorSpec

_LATER_CALL = re.compile(r"#\d+$")
_COPY = re.compile(r"~\d+$")
_POSITION = re.compile(r"((^|_)(layer|block|stage)_?|^)(idx|index|id|number)$")
"""Settings in which a block keeps its own position: `layer_idx` of Hugging Face models, say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An edge that enters a part from outside; `operand` counts the edges into its target."""

    source: int
    target: int
    operand: int
    tensor: TensorSpec


class Numbers:
    """Gives equal keys equal numbers. Structures are comparable where they share one of these."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}

    def of(self, key: Any) -> int:
        """The number of a key, a new one when it is asked for the first time."""
        return self._known.setdefault(key, len(self._known))


class Structure:
    """A graph by position: every group is followed by what is in it, to any depth.

    Attributes:
        ids: node ids by position.
        place: position by node id.
        parents: position of the group around, -1 for none.
        sizes: nodes in a part, itself included: it takes the positions from its own on.
        bodies: number of what a part is: kinds, types, settings, shapes, names and edges within,
            all of them relative to it. Its own name and what it is connected to are left out,
            and of a portable structure also devices and aten ops.
        entries: edges that enter a part from outside, in order of target and operand.
        exits: edges that leave it, as (source, target).
    """

    def __init__(self, graph: Graph, numbers: Numbers, *, portable: bool = False) -> None:
        self.graph = graph
        self.numbers = numbers
        self.portable = portable
        self.ids: list[str] = []
        self.parents: list[int] = []
        self._walk()
        self.place = {node_id: place for place, node_id in enumerate(self.ids)}
        count = len(self.ids)
        self.sizes = [1] * count
        for place in reversed(range(count)):
            if self.parents[place] >= 0:
                self.sizes[self.parents[place]] += self.sizes[place]
        self.entries: list[list[Entry]] = [[] for _ in range(count)]
        self.exits: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self._within: list[list[Entry]] = [[] for _ in range(count)]
        self._route_edges()
        self.bodies = [0] * count
        for place in reversed(range(count)):
            self.bodies[place] = self._body(place)

    def children(self, place: int) -> Iterator[int]:
        """Positions of what is directly in a group, in execution order."""
        child, end = place + 1, place + self.sizes[place]
        while child < end:
            yield child
            child += self.sizes[child]

    def holds(self, place: int, other: int) -> bool:
        """Whether a position lies in a part; every part holds itself."""
        return place <= other < place + self.sizes[place]

    def node(self, place: int) -> Node:
        """The node at a position."""
        return self.graph.nodes[self.ids[place]]

    def _walk(self) -> None:
        nodes, children = self.graph.nodes, self.graph.children
        tops = [node for node in nodes.values() if node.parent not in nodes]
        stack = [(node.id, -1) for node in reversed(tops)]
        while stack:
            node_id, parent = stack.pop()
            place = len(self.ids)
            self.ids.append(node_id)
            self.parents.append(parent)
            stack += [(child.id, place) for child in reversed(children.get(node_id, ()))]

    def _route_edges(self) -> None:
        """Note each edge with the group that holds both ends, and with all that it crosses."""
        operands: dict[int, int] = {}
        for edge in self.graph.edges:
            source, target = self.place[edge.source], self.place[edge.target]
            operand = operands.get(target, 0)
            operands[target] = operand + 1
            entry = Entry(source, target, operand, edge.tensor)
            around = target
            while around >= 0 and not self.holds(around, source):
                self.entries[around].append(entry)
                around = self.parents[around]
            if around >= 0:
                self._within[around].append(entry)
            around = source
            while around >= 0 and not self.holds(around, target):
                self.exits[around].append((source, target))
                around = self.parents[around]
        for entries in (*self.entries, *self._within):
            entries.sort(key=lambda entry: (entry.target, entry.operand))

    def _body(self, place: int) -> int:
        node = self.node(place)
        path = module_path(node.id) if node.kind == "module" else module_path(node.parent or ROOT)
        held = list(self.children(place))
        return self.numbers.of(
            (
                node.kind,
                node.type,
                node.atomic,
                tuple(map(self._tensor, node.inputs)),
                tuple(map(self._tensor, node.outputs)),
                () if self.portable else node.aten,
                () if self._took_no_part(held) else _settings(node.attributes),
                tuple(relative_path(name, path) for name in node.parameters)
                if node.kind in ("module", "op")
                else (),
                tuple((self._name_in(child, path), self.bodies[child]) for child in held),
                tuple(
                    (
                        entry.source - place,
                        entry.target - place,
                        entry.operand,
                        self._tensor(entry.tensor),
                    )
                    for entry in self._within[place]
                ),
            )
        )

    def _tensor(self, spec: TensorSpec) -> Any:
        return (spec.shape, spec.dtype) if self.portable else spec

    def _took_no_part(self, held: list[int]) -> bool:
        """Whether a module let its input through untouched, so that no setting of it mattered."""
        nodes = [self.node(child) for child in held]
        return bool(nodes) and all((node.kind, node.type) == ("op", "identity") for node in nodes)

    def _name_in(self, place: int, path: str) -> Any:
        node = self.node(place)
        if node.kind in ("module", "parameter", "buffer"):
            return relative_path(module_path(node.id), path)
        return node.name


def module_path(node_id: str) -> str:
    """Where a module or tensor lies in the model, whichever call of it the node is."""
    plain = node_id
    if "#" in plain or "~" in plain:
        plain = _LATER_CALL.sub("", _COPY.sub("", plain))
    return "" if plain == ROOT else plain


def relative_path(name: str, path: str) -> tuple[int, str]:
    """A qualified name as seen from a module: how many levels up, and the way down from there."""
    if not path:
        return 0, name
    if name.startswith(f"{path}."):
        return 0, name[len(path) + 1 :]
    parts, around = name.split("."), path.split(".")
    shared = 0
    while shared < min(len(parts), len(around)) and parts[shared] == around[shared]:
        shared += 1
    return len(around) - shared, ".".join(parts[shared:])


def says_position(name: str, value: Attribute) -> bool:
    """Whether a setting only tells a block where it stands among its like."""
    return type(value) is int and _POSITION.search(name) is not None


def _settings(attributes: dict[str, Attribute]) -> tuple[tuple[str, str], ...]:
    """The attributes in a form in which NaN equals itself and 1 is not True."""
    return tuple(
        (name, repr(value))
        for name, value in sorted(attributes.items())
        if not says_position(name, value)
    )
