"""What is different between two graphs: nodes added, removed, changed and moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torchatlas.measure.graph_tables import shape_text
from torchatlas.measure.matching import Matching
from torchatlas.measure.structure import (
    Numbers,
    Structure,
    module_path,
    relative_path,
    says_position,
)
from torchatlas.run import ROOT, Graph, Node, TensorSpec

_UNSET = "not set"
_NEVER_CALLED = ("ModuleList", "ModuleDict")


def difference_rows(before: Graph, after: Graph, run: str = "") -> list[dict[str, Any]]:
    """Rows of the table `differences`: what it takes to come from the first graph to the second.

    Of what was added, removed or moved as a whole only the outermost node has a row, with the
    count of nodes that it stands for. Devices, FLOPs and places in the source are not compared.
    A graph compared with itself gives no rows. Where one of the two was never run, modules and
    their settings alone are compared. See docs/measures/diff.md.

    Args:
        run: what the column `run` says.
    """
    return compared_rows(before, after, run)[0]


def compared_rows(
    before: Graph, after: Graph, run: str = ""
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the table `differences`, as `difference_rows` gives them, and those of `matches`.

    The second say which node of the first graph is which of the second, in the execution order of
    the second. What is only in one of the two has no row, and neither has what lies in an atomic
    module of another type.
    """
    if before.nodes and after.nodes and _was_run(before) != _was_run(after):
        before, after = _modules_alone(before), _modules_alone(after)
    found = _Differences(before, after)
    differences = [{"run": run, **row} for row in found.rows()]
    return differences, [{"run": run, **row} for row in found.matches()]


class _Differences:
    """The rows of two graphs, in the execution order of the second."""

    def __init__(self, before: Graph, after: Graph) -> None:
        numbers = Numbers()
        self.before = Structure(before, numbers, portable=True)
        self.after = Structure(after, numbers, portable=True)
        self.matching = Matching(self.before, self.after)
        self.hidden, self.also_hidden = self.matching.inside_replaced()

    def rows(self) -> list[dict[str, Any]]:
        placed = [*self._removed(), *self._added(), *self._paired()]
        placed.sort(key=lambda item: item[0])
        return [*(row for _, row in placed), *self._edges()]

    def matches(self) -> list[dict[str, str]]:
        pairs = sorted(self.matching.before_of.items())
        return [
            {"node": self.after.ids[place], "before_node": self.before.ids[other]}
            for place, other in pairs
        ]

    def _removed(self) -> Iterator[tuple[float, dict[str, Any]]]:
        matched = self.matching.after_of
        for place, count in _outermost(self.before, matched, self.hidden):
            node = self.before.node(place)
            row = _row("removed", before_node=node.id, what="node", before=node.type, count=count)
            earlier = place - 1
            while earlier >= 0 and earlier not in matched:
                earlier -= 1
            yield matched.get(earlier, -1) + 0.5, row

    def _added(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for place, count in _outermost(self.after, self.matching.before_of, self.also_hidden):
            node = self.after.node(place)
            row = _row("added", node=node.id, what="node", after=node.type, count=count)
            yield place, row

    def _paired(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for one, other in self.matching.after_of.items():
            left, right = self.before.node(one), self.after.node(other)
            ends = {"node": right.id, "before_node": left.id}
            if self._moved(one, other):
                size = self.after.sizes[other]
                yield (
                    other,
                    _row(
                        "moved", **ends, what="node", before=left.type, after=right.type, count=size
                    ),
                )
            changes = list(_changes(left, right))
            told = self._told_around(one) if changes else []
            for change in changes:
                if change not in told:
                    what, was, is_ = change
                    yield other, _row("changed", **ends, what=what, before=was, after=is_)

    def _told_around(self, one: int) -> list[tuple[str, str, str]]:
        """The changes of the atomic module around an op, which are the op's own."""
        around = self.before.parents[one]
        if around < 0 or around not in self.matching.after_of:
            return []
        if not self.before.node(around).atomic:
            return []
        group = self.after.node(self.matching.after_of[around])
        return list(_changes(self.before.node(around), group))

    def _moved(self, one: int, other: int) -> bool:
        """Whether a node lies elsewhere in the group around it, or in another group."""
        left, right = self.before.ids[one], self.after.ids[other]
        around, group = self.before.parents[one], self.after.parents[other]
        if left == right:
            return False
        if self.matching.after_of.get(around, -1) != group:
            return True
        if around < 0:
            return True
        if self.before.ids[around] == self.after.ids[group]:
            return True
        names = _name_in_group(self.before, one), _name_in_group(self.after, other)
        return bool(names[0] != names[1])

    def _edges(self) -> Iterator[dict[str, Any]]:
        """Edges between nodes that are in both graphs, which are in one of the two only."""
        after_of, before_of = self.matching.after_of, self.matching.before_of
        was = _sources(self.before, self.hidden, after_of)
        is_ = _sources(self.after, self.also_hidden, {place: place for place in before_of})
        for target in sorted({*was, *is_}):
            old, new = was.get(target, []), is_.get(target, [])
            if old == new:
                continue
            node, before_node = self.after.ids[target], self.before.ids[before_of[target]]
            ends = {"node": node, "before_node": before_node}
            added, removed = Counter(new) - Counter(old), Counter(old) - Counter(new)
            for source in added.elements():
                text = f"{self.after.ids[source]} → {node}"
                yield _row("added", **ends, what="edge", after=text)
            for source in removed.elements():
                text = f"{self.before.ids[before_of[source]]} → {before_node}"
                yield _row("removed", **ends, what="edge", before=text)
            if not added and not removed:
                texts = (
                    ", ".join(self.before.ids[before_of[source]] for source in old),
                    ", ".join(self.after.ids[source] for source in new),
                )
                yield _row("changed", **ends, what="operands", before=texts[0], after=texts[1])


def _sources(
    structure: Structure, hidden: dict[int, int], after_of: dict[int, int]
) -> dict[int, list[int]]:
    """What feeds each matched node, in order of its operands, as positions in the second graph."""
    sources: dict[int, list[int]] = {}
    for edge in structure.graph.edges:
        places = (structure.place[edge.source], structure.place[edge.target])
        source, target = (after_of.get(hidden.get(place, place)) for place in places)
        if source is not None and target is not None and source != target:
            sources.setdefault(target, []).append(source)
    return sources


def _outermost(
    structure: Structure, matched: dict[int, int], hidden: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """Unmatched nodes in no unmatched group, each with how many such nodes it stands for."""
    top: dict[int, int] = {}
    counts: Counter[int] = Counter()
    for place, parent in enumerate(structure.parents):
        if place not in matched and place not in hidden:
            top[place] = top.get(parent, place)
            counts[top[place]] += 1
    yield from counts.items()


def _changes(left: Node, right: Node) -> Iterator[tuple[str, str, str]]:
    """What differs between two nodes that are one another: name, before, after."""
    if left.type != right.type:
        yield "type", left.type, right.type
    results = list(_tensor_changes("", left.outputs, right.outputs))
    yield from results or _tensor_changes("input ", left.inputs, right.inputs)
    if left.parameters or right.parameters:
        own, other = _parameters(left), _parameters(right)
        if own != other:
            yield "parameters", ", ".join(own) or "none", ", ".join(other) or "none"
    if left.attributes == right.attributes and str(left.attributes) == str(right.attributes):
        return
    for name in {**left.attributes, **right.attributes}:
        was, is_ = (_setting(node, name) for node in (left, right))
        place = says_position(name, left.attributes.get(name)) and left.id != right.id
        if was != is_ and not place:
            plain = [text[1:-1] if text[0] in "'\"" else text for text in (was, is_)]
            yield (name, was, is_) if plain[0] == plain[1] else (name, plain[0], plain[1])


def _tensor_changes(
    prefix: str, left: tuple[TensorSpec, ...], right: tuple[TensorSpec, ...]
) -> Iterator[tuple[str, str, str]]:
    if left == right:
        return
    for what, text in (("shape", shape_text), ("dtype", lambda spec: spec.dtype)):
        was, is_ = (", ".join(map(text, specs)) for specs in (left, right))
        if was != is_:
            yield f"{prefix}{what}", was or "none", is_ or "none"


def _parameters(node: Node) -> list[str]:
    """Names of the parameters as seen from the module that the node is or lies in."""
    if node.kind not in ("module", "op"):
        return []
    path = module_path(node.id if node.kind == "module" else node.parent or "")
    names = (relative_path(name, path) for name in node.parameters)
    return ["../" * up + name for up, name in names]


def _setting(node: Node, name: str) -> str:
    return repr(node.attributes[name]) if name in node.attributes else _UNSET


def _name_in_group(structure: Structure, place: int) -> Any:
    node = structure.node(place)
    if node.kind in ("module", "parameter", "buffer"):
        return relative_path(module_path(node.id), module_path(node.parent or ""))
    return node.id.rpartition("/")[2]


def _row(kind: str, **cells: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("node", "before_node", "what", "before", "after"), "")
    return {"kind": kind} | texts | {"count": None} | cells


def _was_run(graph: Graph) -> bool:
    return any(node.kind != "module" for node in graph.nodes.values())


def _modules_alone(graph: Graph) -> Graph:
    """The modules of a graph, each once and in its owner, without what only a run tells of them."""
    kept = {
        node.id: node
        for node in graph.nodes.values()
        if node.kind == "module" and (node.id == ROOT or module_path(node.id) == node.id)
        if node.type not in _NEVER_CALLED
    }
    nodes = {}
    for node in kept.values():
        around = node.id.rpartition(".")[0]
        while around and around not in kept:
            around = around.rpartition(".")[0]
        owner = None if node.id == ROOT else around or ROOT
        nodes[node.id] = replace(node, parent=owner, inputs=(), outputs=(), atomic=False)
    return Graph(nodes, capture=graph.capture)
