"""The tables of a run as files of other programs: a folder with one CSV or Parquet file a table."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.run import Cell, Column, Run, Table, TensorSummary, bin_edges
from torchatlas.store.log_export import write_log
from torchatlas.store.whole_folder import whole_folder

TABLE_FORMATS = ("csv", "parquet", "tensorboard")
"""Forms of a folder that what a run holds beside its graph can be written in."""

FIGURES = (
    "count",
    "nan",
    "positive_infinity",
    "negative_infinity",
    "zero",
    "subnormal",
    "minimum",
    "maximum",
    "mean",
    "std",
    "mean_absolute",
)
"""What stands for a tensor summary, each in a column of its own."""

_BINS = ("bin_low", "bin_high", "bin_count")


def save_tables(run: Run, tables: Mapping[str, Table], path: str | Path, format: str) -> Path:
    """Write the tables into a new folder, whole or not at all; gives the path.

    Args:
        run: whose tables they are; a TensorBoard log holds its series.
        format: "csv" (one file a table; a summary gives a column a figure), "parquet" (the same,
            with the bins of a summary as lists) or "tensorboard" (scalars, distributions, texts
            and pictures as event files).

    Raises:
        RunError: the format is another, the folder is there already, or it cannot be written.
        MissingDependency: Parquet needs pyarrow.
    """
    if format not in TABLE_FORMATS:
        raise RunError(f"there is no format {format!r}; choose {', '.join(TABLE_FORMATS)}")
    path = Path(path)
    odd = [name for name in tables if not re.fullmatch(r"[A-Za-z0-9_-]+", name)]
    if odd:
        raise RunError(f"{odd[0]!r} cannot be the name of a file of a table")
    if format == "tensorboard":
        with whole_folder(path) as folder:
            write_log(run, folder)
        return path
    write = _csv_writer() if format == "csv" else _parquet_writer()
    with whole_folder(path) as folder:
        for name, table in tables.items():
            write(table, folder / f"{name}.{format}")
    return path


Write = Callable[[Table, Path], None]


def _csv_writer() -> Write:
    def write(table: Table, path: Path) -> None:
        columns = dict(item for column in table.columns for item in _flat(table, column))
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            texts = [[_text(cell) for cell in cells] for cells in columns.values()]
            writer.writerows(zip(*texts, strict=True))

    return write


def _parquet_writer() -> Write:
    arrow = require("pyarrow", "to write Parquet files", "parquet")
    parquet = require("pyarrow.parquet", "to write Parquet files", "parquet")
    kinds = {
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "text": arrow.string(),
        "boolean": arrow.bool_(),
    }

    def field_of(name: str, kind: Any, column: Column) -> Any:
        about = {"meaning": column.meaning} | ({"unit": column.unit} if column.unit else {})
        return arrow.field(name, kind, metadata=about)

    def write(table: Table, path: Path) -> None:
        fields, arrays = [], []
        for column in table.columns:
            for name, cells in (*_flat(table, column), *_bins(table, column)):
                kind = kinds.get(column.kind) or _arrow_kind(arrow, name)
                given = [_plain(cell) for cell in cells]
                fields.append(field_of(name, kind, column))
                arrays.append(arrow.array(given, kind))
        parquet.write_table(arrow.Table.from_arrays(arrays, schema=arrow.schema(fields)), path)

    return write


def _arrow_kind(arrow: Any, name: str) -> Any:
    """The kind of a column that a summary or a list of numbers gives."""
    if name in _BINS:
        return arrow.list_(arrow.int64() if name == "bin_count" else arrow.float64())
    if name in FIGURES:
        return arrow.int64() if FIGURES.index(name) < FIGURES.index("minimum") else arrow.float64()
    return arrow.list_(arrow.float64())


def _flat(table: Table, column: Column) -> list[tuple[str, list[Cell]]]:
    """The column, or those that stand for a column of summaries."""
    cells = table.cells[column.name]
    if column.kind != "summary":
        return [(column.name, cells)]
    return [
        (name, [None if cell is None else getattr(cell, name) for cell in cells])
        for name in FIGURES
    ]


def _bins(table: Table, column: Column) -> list[tuple[str, list[Cell]]]:
    if column.kind != "summary":
        return []
    parts = [_edges_and_counts(cell) for cell in table.cells[column.name]]
    return [(name, [part[place] for part in parts]) for place, name in enumerate(_BINS)]


def _edges_and_counts(cell: TensorSummary | None) -> tuple[Cell, Cell, Cell]:
    if cell is None:
        return None, None, None
    low, high = bin_edges(cell.bin_keys)
    return low.tolist(), high.tolist(), cell.bin_counts.tolist()


def _plain(cell: Cell) -> Cell:
    if isinstance(cell, np.ndarray):
        return cell.tolist()
    return cell.encode(errors="replace").decode() if isinstance(cell, str) else cell


def _text(cell: Cell) -> str:
    """A cell of a CSV file: nothing where it was not measured, `nan` and `inf` as they are."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, np.ndarray):
        return json.dumps(cell.tolist())
    return repr(cell) if isinstance(cell, float) else str(cell)
