"""Where a sequence repeats itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchatlas.measure.repetitions import Repetition, repetitions


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("", []),
        ("a", []),
        ("abc", []),
        ("aa", [Repetition(0, 2, 1)]),
        ("abab", [Repetition(0, 4, 2)]),
        ("xababa", [Repetition(1, 6, 2)]),
        ("aaaa", [Repetition(0, 4, 1)]),
        ("aabaab", [Repetition(0, 2, 1), Repetition(3, 5, 1), Repetition(0, 6, 3)]),
        ("aba", []),
    ],
)
def test_counted_by_hand(items: str, found: list[Repetition]) -> None:
    assert repetitions([ord(sign) for sign in items]) == found


@given(st.lists(st.integers(0, 2), max_size=24))
def test_against_looking_everywhere(items: list[int]) -> None:
    expected = set()
    for period in range(1, len(items) // 2 + 1):
        for start in range(len(items) - 2 * period + 1):
            end = start + period
            while end < len(items) and items[end] == items[end - period]:
                end += 1
            grows = start > 0 and items[start - 1] == items[start - 1 + period]
            if end - start >= 2 * period and not grows:
                shorter = [p for s, e, p in expected if (s, e) == (start, end)]
                if not shorter:
                    expected.add((start, end, period))
    assert {(one.start, one.end, one.period) for one in repetitions(items)} == expected
