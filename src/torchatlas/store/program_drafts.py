"""Nodes of an exported program while they are put together, and the graph that comes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from torchatlas.run import (
    ROOT,
    Attribute,
    CaptureReport,
    Edge,
    Graph,
    Node,
    NodeKind,
    SourceLocation,
    TensorSpec,
)
from torchatlas.store.program_json import TensorInfo

_LONGEST_SHAPES = 2_000
"""Characters of the shapes of one node whose sizes are not fixed; more are left out."""

_STORED = ("parameter", "buffer", "constant")


@dataclass(slots=True)
class Draft:
    """A node that is still being learnt about."""

    id: str
    kind: NodeKind
    name: str
    type: str
    parent: str | None
    source: SourceLocation | None = None
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    aten: tuple[str, ...] = ()
    flops: float | None = None
    atomic: bool = False

    def show(self, info: TensorInfo) -> None:
        """Add an output; a shape with sizes that are not fixed is an attribute too."""
        self.outputs.append(info.spec)
        before = str(self.attributes.get("symbolic_shape", ""))
        if info.symbols is not None and len(before) <= _LONGEST_SHAPES:
            text = f"{before}, {info.symbols}" if before else info.symbols
            shortened = f"{text[:_LONGEST_SHAPES]}..." if len(text) > _LONGEST_SHAPES else text
            self.attributes["symbolic_shape"] = shortened


class Drafts:
    """The graph so far, in execution order."""

    def __init__(self) -> None:
        self.nodes: dict[str, Draft] = {}
        self.edges: dict[tuple[str, str, TensorSpec], Edge] = {}
        self._copies: dict[str, int] = {}
        self._positions: dict[tuple[str, str], int] = {}

    def add(self, draft: Draft) -> Draft:
        """Put a node into the graph; an id that is taken gets a number."""
        wanted = draft.id
        while draft.id in self.nodes:
            self._copies[wanted] = self._copies.get(wanted, 1) + 1
            draft.id = f"{wanted}~{self._copies[wanted]}"
        self.nodes[draft.id] = draft
        return draft

    def op_id(self, group: str, name: str) -> str:
        """Id of the next op of that name in a group: `layer/add:0`, `layer/add:1`, ..."""
        position = self._positions.get((group, name), 0)
        self._positions[group, name] = position + 1
        return f"{'' if group == ROOT else group}/{name}:{position}"

    def connect(self, draft: Draft, sources: list[tuple[str, TensorSpec]]) -> None:
        """Add the edges into a node; a tensor used twice gives one edge."""
        for source, spec in sources:
            if source != draft.id:
                self.edges[source, draft.id, spec] = Edge(source, draft.id, spec)

    def describe_groups(self) -> None:
        """FLOPs, inputs and outputs of each group: what crosses its border is put in or out."""
        for draft in self.nodes.values():
            if draft.kind == "input":
                self.nodes[ROOT].inputs += draft.outputs
            elif draft.kind == "output":
                self.nodes[ROOT].outputs += draft.inputs
        for draft in reversed(list(self.nodes.values())):  # children come after their parent
            if draft.flops is not None and draft.parent is not None:
                outer = self.nodes[draft.parent]
                outer.flops = (outer.flops or 0.0) + draft.flops
        around = self._groups_around()
        seen: set[tuple[str, bool, str, TensorSpec]] = set()
        for edge in self.edges.values():
            if self.nodes[edge.source].kind in _STORED:
                continue
            source_groups, target_groups = around[edge.source], around[edge.target]
            if source_groups is target_groups:
                continue
            for group in target_groups - source_groups:
                self._cross(group, edge, seen, inward=True)
            for group in source_groups - target_groups:
                self._cross(group, edge, seen, inward=False)

    def graph(self, report: CaptureReport) -> Graph:
        """The finished graph."""
        nodes = {
            draft.id: Node(
                draft.id,
                draft.kind,
                draft.name,
                draft.type,
                draft.parent,
                tuple(draft.inputs),
                tuple(draft.outputs),
                tuple(dict.fromkeys(draft.parameters)),
                draft.attributes,
                draft.flops,
                draft.source,
                order,
                draft.atomic,
                draft.aten,
            )
            for order, draft in enumerate(self.nodes.values())
        }
        return Graph(nodes, tuple(self.edges.values()), report)

    def _groups_around(self) -> dict[str, frozenset[str]]:
        """By node: the groups that it stands in; nodes of one group share one set."""
        within: dict[str | None, frozenset[str]] = {None: frozenset()}
        around: dict[str, frozenset[str]] = {}
        for draft in self.nodes.values():  # parents come before their children
            if draft.parent is not None and draft.parent not in within:
                within[draft.parent] = around[draft.parent] | {draft.parent}
            around[draft.id] = within[draft.parent]
        return around

    def _cross(
        self, group: str, edge: Edge, seen: set[tuple[str, bool, str, TensorSpec]], *, inward: bool
    ) -> None:
        key = (group, inward, edge.source, edge.tensor)
        if key not in seen:
            seen.add(key)
            draft = self.nodes[group]
            (draft.inputs if inward else draft.outputs).append(edge.tensor)
