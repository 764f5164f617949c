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
