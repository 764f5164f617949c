"""Tables: every column as long as the others, and no column that nobody knows."""

from __future__ import annotations

import re

import pytest

from torchatlas.errors import RunError
from torchatlas.run import TABLES, Column, Table, build_table


def test_a_row_that_leaves_a_column_out_is_not_measured_there() -> None:
    table = build_table("confusion", [{"split": "test", "count": 3}, {"target": 1}])
    assert len(table) == 2
    assert table.rows()[0] == {"split": "test", "target": None, "predicted": None, "count": 3}
    assert table.cells["target"] == [None, 1]


def test_a_table_without_rows_keeps_its_columns() -> None:
    table = build_table("edges", [])
    assert len(table) == 0
    assert table.rows() == []
    assert list(table.cells) == [column.name for column in TABLES["edges"]]


def test_unknown_tables_and_columns_are_named() -> None:
    with pytest.raises(RunError, match=r"there is no table 'weights'; the tables are nodes, edges"):
        build_table("weights", [])
    with pytest.raises(RunError, match="table 'confusion' has no column colour, size"):
        build_table("confusion", [{"size": 1, "colour": 2}])


def test_columns_of_different_length_are_refused() -> None:
    columns = (Column("a", "integer", "one"), Column("b", "integer", "other"))
    expected = re.escape("table 'pair': columns differ in length: {'a': 2, 'b': 1}")
    with pytest.raises(RunError, match=expected):
        Table("pair", columns, {"a": [1, 2], "b": [1]})


def test_cells_of_an_unknown_column_are_refused() -> None:
    with pytest.raises(RunError, match=re.escape("the cells are of ['b'], the columns are ['a']")):
        Table("one", (Column("a", "integer", "one"),), {"b": [1]})


def test_every_column_says_what_it_means() -> None:
    for name, columns in TABLES.items():
        assert len({column.name for column in columns}) == len(columns), name
        assert all(column.meaning for column in columns), name
