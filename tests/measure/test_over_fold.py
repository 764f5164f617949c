"""A number over the members of a fold."""

from __future__ import annotations

import math

import pytest
from tests.measure.drawn_graph import block_chain

from torchatlas.errors import RunError
from torchatlas.measure.folding import fold
from torchatlas.measure.over_fold import counterparts, fold_rows, over_fold
from torchatlas.run import Fold, build_table

GRAPH = block_chain(["Block"] * 3 + ["Other"])
(FOLD,) = fold(GRAPH)
LINEAR = tuple(f"layers.{k}.fc/linear:0" for k in range(3))


@pytest.mark.parametrize(
    ("node_id", "found"),
    [
        ("layers.0", ("layers.0", "layers.1", "layers.2")),
        ("layers.2", ("layers.0", "layers.1", "layers.2")),
        ("layers.1.act", ("layers.0.act", "layers.1.act", "layers.2.act")),
        ("layers.1.fc/linear:0", LINEAR),
    ],
)
def test_counterparts_stand_in_the_same_place(node_id: str, found: tuple[str, ...]) -> None:
    assert counterparts(GRAPH, FOLD, node_id) == found


@pytest.mark.parametrize("node_id", ["layers.3", "layers.3.fc/linear:0", "input:x", ".", "nowhere"])
def test_a_node_elsewhere_has_no_counterparts(node_id: str) -> None:
    message = f"'{node_id}' lies in no member of the fold layers.0..layers.2"
    with pytest.raises(RunError) as caught:
        counterparts(GRAPH, FOLD, node_id)
    assert str(caught.value) == message


def test_members_of_several_nodes() -> None:
    pairs = Fold(".", (("layers.0", "layers.1"), ("layers.2", "layers.3")))
    assert counterparts(GRAPH, pairs, "layers.3.act") == ("layers.1.act", "layers.3.act")


def test_values_by_member_and_over_all() -> None:
    found = over_fold(GRAPH, FOLD, LINEAR[1], dict(zip(LINEAR, (3.0, 1.0, 8.0), strict=True)))
    assert found.nodes == LINEAR
    assert found.values == (3.0, 1.0, 8.0)
    assert (found.measured, found.minimum, found.median, found.maximum) == (3, 1.0, 3.0, 8.0)


def test_what_was_not_measured_is_no_zero() -> None:
    found = over_fold(GRAPH, FOLD, LINEAR[0], {LINEAR[0]: 4.0, LINEAR[1]: None})
    assert found.values == (4.0, None, None)
    assert (found.measured, found.minimum, found.median, found.maximum) == (1, 4.0, 4.0, 4.0)
    nothing = over_fold(GRAPH, FOLD, LINEAR[0], {})
    assert (nothing.measured, nothing.minimum, nothing.maximum) == (0, None, None)


def test_nan_is_a_measured_value_and_not_hidden() -> None:
    found = over_fold(GRAPH, FOLD, LINEAR[0], {LINEAR[0]: math.nan, LINEAR[1]: 2.0})
    assert found.measured == 2
    assert all(math.isnan(value) for value in (found.minimum, found.median, found.maximum))


def test_rows_of_the_table() -> None:
    rows = fold_rows((FOLD,))
    build_table("folds", rows)
    assert rows[1] == {
        "fold": "layers.0..layers.2",
        "parent": ".",
        "member": 1,
        "count": 3,
        "node": "layers.1",
    }
    assert len(rows) == 3
    assert fold_rows(()) == []
