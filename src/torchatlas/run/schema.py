"""The JSON Schema of a Document: the one contract between Python and the viewer."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from torchatlas.run.codec import NONFINITE, field_types
from torchatlas.run.run import Document
from torchatlas.run.summary import TensorSummary
from torchatlas.run.table import Table

_SIMPLE = {int: "integer", str: "string", bool: "boolean", type(None): "null"}
_CELLS = field_types(Table)["cells"]
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": list(NONFINITE)}]}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of `to_json(Document)`, generated from the dataclasses."""
    definitions: dict[str, Any] = {}
    _define(TensorSummary, definitions)
    _define(Document, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Document",
        **definitions.pop("Document"),
        "$defs": dict(sorted(definitions.items())),
    }


def _define(kind: type, definitions: dict[str, Any]) -> dict[str, str]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # breaks the circle for types that hold themselves
        properties = {
            name: _cells_schema() if hint == _CELLS else _schema(hint, definitions)
            for name, hint in field_types(kind).items()
        }
        summary = (kind.__doc__ or "").partition("\n\n")[0]
        definitions[kind.__name__] = {
            "description": " ".join(summary.split()),
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _cells_schema() -> dict[str, Any]:
    simple = [{"type": name} for name in ("number", "string", "boolean", "null")]
    numbers = {"type": "array", "items": dict(_NUMBER)}
    cell = {"anyOf": [*simple, {"$ref": "#/$defs/TensorSummary"}, numbers]}
    return {"type": "object", "additionalProperties": {"type": "array", "items": cell}}


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(option, definitions) for option in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments[-1] is not Ellipsis:
        items = [_schema(item, definitions) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if origin in (tuple, list):
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if origin is np.ndarray:
        return {"type": "array", "items": {"type": "integer"}}
    if hint is float:
        return dict(_NUMBER)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        return dict(_define(hint, definitions))
    raise TypeError(f"no JSON form for {hint!r}")
