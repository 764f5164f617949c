"""The drawing: what is in it for which options, before anything is written."""

from __future__ import annotations

import math
import sys

import pytest
from tests.views.render.paper.drawn import (
    HOSTILE,
    blocks,
    document_of,
    drawing_of,
    graph_of,
    op,
    words,
)

from torchatlas.errors import MissingDependency, RunError
from torchatlas.run import Edge, Graph, Node
from torchatlas.views.render.paper import Drawing, draw_architecture


def ids(drawing: Drawing) -> list[str]:
    return [node.id for node in drawing.nodes]


def test_depth_opens_levels_of_groups_and_says_what_is_closed() -> None:
    graph = blocks(3)
    closed = drawing_of(graph, depth=0, fold=False)
    assert ids(closed) == ["input:x", "body", "output:0"]
    assert "Opened to depth 0 of 2: 3 of 15 nodes shown" in closed.notes
    one = drawing_of(graph, depth=1, fold=False)
    assert ids(one) == ["input:x", "body", "body.0", "body.1", "body.2", "output:0"]
    assert [node.open for node in one.nodes] == [False, True, False, False, False, False]
    whole = drawing_of(graph, depth="all", fold=False)
    assert len(whole.nodes) == 15
    assert not any("depth" in note for note in whole.notes)
    assert len(whole.edges) == 10


def test_identical_blocks_are_drawn_once_with_their_number() -> None:
    drawing = drawing_of(blocks(32), depth="all")
    assert ids(drawing) == [
        "input:x",
        "body",
        "body.0..body.31",
        "body.0",
        *(f"body.0/relu:{i}" for i in range(3)),
        "output:0",
    ]
    assert [node.count for node in drawing.nodes] == [1, 1, 32, 1, 1, 1, 1, 1]
    assert "×32" in words(drawing)
    assert "body.0" in words(drawing)
    pairs = [(edge.source, edge.target) for edge in drawing.edges]
    assert ("body.0/relu:2", "output:0") in pairs
    assert ("body.0/relu:2", "body.0/relu:0") not in pairs  # from one member to the next
    assert len(drawing_of(blocks(32), depth="all", fold=False).nodes) == 2 + 1 + 32 * 4


def test_stretches_of_several_nodes_repeat_as_one_group() -> None:
    names = ["conv", "norm", "act"] * 4
    nodes = [
        Node(f"{i}", "module", f"{i}", name, ".", parameters=(f"{i}.w",), atomic=True)
        for i, name in enumerate(names)
    ]
    ops = [op(f"{i}/{name}:0", f"{i}", name) for i, name in enumerate(names)]
    first = op("pad", name="pad")
    last = op("sum", name="sum")
    graph = graph_of([first, *nodes, *ops, last], ["pad", *(one.id for one in ops), "sum"])
    drawn = [(node.title, node.count) for node in drawing_of(graph).nodes]
    assert drawn == [("pad", 1), ("conv, norm, act", 4), ("0", 1), ("1", 1), ("2", 1), ("sum", 1)]


def test_a_group_that_is_named_is_opened_also_inside_a_fold() -> None:
    drawing = drawing_of(blocks(4), depth=0, expand=["body.2"])
    assert "body.0/relu:1" in ids(drawing)
    with pytest.raises(RunError, match="cannot expand 'nobody': the graph has no node of that id"):
        drawing_of(blocks(4), expand=["nobody"])


def test_left_to_right_is_wider_than_high() -> None:
    graph = graph_of([op(f"{i}") for i in range(20)])
    down, across = (
        drawing_of(graph, direction=way, fold=False, frame=False) for way in ("TB", "LR")
    )
    assert down.height > 2 * down.width
    assert across.width > 2 * across.height
    assert ids(down) == ids(across)


def test_nothing_leaves_the_page() -> None:
    for direction in ("TB", "LR"):
        drawing = drawing_of(blocks(5), depth="all", direction=direction)
        for node in drawing.nodes:
            assert node.x >= 0
            assert node.x + node.width <= drawing.width
            assert node.y >= 0
            assert node.y + node.height <= drawing.height
        for text in drawing.texts:
            assert text.left >= 0
            assert text.left + text.width <= drawing.width + 0.5


def test_colours_come_from_any_column_by_node() -> None:
    graph = blocks(2)
    cost = [
        {"node": f"body.{block}", "phase": phase, "time_s": time, "activation_bytes": 32}
        for block, phase, time in [(0, "forward", 1e-3), (1, "forward", 1e-2), (1, "backward", 5.0)]
    ]
    document = document_of(graph, cost=cost)
    drawn = draw_architecture(document, depth=1, fold=False, color="cost.time_s")
    assert [node.value for node in drawn.nodes if node.id.startswith("body.")] == ["1 ms", "10 ms"]
    assert drawn.legend == "cost.time_s, s, phase forward"
    back = draw_architecture(document, depth=1, fold=False, color="cost.time_s[phase=backward]")
    assert [node.value for node in back.nodes if node.id.startswith("body.")] == [None, "5 s"]
    folded = draw_architecture(document, depth=1, color="time")
    assert [node.value for node in folded.nodes if node.count == 2] == ["1 ms · 5.5 ms · 10 ms"]
    with pytest.raises(RunError, match=r"cannot colour by \"cost.hue\": there are .*cost.time_s"):
        draw_architecture(document, color="cost.hue")
    with pytest.raises(RunError, match=r"\"fase=back\" in .*: give key=value"):
        draw_architecture(document, color="cost.time_s[fase=back]")


def test_values_that_are_no_numbers_are_shown_as_such() -> None:
    modules = [Node(f"m{i}", "module", f"m{i}", "B", ".", parameters=("w",)) for i in range(5)]
    graph = graph_of(modules, [])
    values = {"m0": 1.0, "m1": math.nan, "m2": math.inf, "m3": None}
    drawn = drawing_of(graph, color=values, fold=False)
    assert [(node.value, node.state) for node in drawn.nodes] == [
        ("1", "value"),
        ("NaN", "nonfinite"),
        ("Inf ↑", "nonfinite"),
        (None, "unmeasured"),
        (None, "none"),
    ]
    assert "NaN in 1 node, without a colour" in words(drawn)
    assert "Inf in 1 node, without a colour" in words(drawn)
    hatched = [mark for mark in drawn.marks if mark.role == "node" and mark.node == "m3"]
    assert any(getattr(mark, "dash", ()) for mark in hatched)


def test_the_same_run_is_drawn_the_same_in_both_themes() -> None:
    light, dark = (drawing_of(blocks(3), theme=theme) for theme in ("light", "dark"))
    assert light.background == "#f6f7f9"
    assert dark.background == "#0e1014"
    assert light.nodes == dark.nodes
    assert light == drawing_of(blocks(3), theme="light")


def test_hostile_names_become_one_line_that_fits() -> None:
    nodes = [
        Node(HOSTILE, "module", HOSTILE, HOSTILE, ".", parameters=("w",)),
        op("x", HOSTILE, HOSTILE),
    ]
    drawing = drawing_of(graph_of(nodes, ["x"]), title=HOSTILE, depth="all")
    for text in drawing.texts:
        assert not set(text.text) & set("\x00\x1b\u202e\ud800\n")
        assert text.left + text.width <= drawing.width
    assert "…" in words(drawing)
    assert drawing.width < 900


def test_graphs_that_are_hardly_any() -> None:
    one = drawing_of(graph_of([op("only")]))
    assert ids(one) == ["only"]
    loose = drawing_of(graph_of([op(f"{i}") for i in range(7)], []), fold=False)
    assert len(loose.nodes) == 7
    assert loose.edges == ()
    with pytest.raises(RunError, match="tiny has no graph that could be drawn"):
        drawing_of(Graph({}, ()))
    root = drawing_of(graph_of([], []))
    assert root.nodes == ()


def test_a_loop_and_parts_that_are_not_joined() -> None:
    graph = graph_of([op("a"), op("b"), op("c"), op("d")], ["a", "b"])
    looped = Graph(graph.nodes, (*graph.edges, Edge("b", "a", graph.edges[0].tensor)))
    drawing = drawing_of(looped)
    assert {(edge.source, edge.target) for edge in drawing.edges} == {("a", "b"), ("b", "a")}
    assert len(drawing.nodes) == 4


def test_a_large_graph_is_opened_as_far_as_it_can_be_read() -> None:
    nodes: list[Node] = []
    for group in range(20):
        nodes.append(Node(f"g{group}", "module", f"g{group}", f"G{group}", "."))
        for i in range(100):
            kind = f"op{(i * 7 + group) % 13}"
            nodes.append(op(f"g{group}/{i}", f"g{group}", kind))
    chain = [node.id for node in nodes if node.kind == "op"]
    drawing = drawing_of(graph_of(nodes, chain))
    assert drawing.depth == 0
    assert "Opened to depth 0 of 1: 20 of 2,020 nodes shown" in drawing.notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "RL"}, "there is no direction 'RL'; choose TB or LR"),
        ({"scale": "root"}, "there is no scale 'root'; choose log or linear"),
        ({"theme": "blue"}, "there is no theme 'blue'; the themes are light, dark"),
        ({"depth": -1}, 'depth is -1; it is a number of levels, "all" or None'),
    ],
)
def test_an_option_without_such_a_value_is_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(RunError, match=message):
        drawing_of(blocks(1), **options)


def test_a_missing_engine_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "quickjs", None)
    with pytest.raises(MissingDependency, match=r"quickjs to lay out .*torchatlas\[paper\]"):
        drawing_of(blocks(1))
