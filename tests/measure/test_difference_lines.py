"""Differences as lines of text."""

from __future__ import annotations

from tests.measure.drawn_graph import block_chain

from torchatlas.measure.diff import difference_rows
from torchatlas.measure.difference_lines import difference_lines


def row(kind: str, **cells: object) -> dict[str, object]:
    blank = dict.fromkeys(("node", "before_node", "what", "before", "after"), "")
    return {"kind": kind, "count": None} | blank | cells


def test_each_kind_has_its_line() -> None:
    rows = [
        row("added", node="a", what="node", after="Linear", count=2),
        row("removed", before_node="b", what="node", before="ReLU", count=1),
        row("moved", node="d", before_node="c", what="node", before="X", after="X", count=3),
        row("changed", node="e", before_node="e", what="width", before="4", after="8"),
        row("changed", node="f", before_node="g", what="shape", before="2×4", after="2×8"),
        row("added", node="e", before_node="e", what="edge", after="a → e"),
        row("removed", node="e", before_node="e", what="edge", before="b → e"),
    ]
    assert list(difference_lines("A → B", rows)) == [
        "A → B: 2 added, 2 removed, 1 moved, 2 changed",
        "+ a  Linear, 2 nodes",
        "- b  ReLU",
        "> c → d  X, 3 nodes",
        "~ e  width: 4 → 8",
        "~ f (was g)  shape: 2×4 → 2×8",
        "+ edge a → e",
        "- edge b → e",
    ]


def test_no_differences_are_said_to_be_none() -> None:
    graph = block_chain(["Block"])
    lines = difference_lines("A → A", difference_rows(graph, graph))
    assert list(lines) == ["A → A: no differences"]


def test_a_name_cannot_steer_the_terminal() -> None:
    (_, line) = difference_lines("x", [row("added", node="a\x1b[2J\nb", what="node", after="T")])
    assert line == "+ a\\x1b[2J\\nb  T"
