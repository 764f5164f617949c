"""The graph as text for Graphviz: groups are clusters, edges carry the shapes of their tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from torchatlas.errors import RunError
from torchatlas.run import ROOT, Graph, Node, TensorSpec

Direction = Literal["TB", "BT", "LR", "RL"]

_SHAPES = {
    "input": "oval",
    "output": "oval",
    "parameter": "cylinder",
    "buffer": "cylinder",
    "constant": "cylinder",
}
_CONTROL = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421,
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
}
"""Characters that no text format carries, and the signs that stand for them."""


def dot_text(
    graph: Graph,
    *,
    name: str = "model",
    depth: int | None = None,
    direction: Direction = "TB",
    shapes: bool = True,
) -> str:
    """The graph in Graphviz's DOT language.

    Node names are the node ids, clusters are named `cluster_` and the id of the group. An edge
    into or out of a closed group ends at the group; such edges of one shape are one.

    Args:
        name: of the whole graph.
        depth: how many levels of groups are open; 0 shows what the model itself calls, None
            everything.
        direction: "TB" from top to bottom, "LR" from left to right, "BT" or "RL".
        shapes: write the shape of the tensor on each edge.

    Raises:
        RunError: the direction is another, or the depth is negative.
    """
    if direction not in ("TB", "BT", "LR", "RL"):
        raise RunError(f"direction is TB, BT, LR or RL, not {direction!r}")
    if depth is not None and depth < 0:
        raise RunError(f"depth is 0 or more, or None for everything, not {depth}")
    lines = [
        f"digraph {_quoted(name)} {{",
        f"  graph [rankdir={direction}, fontname=Helvetica, compound=true]",
        "  node [shape=box, style=rounded, fontname=Helvetica, fontsize=11]",
        "  edge [fontname=Helvetica, fontsize=9, color=gray40]",
    ]
    seen_as = _seen_as(graph, depth)
    lines += _boxes(graph, seen_as)
    lines += _arrows(graph, seen_as, shapes)
    return "\n".join([*lines, "}", ""])


def _seen_as(graph: Graph, depth: int | None) -> dict[str, str]:
    """For each node the node that is drawn: itself, or the closed group around it."""
    seen_as: dict[str, str] = {}
    level = {ROOT: 0}
    stack = [node.id for node in reversed(graph.children.get(ROOT, ()))]
    while stack:
        node_id = stack.pop()
        parent = graph.nodes[node_id].parent or ROOT
        level[node_id] = level[parent] + 1
        around = seen_as.get(parent, parent)
        closed = around != parent or (depth is not None and level[node_id] > depth + 1)
        seen_as[node_id] = around if closed else node_id
        stack += [child.id for child in reversed(graph.children.get(node_id, ()))]
    return seen_as


def _boxes(graph: Graph, seen_as: dict[str, str]) -> Iterator[str]:
    """Nodes and clusters, nested as the groups are; without recursion, however deep they go."""
    if not graph.children.get(ROOT) and ROOT in graph.nodes:
        yield f"  {_node(graph.nodes[ROOT], closed=True)}"
    stack: list[Node | None] = list(reversed(graph.children.get(ROOT, ())))
    indent = 1
    while stack:
        node = stack.pop()
        if node is None:
            indent -= 1
            yield f"{'  ' * indent}}}"
            continue
        inner = [
            child for child in graph.children.get(node.id, ()) if seen_as[child.id] == child.id
        ]
        if not inner:
            yield f"{'  ' * indent}{_node(node, closed=node.kind == 'module')}"
            continue
        yield f"{'  ' * indent}subgraph {_quoted(f'cluster_{node.id}')} {{"
        indent += 1
        label = _label(_title(node))
        said = f"label={label}; tooltip={_label(node.id)}"
        yield f"{'  ' * indent}{said}; style=rounded; color=gray60"
        stack.append(None)
        stack += reversed(inner)


def _node(node: Node, *, closed: bool) -> str:
    outputs = ", ".join(_shape(spec) for spec in node.outputs)
    label = "\n".join(part for part in (_title(node), outputs) if part)
    shape = f", shape={_SHAPES[node.kind]}" if node.kind in _SHAPES else ""
    border = ", peripheries=2" if closed else ""
    return f"{_quoted(node.id)} [label={_label(label)}, tooltip={_label(node.id)}{shape}{border}]"


def _title(node: Node) -> str:
    says_more = node.kind == "module" and node.type != node.name
    return f"{node.name}: {node.type}" if says_more else node.name


def _arrows(graph: Graph, seen_as: dict[str, str], shapes: bool) -> Iterator[str]:
    drawn: set[tuple[str, str, str]] = set()
    for edge in graph.edges:
        source, target = seen_as[edge.source], seen_as[edge.target]
        label = _shape(edge.tensor) if shapes else ""
        if source == target or (source, target, label) in drawn:
            continue
        drawn.add((source, target, label))
        attributes = f" [label={_label(label)}]" if label else ""
        yield f"  {_quoted(source)} -> {_quoted(target)}{attributes}"


def _shape(spec: TensorSpec) -> str:
    return "×".join("?" if size < 0 else str(size) for size in spec.shape) or "scalar"


def _quoted(text: str) -> str:
    """A name as DOT writes it. No two names become one: what is replaced has a sign of its own."""
    plain = text.translate(_CONTROL)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(text: str) -> str:
    """Text to be shown. Graphviz reads backslashes and entities in it, so both are escaped."""
    return _quoted(text.replace("&", "&amp;")).replace("\n", "\\n")
