"""Files that Model Explorer's own data classes take, with the graph in them whole."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
import warnings

import pytest
import torch
from tests.store import programs
from torch import nn

import torchatlas as ta
from torchatlas.run import ROOT, Edge, Graph, Node, TensorSpec
from torchatlas.store.model_explorer import model_explorer_collection


def graph_builder():
    """Model Explorer's data classes, the definition of the form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("model_explorer.graph_builder")


def strictly(kind, data, names):
    """The data as the type says, or a failure: no field too many, none of another type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        for choice in inner:
            try:
                return strictly(choice, data, names)
            except AssertionError:
                continue
        raise AssertionError(f"{data!r} is none of {inner}")
    if origin is list:
        assert isinstance(data, list)
        return [strictly(inner[0], item, names) for item in data]
    if origin is dict:
        assert isinstance(data, dict)
        return {
            strictly(inner[0], key, names): strictly(inner[1], value, names)
            for key, value in data.items()
        }
    if origin is typing.Literal:
        assert data in inner
        return data
    if dataclasses.is_dataclass(kind):
        assert isinstance(data, dict)
        hints = typing.get_type_hints(kind, names)
        assert set(data) <= set(hints)
        return kind(**{key: strictly(hints[key], value, names) for key, value in data.items()})
    assert isinstance(data, kind)
    return data


def opened(graph, name="m"):
    """The one graph of the file, as Model Explorer holds it."""
    builder = graph_builder()
    data = json.loads(json.dumps(model_explorer_collection(graph, name)))
    collection = strictly(builder.GraphCollection, data, vars(builder))
    assert collection.label == name
    return collection.graphs[0]


@pytest.fixture(scope="module")
def traced():
    model = nn.Sequential(programs.Residual(), nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())).eval()
    return ta.trace(model, (torch.randn(1, 3, 8, 8),)).graph


def test_every_node_and_edge_is_there(traced):
    graph = opened(traced)
    leaves = {n.id for n in traced.nodes.values() if n.kind != "module"}
    assert {node.id for node in graph.nodes} == leaves
    edges = [(edge.sourceNodeId, node.id) for node in graph.nodes for edge in node.incomingEdges]
    assert sorted(edges) == sorted((edge.source, edge.target) for edge in traced.edges)


def test_namespaces_are_the_modules(traced):
    nodes = {node.id: node for node in opened(traced).nodes}
    assert nodes["0.conv/conv2d:0"].namespace == "0/conv"
    assert nodes["input:input"].namespace == ""
    groups = opened(traced).groupNodeAttributes
    assert groups["0/norm"]["type"] == "BatchNorm2d"
    assert groups[""]["type"] == "Sequential"
    assert groups["1/0"]["node id"] == "1.0"


def test_a_node_says_what_is_known_of_it(traced):
    (node,) = (node for node in opened(traced).nodes if node.id == "0.conv/conv2d:0")
    attributes = {pair.key: pair.value for pair in node.attrs}
    assert attributes["aten"] == ", ".join(traced.nodes[node.id].aten)
    assert attributes["parameters"] == "0.conv.weight, 0.conv.bias"
    assert attributes["FLOP"] == f"{traced.nodes[node.id].flops:.0f}"
    assert attributes["source"].rpartition(":")[0].endswith("programs.py")
    (output,) = node.outputsMetadata
    assert (output.id, output.attrs[0].value) == ("0", "1x3x8x8 float32")


def test_an_edge_leaves_from_the_output_that_it_carries():
    pair = (TensorSpec((2,), "float32", "cpu", 8), TensorSpec((3, -1), "int64", "cpu", 24))
    nodes = {
        ROOT: Node(ROOT, "module", "m", "M", None),
        "a": Node("a", "op", "a", "a", ROOT, outputs=pair),
        "b": Node("b", "op", "b", "b", ROOT, inputs=pair),
    }
    edges = (Edge("a", "b", pair[1]), Edge("a", "b", pair[0]))
    first, second = next(n for n in opened(Graph(nodes, edges)).nodes if n.id == "b").incomingEdges
    assert (first.sourceNodeOutputId, first.targetNodeInputId) == ("1", "0")
    assert (second.sourceNodeOutputId, second.targetNodeInputId) == ("0", "1")
    (a,) = (n for n in opened(Graph(nodes, edges)).nodes if n.id == "a")
    assert a.outputsMetadata[1].attrs[0].value == "3x? int64"


def test_hostile_names_make_no_levels_and_no_two_groups_one():
    nodes = {ROOT: Node(ROOT, "module", "m", "M", None)}
    for group, name in (("g1", "a/b"), ("g2", "a/b"), ("g3", " "), ("g4", programs.HOSTILE)):
        nodes[group] = Node(group, "module", name, "G", ROOT)
        nodes[f"{group}/op"] = Node(f"{group}/op", "op", name, "op", group, attributes={"kind": 3})
    graph = opened(Graph(nodes))
    spaces = {node.id: node.namespace for node in graph.nodes}
    assert spaces["g1/op"] == "a∕b"
    assert spaces["g2/op"] == "a∕b (2)"
    assert spaces["g3/op"] == "unnamed"
    assert spaces["g4/op"] == programs.HOSTILE.replace("/", "∕")
    (op,) = (node for node in graph.nodes if node.id == "g4/op")
    assert op.label == programs.HOSTILE
    assert [pair.value for pair in op.attrs if pair.key == "attribute kind"] == ["3"]


def test_a_module_without_ops_is_a_node():
    graph = ta.visualize_model(nn.Sequential(nn.Linear(2, 2), nn.ReLU())).graph
    assert [node.id for node in opened(graph).nodes] == ["0", "1"]
