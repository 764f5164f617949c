"""Tables as .npz: round trips and damage."""

import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.errors import RunError
from torchatlas.run import Column, Table, TensorSummary, to_json
from torchatlas.store.tables import encode_table, read_table

summaries = st.lists(st.floats(width=32), max_size=5).map(
    lambda values: TensorSummary.of(np.array(values, np.float32))
)
KINDS = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(),
    "text": st.text(st.characters(), max_size=9),
    "boolean": st.booleans(),
    "summary": summaries,
}
rows = st.lists(st.fixed_dictionaries({k: st.none() | v for k, v in KINDS.items()}), max_size=6)


def make_table(rows):
    columns = tuple(Column(f"a {kind} / column", kind, "", "m") for kind in KINDS)
    cells = {column.name: [row[column.kind] for row in rows] for column in columns}
    return Table("odd", columns, cells)


@given(rows)
def test_a_table_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "t.npz"
    table = make_table(rows)
    path.write_bytes(encode_table(table))
    assert to_json(read_table(path)) == to_json(table)


def test_not_measured_and_not_a_number_stay_apart(tmp_path):
    table = Table("t", (Column("x", "number", ""),), {"x": [None, float("nan"), 1.0]})
    path = tmp_path / "t.npz"
    path.write_bytes(encode_table(table))
    nothing, nan, one = read_table(path).cells["x"]
    assert nothing is None
    assert np.isnan(nan)
    assert one == 1.0


def test_the_same_table_gives_the_same_bytes():
    table = Table("t", (Column("x", "integer", ""),), {"x": [1, None]})
    assert encode_table(table) == encode_table(table)


def test_damage_at_any_place_is_noticed_or_harmless(tmp_path):
    table = Table("t", (Column("x", "text", ""),), {"x": ["conv1.weight", None]})
    content, path = encode_table(table), tmp_path / "t.npz"
    places = range(0, len(content), 7)
    harmless = 0
    for position in places:
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with suppress(RunError):
            assert read_table(path).cells == table.cells
            harmless += 1
    assert harmless < len(places) / 2


@pytest.mark.parametrize("kept", [0, 1, 40, 200])
def test_a_cut_off_file_is_refused(tmp_path, kept):
    path = tmp_path / "t.npz"
    path.write_bytes(encode_table(make_table([]))[:kept])
    with pytest.raises(RunError, match=r"the table .*t\.npz cannot be read"):
        read_table(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"none\.npz cannot be read: .*No such file"):
        read_table(tmp_path / "none.npz")


def test_pickled_content_is_refused(tmp_path):
    class Explodes:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    path = tmp_path / "t.npz"
    path.write_bytes(pickle.dumps(Explodes()))
    with pytest.raises(RunError, match="cannot be read"):
        read_table(path)
    np.savez(path, table=np.array([Explodes()], object), allow_pickle=True)
    with pytest.raises(RunError, match="cannot be read"):
        read_table(path)
