"""One measured figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A figure and what to read it beside.

    Attributes:
        what: the thing measured, for a table's first column.
        value: in `unit`.
        beside: what a person would use instead, with its own figure; empty where there is none.
        ratio: value over that of `beside`.
        limit: the largest value that is still good; None where none was set.
        ratio_limit: the largest ratio that is still good; None where none was set.
    """

    what: str
    value: float
    unit: str
    beside: str = ""
    ratio: float | None = None
    limit: float | None = None
    ratio_limit: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the limits are kept; None without one, or where there is no ratio to hold one."""
        pairs = ((self.value, self.limit), (self.ratio, self.ratio_limit))
        held = [found <= limit for found, limit in pairs if found is not None and limit is not None]
        return all(held) if held else None
