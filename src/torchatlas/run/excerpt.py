"""A few lines of the code that a model was called from, as they stood when it ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Consecutive lines of one file; `first_line` counts from 1."""

    file: str
    first_line: int
    lines: tuple[str, ...]
