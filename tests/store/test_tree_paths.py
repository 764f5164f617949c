"""Names of arguments and results, from how they are nested."""

from __future__ import annotations

import json

import pytest

from torchatlas.store.tree_paths import input_paths, output_paths

LEAF = {"type": None, "context": None, "children_spec": []}


def of(kind, context, *parts):
    return {"type": kind, "context": json.dumps(context), "children_spec": list(parts)}


def tree(root):
    return json.dumps([1, root])


def test_arguments_are_named_as_forward_names_them():
    positional = of("builtins.tuple", None, LEAF, of("builtins.list", None, LEAF, LEAF))
    keyword = of("builtins.dict", ["mask"], of("Pair", [["a", "b"], []], LEAF, LEAF))
    root = of("builtins.tuple", None, positional, keyword)
    assert input_paths(tree(root), ["x", "states", "mask"], {}) == [
        ("x",),
        ("states", "0"),
        ("states", "1"),
        ("mask", "a"),
        ("mask", "b"),
    ]


def test_results_have_keys_fields_and_positions():
    named = of("collections.namedtuple", "my.Point", LEAF, LEAF)
    root = of("builtins.dict", ["y", 3], named, LEAF)
    fields = {"my.Point": ("u", "v")}
    assert output_paths(tree(root), fields) == [("y", "u"), ("y", "v"), ("3",)]
    assert output_paths(tree(root), {}) == [("y", "0"), ("y", "1"), ("3",)]
    assert output_paths(tree(LEAF), {}) == [()]


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1, 2]", "[" * 100_000, '[1, {"type": "x"}]'])
def test_what_is_no_tree_has_no_names(text):
    assert output_paths(text, {}) is None
    assert input_paths(text, [], {}) is None
