"""A program that is not as it should be is an error that says where, whatever is wrong with it."""

from __future__ import annotations

import json
import random

import pytest
import torch
from tests.store import programs
from tests.store.programs import export, members, program_member, rewritten, save, zipped

import torchatlas as ta
from torchatlas.store.exported_program import exported_run
from torchatlas.store.program_json import plain_symbol


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    return save(export(programs.Branching(), torch.randn(2, 3)), folder / "model.pt2")


def refused(path, message):
    with pytest.raises(ta.RunError, match=message):
        ta.load(path)


def test_no_json(whole, tmp_path):
    content = members(whole) | {program_member(whole): b'{"graph_module": '}
    refused(zipped(tmp_path / "a.pt2", content), "the program is no JSON that can be read")


def test_json_that_is_nested_without_end(whole, tmp_path):
    content = members(whole) | {program_member(whole): b"[" * 200_000}
    refused(zipped(tmp_path / "a.pt2", content), "the program is no JSON that can be read")


def test_another_schema_says_which_and_what_to_do(whole):
    def change(document):
        document["schema_version"]["major"] = 7
        document["torch_version"] = "2.5.1"

    refused(
        rewritten(whole, change),
        r"schema version 7\.\d+, written by torch 2\.5\.1, and this TorchAtlas reads 8; "
        "export the model again",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("graph_module"), "the program lacks 'graph_module'"),
        (lambda d: d.pop("schema_version"), "the program lacks 'schema_version'"),
        (lambda d: graph(d).pop("nodes"), "graph lacks 'nodes'"),
        (lambda d: graph(d)["nodes"][0].pop("target"), r"graph.nodes\[0\] lacks 'target'"),
        (
            lambda d: graph(d)["nodes"][0].update(inputs=3),
            r"graph.nodes\[0\] \(torch.ops.aten.sum.default\).inputs is a int, not a list",
        ),
        (lambda d: graph(d)["tensor_values"].pop("linear"), "nothing is said of the tensor"),
        (
            lambda d: graph(d)["nodes"][1]["inputs"][0]["arg"]["as_tensor"].update(name="none"),
            "it uses the tensor 'none', unmade",
        ),
        (lambda d: graph(d)["inputs"].clear() or signature(d)["input_specs"].clear(), "unmade"),
        (lambda d: signature(d)["input_specs"].append({}), "input_specs has an entry of unknown"),
    ],
)
def test_a_field_that_is_missing_or_wrong(whole, change, message):
    refused(rewritten(whole, change), message)


def test_subgraphs_that_are_nested_too_deep(whole):
    def change(document):
        (hop,) = (node for node in graph(document)["nodes"] if node["target"].endswith(".cond"))
        for _ in range(60):
            inner = json.loads(json.dumps(hop))
            hop["inputs"][1]["arg"]["as_graph"]["graph"]["nodes"] = [inner]
            hop["inputs"][2]["arg"]["as_graph"]["graph"]["nodes"] = []
            inner["inputs"][2]["arg"]["as_graph"]["graph"]["nodes"] = []
            hop = inner
            hop["inputs"][1]["arg"]["as_graph"]["graph"]["nodes"] = []

    refused(rewritten(whole, change), "is nested deeper than 40 subgraphs")


def first_size(size):
    return lambda d: tensor(d)["sizes"].__setitem__(0, size)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: first_argument(d, {"as_sym_ints": [{"a": 1, "b": 2}]}),
            r"graph.nodes\[0\] \(torch.ops.aten.sum.default\) has an entry of unknown form",
        ),
        (lambda d: first_argument(d, {"as_sym_int": {}}), "has an entry of unknown form"),
        (first_size({"as_int": 10**400}), "can be read: an integer of 401 digits"),
        (first_size({"as_int": 2**63}), "tensor 'linear' has a size or stride of 92233720368547"),
        (first_size({"as_int": -1}), "tensor 'linear' has a size or stride of -1"),
        (
            lambda d: tensor(d)["strides"].__setitem__(0, {"as_int": 2**63}),
            "tensor 'linear' has a size or stride of 9223372036854775808",
        ),
        (
            lambda d: tensor(d).update(sizes=[{"as_int": 2**40}] * 2),
            "tensor 'linear' has more elements than an int64 counts",
        ),
        (
            lambda d: tensor(d).update(sizes=[{"as_int": 0}, *[{"as_int": 2**40}] * 2]),
            "tensor 'linear' has more elements than an int64 counts",
        ),
        (
            lambda d: tensor(d).update(sizes=[{"as_int": 1}] * 65),
            "tensor 'linear' has 65 sizes, and a tensor has at most 64 dimensions",
        ),
        (
            lambda d: tensor(d).update(strides=[{"as_int": 1}] * 65),
            "tensor 'linear' has 65 strides, and a tensor has at most 64 dimensions",
        ),
        (
            lambda d: first_argument(d, nested({"as_int": 1}, 100)),
            "has arguments nested deeper than 40",
        ),
        (
            lambda d: graph(d)["nodes"][0].update(target="y" * 10**6),
            r"graph.nodes\[0\] has a target of 1000000 characters",
        ),
        (
            lambda d: first_argument(d, {"as_graph": {"name": "y" * 10**6, "graph": {}}}),
            "has a subgraph with a name of 1000000 characters",
        ),
    ],
)
def test_a_program_that_was_made_to_harm(whole, change, message):
    refused(rewritten(whole, change), message)


def test_subgraphs_among_the_inputs_of_subgraphs_count_as_nested(whole):
    def change(document):
        argument = {"as_tensor": {"name": "x"}}
        for _ in range(60):
            inner = {"inputs": [argument], "outputs": [], "nodes": [], "tensor_values": {}}
            argument = {"as_graph": {"name": "deep", "graph": inner}}
        graph(document)["inputs"].append(argument)

    refused(rewritten(whole, change), "deep is nested deeper than 40 subgraphs")


def test_an_argument_of_many_named_parts_is_put_together_once(whole):
    """Adding 200,000 parts to a tuple one by one would copy 160 GB."""
    parts = {str(i): {"as_tensor": {"name": "x"}} for i in range(200_000)}
    path = rewritten(whole, lambda d: first_argument(d, {"as_string_to_argument": parts}))
    assert len(ta.load(path).graph.nodes["/sum:0"].inputs) == 1


def test_the_shapes_of_many_outputs_are_written_up_to_a_length(whole):
    symbol = {"as_expr": {"expr_str": "s" * 500, "hint": None}}

    def change(document):
        graph(document)["tensor_values"]["many"] = tensor(document) | {"sizes": [symbol] * 64}
        outputs = [{"as_tensors": [{"name": "many"}] * 100_000}]
        graph(document)["nodes"][0]["outputs"] += outputs

    attributes = ta.load(rewritten(whole, change)).graph.nodes["/sum:0"].attributes
    assert attributes["symbolic_shape"] == ("s" * 500 + "×") * 3 + "s" * 497 + "..."


def test_damage_anywhere_is_a_run_error_and_never_another(whole):
    """Each of 1,500 changes either leaves a program that can be read, or is refused."""
    text = members(whole)[program_member(whole)]
    chance = random.Random(7)
    refusals = 0
    for _ in range(1500):
        document = json.loads(text)
        damage(document, chance)
        try:
            exported_run(json.dumps(document).encode(), {}, "damaged")
        except ta.RunError:
            refusals += 1
    assert 150 < refusals < 1450


def damage(document, chance):
    """Take one value of the document away, or put one of another kind in its place."""
    places, stack = [], [document]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item))
        for key in keys:
            places.append((item, key))
            if isinstance(item[key], dict | list):
                stack.append(item[key])
    owner, key = chance.choice(places)
    if chance.random() < 0.3:
        del owner[key]
    else:
        owner[key] = chance.choice([None, 0, -1, 2.5, "text", [], {}, True, [[]], {"as_int": "x"}])


def nested(argument, times):
    for _ in range(times):
        argument = {"as_string_to_argument": {"a": argument}}
    return argument


def first_argument(document, argument):
    graph(document)["nodes"][0]["inputs"][0]["arg"] = argument


def tensor(document):
    return graph(document)["tensor_values"]["linear"]


def graph(document):
    return document["graph_module"]["graph"]


def signature(document):
    return document["graph_module"]["signature"]


@pytest.mark.parametrize(
    ("expression", "plain"),
    [
        ("Symbol('s77', positive=True, integer=True)", "s77"),
        ("Mul(Integer(5), Symbol('s77', positive=True, integer=True))", "Mul(5, s77)"),
        ("Symbol('unfinished", "Symbol('unfinished"),
    ],
)
def test_sizes_are_written_plainly(expression, plain):
    assert plain_symbol(expression) == plain
