"""The lines of code around those that the nodes of a graph were called from."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Iterator

from torchatlas.run import Excerpt, Graph

AROUND = 4
"""Lines before and after the one that a node was called from."""

MOST_LINES = 4_000
MOST_LETTERS = 200
"""What an atlas keeps of code at most: lines in all, and letters a line."""


def source_excerpts(graph: Graph) -> tuple[Excerpt, ...]:
    """What stood where the nodes of a graph were called from, each line once.

    Only Python files are read, and only those that a frame of the pass that was just traced named.
    A graph that came from a file names whatever its author wrote, so this is for traced ones alone.
    """
    lines: dict[str, set[int]] = {}
    for node in graph.nodes.values():
        if node.source is not None and node.parent is not None:
            lines.setdefault(node.source.file, set()).add(node.source.line)
    found: list[Excerpt] = []
    room = MOST_LINES
    for file, called in lines.items():
        for excerpt in _of_file(file, called):
            room -= len(excerpt.lines)
            if room < 0:
                return tuple(found)
            found.append(excerpt)
    return tuple(found)


def _of_file(file: str, called: set[int]) -> Iterator[Excerpt]:
    text = linecache.getlines(file) if file.endswith(".py") else []  # it knows notebooks' cells too
    for first, last in _stretches(sorted(called), len(text)):
        kept = (line.rstrip("\r\n")[:MOST_LETTERS] for line in text[first - 1 : last])
        yield Excerpt(file, first, tuple(kept))


def _stretches(called: Iterable[int], length: int) -> Iterator[tuple[int, int]]:
    """First and last line of each stretch; stretches that touch are one."""
    begun: tuple[int, int] | None = None
    for line in called:
        if not 1 <= line <= length:
            continue
        first, last = max(1, line - AROUND), min(length, line + AROUND)
        if begun is not None and first <= begun[1] + 1:
            begun = begun[0], last
            continue
        if begun is not None:
            yield begun
        begun = first, last
    if begun is not None:
        yield begun
