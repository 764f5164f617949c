"""A table as one `.npz` file without pickle.

Each column is a plain array, with a mask where cells are not measured; texts, tensor summaries and
arrays, which differ in length, are laid end to end with their offsets.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from torchatlas.errors import RunError
from torchatlas.run import Cell, Column, Table, TensorSummary, from_json, to_json

Arrays = dict[str, npt.NDArray[Any]]

_COUNTS = ("count", "nan", "positive_infinity", "negative_infinity", "zero", "subnormal")
_SUMS = ("total", "total_squares", "total_absolute")
_EXTREMES = ("minimum", "maximum")
_HEADER = "table"
_DAMAGE = (
    *(OSError, EOFError, ValueError, LookupError, RuntimeError, TypeError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What numpy and zipfile raise for a damaged file."""


def encode_table(table: Table) -> bytes:
    """The table as the content of an `.npz` file."""
    header = {"name": table.name, "columns": to_json(table.columns), "rows": len(table)}
    arrays: Arrays = {_HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for position, column in enumerate(table.columns):
        for part, array in _encode_column(column, table.cells[column.name]).items():
            arrays[f"{position}.{part}"] = array
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_table(path: Path) -> Table:
    """The table in an `.npz` file.

    Raises:
        RunError: the file is missing or damaged, or holds no table.
    """
    try:
        content = BytesIO(path.read_bytes())  # numpy does not close the file of a damaged archive
        with np.load(content, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
        header = json.loads(arrays[_HEADER].tobytes())
        columns = from_json(tuple[Column, ...], header["columns"], f"{path.name}.columns")
        cells = {
            column.name: _decode_column(column, _parts(arrays, position))
            for position, column in enumerate(columns)
        }
        return Table(header["name"], columns, cells)
    except _DAMAGE as error:
        raise RunError(f"the table {path} cannot be read: {error}") from error


def _parts(arrays: Arrays, position: int) -> Arrays:
    prefix = f"{position}."
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _encode_column(column: Column, cells: list[Cell]) -> Arrays:
    measured = np.array([cell is not None for cell in cells], bool)
    present = [cell for cell in cells if cell is not None]
    return {"measured": measured, **_ENCODERS[column.kind](present)}


def _decode_column(column: Column, parts: Arrays) -> list[Cell]:
    present = iter(_DECODERS[column.kind](parts))
    return [next(present) if measured else None for measured in parts["measured"].tolist()]


def _encode_texts(texts: list[str]) -> Arrays:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return {
        "bytes": np.frombuffer(b"".join(encoded), np.uint8),
        "ends": np.cumsum([len(text) for text in encoded], dtype=np.int64),
    }


def _decode_texts(parts: Arrays) -> list[str]:
    content, ends = parts["bytes"].tobytes(), parts["ends"].tolist()
    starts = [0, *ends[:-1]]
    return [
        content[a:b].decode("utf-8", "surrogatepass") for a, b in zip(starts, ends, strict=False)
    ]


def _encode_summaries(summaries: list[TensorSummary]) -> Arrays:
    keys = [summary.bin_keys for summary in summaries]
    counts = [summary.bin_counts for summary in summaries]
    nothing = np.zeros(0, np.int64)
    return {
        "counts": _matrix(summaries, _COUNTS, np.int64),
        "sums": _matrix(summaries, _SUMS, np.float64),
        "extremes": _matrix(summaries, _EXTREMES, np.float64),
        "bin_keys": np.concatenate([nothing, *keys]),
        "bin_counts": np.concatenate([nothing, *counts]),
        "ends": np.cumsum([len(own) for own in keys], dtype=np.int64),
    }


def _matrix(
    summaries: list[TensorSummary], names: tuple[str, ...], kind: npt.DTypeLike
) -> npt.NDArray[Any]:
    rows = [[getattr(summary, name) for name in names] for summary in summaries]
    return np.array(rows, kind).reshape(len(rows), len(names))  # None becomes NaN


def _decode_summaries(parts: Arrays) -> list[TensorSummary]:
    summaries, start = [], 0
    figures = (parts[name].tolist() for name in ("counts", "sums", "extremes", "ends"))
    for counts, sums, extremes, end in zip(*figures, strict=True):
        present: list[Any] = [None if np.isnan(x) else x for x in extremes]
        summaries.append(
            TensorSummary(
                **dict(zip(_COUNTS, counts, strict=True)),
                **dict(zip(_SUMS, sums, strict=True)),
                **dict(zip(_EXTREMES, present, strict=True)),
                bin_keys=parts["bin_keys"][start:end],
                bin_counts=parts["bin_counts"][start:end],
            )
        )
        start = end
    return summaries


def _encode_numbers(cells: list[npt.NDArray[np.float32]]) -> Arrays:
    """Arrays of a table column end to end."""
    return {
        "values": np.concatenate([np.zeros(0, np.float32), *cells]).astype(np.float32),
        "ends": np.cumsum([len(cell) for cell in cells], dtype=np.int64),
    }


def _decode_numbers(parts: Arrays) -> list[npt.NDArray[np.float32]]:
    return np.split(parts["values"], parts["ends"][:-1]) if len(parts["ends"]) else []


def _plain(kind: type) -> Callable[[list[Cell]], Arrays]:
    return lambda cells: {"values": np.array(cells, kind)}


def _values(parts: Arrays) -> list[Cell]:
    cells: list[Cell] = parts["values"].tolist()
    return cells


_ENCODERS: dict[str, Callable[[list[Any]], Arrays]] = {
    "integer": _plain(np.int64),
    "number": _plain(np.float64),
    "boolean": _plain(np.bool_),
    "text": _encode_texts,
    "summary": _encode_summaries,
    "numbers": _encode_numbers,
}
_DECODERS: dict[str, Callable[[Arrays], list[Any]]] = {
    "integer": _values,
    "number": _values,
    "boolean": _values,
    "text": _decode_texts,
    "summary": _decode_summaries,
    "numbers": _decode_numbers,
}
