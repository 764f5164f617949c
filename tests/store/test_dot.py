"""DOT text that another reader takes for the same graph, whatever the names are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import warnings

import pytest
import torch
from tests.store import programs
from torch import nn

import torchatlas as ta
from torchatlas.run import ROOT, Edge, Graph, Node, TensorSpec
from torchatlas.store.dot import dot_text

pydot = pytest.importorskip("pydot")

NAMES = [
    "plain",
    'a"b',
    "back\\slash\\",
    "\\",
    "\\N\\G\\n",
    "<b>bold</b>",
    "{a|b}",
    "line\nbreak",
    "tab\there",
    "&amp; &#33;",
    "🙂 ünï",
    "graph",
    "-> x;",
    "#1//",
    " ",
    HOSTILE := programs.HOSTILE,
]


def read(text):
    """The text as pydot understands it; its parser warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        (graph,) = pydot.graph_from_dot_data(text)
    return graph


def unquoted(text):
    assert text[0] == text[-1] == '"'
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def everything(graph):
    """Nodes by name, edges, and clusters by name, of a graph and all its clusters."""
    nodes, edges, clusters = {}, [], {}
    stack = [graph]
    while stack:
        part = stack.pop()
        for node in part.get_nodes():
            if node.get_name() not in ("node", "edge", "graph"):
                nodes[unquoted(node.get_name())] = node
        edges += [
            (unquoted(e.get_source()), unquoted(e.get_destination())) for e in part.get_edges()
        ]
        for inner in part.get_subgraphs():
            clusters[unquoted(inner.get_name())] = inner
            stack.append(inner)
    return nodes, edges, clusters


def hostile_graph():
    spec = TensorSpec((2, -1), "float32", "cpu", 8)
    nodes = {ROOT: Node(ROOT, "module", "m", "M", None)}
    edges, before = [], None
    for name in NAMES:
        nodes[name] = Node(name, "module", name, name, ROOT)
        op = f"{name}/{name}:0"
        nodes[op] = Node(op, "op", name, name, name, outputs=(spec,))
        if before is not None:
            edges.append(Edge(before, op, spec))
        before = op
    return Graph(nodes, tuple(edges))


@pytest.fixture(scope="module")
def traced():
    model = nn.Sequential(programs.Residual(), nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())).eval()
    return ta.trace(model, (torch.randn(1, 3, 8, 8),)).graph


def test_every_node_and_edge_is_there_once(traced):
    nodes, edges, clusters = everything(read(dot_text(traced)))
    groups = {n.id for n in traced.nodes.values() if n.kind == "module" and n.id != ROOT}
    assert set(nodes) == set(traced.nodes) - groups - {ROOT}
    assert sorted(edges) == sorted((e.source, e.target) for e in traced.edges)
    assert set(clusters) == {f"cluster_{group}" for group in groups}


def test_clusters_lie_as_the_groups_do(traced):
    _, _, clusters = everything(read(dot_text(traced)))
    for name, cluster in clusters.items():
        group = name.removeprefix("cluster_")
        assert {unquoted(n.get_name()) for n in cluster.get_nodes()} == {
            n.id for n in traced.children[group] if n.kind != "module"
        }
        assert {unquoted(c.get_name()) for c in cluster.get_subgraphs()} == {
            f"cluster_{n.id}" for n in traced.children[group] if n.kind == "module"
        }


def test_hostile_names_come_back_as_they_were():
    graph = hostile_graph()
    nodes, edges, clusters = everything(read(dot_text(graph)))
    assert set(nodes) == {f"{name}/{name}:0" for name in NAMES}
    assert edges == [(edge.source, edge.target) for edge in graph.edges]
    assert set(clusters) == {f"cluster_{name}" for name in NAMES}


def test_labels_show_text_and_do_nothing():
    nodes, _, _ = everything(read(dot_text(hostile_graph())))
    label = nodes["\\N\\G\\n/\\N\\G\\n:0"].get_label()
    assert label == r'"\\N\\G\\n\n2×?"'  # the last \n breaks the line, the others are text
    assert nodes["&amp; &#33;/&amp; &#33;:0"].get_label() == r'"&amp;amp; &amp;#33;\n2×?"'
    assert nodes["line\nbreak/line\nbreak:0"].get_label() == r'"line\nbreak\n2×?"'


def test_signs_that_no_text_carries_have_a_sign_of_their_own():
    graph = Graph(
        {
            ROOT: Node(ROOT, "module", "m", "M", None),
            "a\0": Node("a\0", "op", "a\0", "a", ROOT),
            "a\x1b": Node("a\x1b", "op", "a\x1b", "a", ROOT),
            "a\ud800": Node("a\ud800", "op", "a\ud800", "a", ROOT),
        }
    )
    text = dot_text(graph)
    assert text.encode()
    assert set(everything(read(text))[0]) == {"a␀", "a␛", "a\ufffd"}


def test_a_closed_group_takes_the_edges_of_what_is_in_it(traced):
    nodes, edges, clusters = everything(read(dot_text(traced, depth=0)))
    assert set(nodes) == {"input:input", "0", "1", "output:0"}
    assert edges == [("input:input", "0"), ("0", "1"), ("1", "output:0")]
    assert clusters == {}
    assert nodes["0"].get("peripheries") == "2"
    nodes, _, clusters = everything(read(dot_text(traced, depth=1)))
    assert {"0.conv", "0/add_:0", "1.1"} <= set(nodes)
    assert set(clusters) == {"cluster_0", "cluster_1"}


def test_edges_say_the_shape_unless_they_should_not(traced):
    assert '"input:input" -> "0.conv/conv2d:0" [label="1×3×8×8"]' in dot_text(traced)
    assert '"input:input" -> "0.conv/conv2d:0"\n' in dot_text(traced, shapes=False)


def test_the_direction_is_graphvizs(traced):
    assert read(dot_text(traced, direction="LR")).get_graph_defaults()[0]["rankdir"] == "LR"
    with pytest.raises(ta.RunError, match="direction is TB, BT, LR or RL, not 'up'"):
        dot_text(traced, direction="up")
    with pytest.raises(ta.RunError, match="depth is 0 or more, or None for everything, not -1"):
        dot_text(traced, depth=-1)


def test_a_graph_of_nothing_but_the_model_is_a_node():
    nodes, edges, _ = everything(
        read(dot_text(Graph({ROOT: Node(ROOT, "module", "m", "M", None)})))
    )
    assert (list(nodes), edges) == ([ROOT], [])


def test_groups_that_are_nested_deeper_than_python_calls():
    nodes, parent = {ROOT: Node(ROOT, "module", "m", "M", None)}, ROOT
    for level in range(3000):
        nodes[f"g{level}"] = Node(f"g{level}", "module", "g", "G", parent)
        parent = f"g{level}"
    assert dot_text(Graph(nodes)).count("subgraph") == 2999


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it_too():
    done = subprocess.run(
        ["dot", "-Tjson"],
        input=dot_text(hostile_graph()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    drawn = json.loads(done.stdout)
    names = {found["name"].replace("\\\\", "\\") for found in drawn["objects"]}
    assert names == {f"{name}/{name}:0" for name in NAMES} | {f"cluster_{name}" for name in NAMES}
    assert len(drawn["edges"]) == len(NAMES) - 1
