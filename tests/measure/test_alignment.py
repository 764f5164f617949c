"""Sequences side by side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.measure.alignment import alignment


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        ("", "", []),
        ("", "ab", []),
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)]),
        ("abc", "axbc", [(0, 0), (1, 2), (2, 3)]),
        ("axbc", "abc", [(0, 0), (2, 1), (3, 2)]),
        ("aa", "aaa", [(0, 0), (1, 1)]),
        ("crp", "nncrp", [(0, 2), (1, 3), (2, 4)]),
        ("abcd", "bcda", [(1, 0), (2, 1), (3, 2)]),
        ("ab", "cd", []),
    ],
)
def test_what_stands_for_what(before: str, after: str, pairs: list[tuple[int, int]]) -> None:
    assert alignment(before, after) == pairs


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_pairs_are_equal_and_rise(before: str, after: str) -> None:
    pairs = alignment(before, after)
    assert all(before[at] == after[to] for at, to in pairs)
    for (at, to), (later, other) in pairwise(pairs):
        assert at < later
        assert to < other


@given(st.lists(st.integers(), unique=True, max_size=30), st.data())
def test_everything_that_stayed_is_found_when_items_are_unique(
    items: list[int], data: st.DataObject
) -> None:
    left = data.draw(st.lists(st.sampled_from(items), unique=True) if items else st.just([]))
    kept = [item for item in items if item not in left]
    assert len(alignment(items, kept)) == len(kept)
