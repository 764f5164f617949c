"""Plain data to JSON and back, and what is said about JSON of the wrong form."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.run.documents import full_document

from torchatlas.errors import RunError
from torchatlas.run import Document, Node, TensorSummary, from_json, to_json
from torchatlas.run.codec import field_types

Json = Any


def through_text(value: Any) -> Json:
    """What another program reads: strict JSON text, parsed."""
    return json.loads(json.dumps(to_json(value), allow_nan=False))


def plain(value: Any) -> Any:
    """A form that `==` compares by value, NaN included."""
    if isinstance(value, float) and math.isnan(value):
        return "not a number"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return (type(value).__name__, fields)
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return (type(value).__name__, [plain(item) for item in value])
    return value


def kinds_within(kind: Any, found: set[type]) -> set[type]:
    """Every dataclass that the annotations of a dataclass reach."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind not in found:
            found.add(kind)
            for hint in field_types(kind).values():
                kinds_within(hint, found)
    else:
        for part in getattr(kind, "__args__", ()):
            kinds_within(part, found)
    return found


def kinds_of(value: Any) -> set[type]:
    """Every dataclass that occurs in a value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [kinds_of(getattr(value, f.name)) for f in dataclasses.fields(value)]
        return {type(value)}.union(*inner)
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list | tuple):
        return set().union(*(kinds_of(item) for item in items))
    return set()


def test_every_dataclass_survives_the_way_to_json_and_back() -> None:
    document = full_document()
    assert kinds_of(document) == kinds_within(Document, set()) | {TensorSummary}
    assert plain(from_json(Document, through_text(document))) == plain(document)


def test_numbers_that_are_not_finite_are_written_as_words() -> None:
    values = through_text(full_document())["run"]["tables"]["scalars"]["cells"]["value"]
    assert values == [1.5, "NaN", "Infinity", "-Infinity", None]


def test_fields_with_a_default_may_be_missing_and_unknown_ones_are_ignored() -> None:
    data = {"id": "a", "kind": "op", "name": "a", "type": "add", "parent": None, "newer": 1}
    assert from_json(Node, data) == Node("a", "op", "a", "add", None)


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(RunError, match="a set is not plain data and cannot be written as JSON"):
        to_json({"a": {1, 2}})


BREAKS: dict[str, tuple[Callable[[Json], object], str]] = {
    "missing field": (
        lambda d: d["run"]["graph"]["nodes"]["a"].pop("kind"),
        "document.run.graph.nodes.a: Node lacks 'kind'",
    ),
    "word for a number": (
        lambda d: d["run"]["findings"][1].update(value="half"),
        "document.run.findings[1].value: expected a number, found 'half'",
    ),
    "boolean for a whole number": (
        lambda d: d["run"]["model"].update(parameter_count=True),
        "document.run.model.parameter_count: expected int, found 'True'",
    ),
    "unknown word": (
        lambda d: d["run"]["findings"][0].update(severity="fatal"),
        "document.run.findings[0].severity: expected one of ('error', 'warning', 'info')",
    ),
    "object for a list": (
        lambda d: d["run"].update(gaps={}),
        "document.run.gaps: expected a list, found '{}'",
    ),
    "list for an object": (
        lambda d: d["run"].update(facts=[]),
        "document.run.facts: expected an object, found '[]'",
    ),
    "text for a dataclass": (
        lambda d: d.update(run="mine"),
        "document.run: expected an object (Run), found 'mine'",
    ),
    "pair of three": (
        lambda d: d["run"]["findings"][1].update(steps=[1, 2, 3]),
        "document.run.findings[1].steps: expected a list of 2",
    ),
    "unknown mark": (
        lambda d: d["views"][0]["panels"][0]["marks"][0].update(kind="pie"),
        "document.views[0].panels[0].marks[0]: there is no mark of kind 'pie'",
    ),
    "list as an attribute": (
        lambda d: d["run"]["graph"]["nodes"]["a"]["attributes"].update(k=[3]),
        "document.run.graph.nodes.a.attributes.k: expected bool or int or float or str",
    ),
    "text in a column of whole numbers": (
        lambda d: d["run"]["tables"]["distributions"]["cells"]["step"].__setitem__(0, "3"),
        "document.run.tables.distributions.cells.step[0]: expected int, found '3'",
    ),
    "text among the bins": (
        lambda d: d["run"]["tables"]["distributions"]["cells"]["summary"][0]["bin_keys"].append(
            "x"
        ),
        "document.run.tables.distributions.cells.summary[0].bin_keys[3]: expected int, found 'x'",
    ),
    "no column of cells": (
        lambda d: d["run"]["tables"]["scalars"]["cells"].update(value=1.0),
        "document.run.tables.scalars.cells.value: expected a list, found '1.0'",
    ),
    "columns of different length": (
        lambda d: d["run"]["tables"]["scalars"]["cells"]["value"].pop(),
        "table 'scalars': columns differ in length",
    ),
}


@pytest.mark.parametrize(("breaking", "message"), BREAKS.values(), ids=BREAKS.keys())
def test_json_of_the_wrong_form_is_refused_with_its_path(
    breaking: Callable[[Json], object], message: str
) -> None:
    data = through_text(full_document())
    breaking(data)
    with pytest.raises(RunError, match=re.escape(message)):
        from_json(Document, data, "document")
