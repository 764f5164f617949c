"""Two sequences side by side: which items of the one stand for which of the other, in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence


def alignment(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of positions that hold equal items, rising in both sequences.

    What the sequences begin and end with in common is paired first. Between, the k-th occurrence
    of an item is paired with the k-th, and of these pairs as many as rise in both are kept
    (patience sorting). It takes n log n; with items that occur several times there can be an
    alignment of more pairs.
    """
    low, high = 0, min(len(before), len(after))
    while low < high and before[low] == after[low]:
        low += 1
    tail = 0
    while tail < high - low and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = _rising(
        _occurrences(before, low, len(before) - tail), _occurrences(after, low, len(after) - tail)
    )
    ends = ((len(before) - k, len(after) - k) for k in range(tail, 0, -1))
    return [*((at, at) for at in range(low)), *middle, *ends]


def _occurrences(items: Sequence[Hashable], low: int, high: int) -> dict[tuple[Hashable, int], int]:
    """Positions by the item and how often it occurred before."""
    seen: dict[Hashable, int] = {}
    found = {}
    for at in range(low, high):
        count = seen[items[at]] = seen.get(items[at], -1) + 1
        found[items[at], count] = at
    return found


def _rising(
    before: dict[tuple[Hashable, int], int], after: dict[tuple[Hashable, int], int]
) -> list[tuple[int, int]]:
    """The most pairs of equal keys that rise in both, by patience sorting."""
    pairs = [(at, after[key]) for key, at in before.items() if key in after]
    tops: list[int] = []
    piles: list[int] = []
    below: list[int] = []
    for index, (_, other) in enumerate(pairs):
        pile = bisect_left(tops, other)
        below.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [other]
        piles[pile : pile + 1] = [index]
    kept: list[tuple[int, int]] = []
    at = piles[-1] if piles else -1
    while at >= 0:
        kept.append(pairs[at])
        at = below[at]
    return kept[::-1]
