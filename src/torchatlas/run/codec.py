"""Plain data to JSON values and back, read off the dataclasses' own annotations.

JSON has no NaN and no infinity: a number that is not finite is written as one of the strings
"NaN", "Infinity", "-Infinity"; `null` means not measured.
"""

from __future__ import annotations

import math
import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run.summary import TensorSummary
from torchatlas.run.table import ColumnKind, Table

T = TypeVar("T")
NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_CELL_TYPES: dict[ColumnKind, type] = {
    "integer": int,
    "number": float,
    "text": str,
    "boolean": bool,
    "summary": TensorSummary,
    "numbers": np.ndarray,
}


def to_json(value: Any) -> Any:
    """The JSON value of plain data: dataclasses become objects, tuples and arrays become lists."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _name_of_nonfinite(value)
    if is_dataclass(value):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return to_json([float(str(number)) for number in value])  # as few digits as it needs
    if isinstance(value, np.ndarray | np.generic):
        return to_json(value.tolist())
    raise RunError(f"a {type(value).__name__} is not plain data and cannot be written as JSON")


def from_json(kind: type[T], data: Any, where: str = "run") -> T:
    """Plain data of the given dataclass from its JSON value.

    Args:
        where: name of the value in error messages.

    Raises:
        RunError: a field is missing or of the wrong form; the message says which.
    """
    value: T = _decode(kind, data, where)
    return value


@cache
def field_types(kind: type) -> dict[str, Any]:
    """The resolved annotation of every field of a dataclass."""
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}


def _name_of_nonfinite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(kind), data, where)
    if origin is Literal:
        _check(data in get_args(kind), data, f"one of {get_args(kind)}", where)
        return data
    if origin in (tuple, list):
        _check(isinstance(data, list), data, "a list", where)
        return _decode_sequence(origin, get_args(kind), data, where)
    if origin is dict:
        _check(isinstance(data, dict), data, "an object", where)
        item = get_args(kind)[1]
        return {key: _decode(item, value, f"{where}.{key}") for key, value in data.items()}
    if origin is np.ndarray:
        _check(isinstance(data, list), data, "a list", where)
        numbers = [_decode(int, item, f"{where}[{i}]") for i, item in enumerate(data)]
        return np.array(numbers, np.int64)
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, data, where)
    if kind is np.ndarray:  # a cell of numbers
        _check(isinstance(data, list), data, "a list", where)
        return np.array([_decode_number(item, where) for item in data], np.float32)
    if kind is float:
        return _decode_number(data, where)
    if kind in (int, str, bool, type(None)):
        _check(type(data) is kind, data, kind.__name__, where)
    return data


def _decode_union(options: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in options:
        return None
    kinds = [option for option in options if option is not type(None)]
    tagged = [option for option in kinds if is_dataclass(option)]
    if len(kinds) > 1 and len(tagged) == len(kinds):  # marks of a view name their kind
        _check(isinstance(data, dict), data, "an object", where)
        for option in tagged:
            assert isinstance(option, type)
            if get_args(field_types(option)["kind"]) == (data.get("kind"),):
                return _decode(option, data, where)
        raise RunError(f"{where}: there is no mark of kind {data.get('kind')!r}")
    if len(kinds) == 1:
        return _decode(kinds[0], data, where)
    if float in kinds and isinstance(data, str) and data in NONFINITE:
        return NONFINITE[data]
    expected = " or ".join(option.__name__ for option in kinds)
    _check(type(data) in kinds, data, expected, where)
    return data


def _decode_sequence(origin: type, items: tuple[Any, ...], data: list[Any], where: str) -> Any:
    if origin is tuple and items[-1] is not Ellipsis:
        _check(len(data) == len(items), data, f"a list of {len(items)}", where)
        kinds = items
    else:
        kinds = (items[0],) * len(data)
    pairs = enumerate(zip(kinds, data, strict=True))
    return origin(_decode(kind, value, f"{where}[{i}]") for i, (kind, value) in pairs)


def _decode_dataclass(kind: type, data: Any, where: str) -> Any:
    _check(isinstance(data, dict), data, f"an object ({kind.__name__})", where)
    values = {}
    for f in fields(kind):
        if f.name in data:
            values[f.name] = _decode(field_types(kind)[f.name], data[f.name], f"{where}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise RunError(f"{where}: {kind.__name__} lacks {f.name!r}")
    if kind is Table:
        values["cells"] = _decode_cells(values, where)
    return kind(**values)


def _decode_cells(table: dict[str, Any], where: str) -> dict[str, list[Any]]:
    kinds = {column.name: column.kind for column in table["columns"]}

    def decode_column(name: str, cells: Any) -> list[Any]:
        here = f"{where}.cells.{name}"
        _check(isinstance(cells, list), cells, "a list", here)
        kind = _CELL_TYPES[kinds[name]] if name in kinds else str
        return [
            None if cell is None else _decode(kind, cell, f"{here}[{row}]")
            for row, cell in enumerate(cells)
        ]

    return {name: decode_column(name, cells) for name, cells in table["cells"].items()}


def _decode_number(data: Any, where: str) -> float:
    if isinstance(data, str) and data in NONFINITE:
        return NONFINITE[data]
    _check(type(data) in (int, float), data, "a number", where)
    return float(data)


def _check(ok: bool, data: Any, expected: str, where: str) -> None:
    if not ok:
        raise RunError(f"{where}: expected {expected}, found {str(data)[:60]!r}")
