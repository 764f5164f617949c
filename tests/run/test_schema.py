"""The JSON Schema against an independent validator."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from tests.run.documents import full_document
from tests.run.test_codec import BREAKS, Json, through_text

from torchatlas.run import Document, Run, json_schema, to_json


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def errors(validator: jsonschema.Draft202012Validator, data: Json) -> list[str]:
    return [error.json_path for error in validator.iter_errors(data)]


def test_documents_are_valid(validator: jsonschema.Draft202012Validator) -> None:
    assert errors(validator, through_text(full_document())) == []
    assert errors(validator, to_json(Document(Run("empty", "2026-01-01")))) == []


NOT_SAID_BY_THE_SCHEMA = {
    "text in a column of whole numbers",  # cells are checked against their column when read
    "columns of different length",
}


@pytest.mark.parametrize("name", [name for name in BREAKS if name not in NOT_SAID_BY_THE_SCHEMA])
def test_broken_documents_are_refused(
    name: str, validator: jsonschema.Draft202012Validator
) -> None:
    data = through_text(full_document())
    BREAKS[name][0](data)
    assert errors(validator, data)


def test_unknown_fields_are_refused(validator: jsonschema.Draft202012Validator) -> None:
    data = through_text(full_document())
    data["run"]["extra"] = 1
    assert errors(validator, data) == ["$.run"]


def references(schema: Any) -> set[str]:
    """Every `$ref` in a schema."""
    if isinstance(schema, dict):
        own = {schema["$ref"]} if "$ref" in schema else set()
        return own.union(*(references(item) for item in schema.values()))
    if isinstance(schema, list):
        return set().union(*(references(item) for item in schema))
    return set()


def test_every_reference_is_defined_and_every_definition_used() -> None:
    schema = json_schema()
    assert references(schema) == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert all(definition["description"] for definition in schema["$defs"].values())


def test_the_module_prints_the_schema() -> None:
    command = [sys.executable, "-m", "torchatlas.run"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == json_schema()
