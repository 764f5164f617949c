"""Which panels stand side by side, and which bars lie so that their names can be read."""

from __future__ import annotations

from torchatlas.run import Band, Bars, Envelope, Heatmap, Line, Panel, Rule, Zone

_SMALL_MATRIX = 20


def lies(panel: Panel) -> bool:
    """Whether the bars of a panel run from left to right, their names one under another.

    They do, since names of layers are long, unless something else is drawn over the categories.
    """
    kinds = {type(mark) for mark in panel.marks}
    return Bars in kinds and kinds <= {Bars, Rule}


def row_names(panel: Panel) -> tuple[str, ...]:
    """The categories that run from top to bottom; empty when there are none."""
    return panel.x.categories if lies(panel) else panel.y.categories


def panel_rows(panels: tuple[Panel, ...]) -> list[tuple[Panel, ...]]:
    """Panels row by row: neighbours over the same categories, and pairs of small ones."""
    rows: list[tuple[Panel, ...]] = []
    for panel in panels:
        if rows and _fits_beside(panel, rows[-1]):
            rows[-1] = (*rows[-1], panel)
        else:
            rows.append((panel,))
    return rows


def shares_names(row: tuple[Panel, ...]) -> bool:
    """Whether the panels of a row have the same categories from top to bottom."""
    return len(row) > 1 and bool(row_names(row[0])) and _is_layered(row[0])


def _fits_beside(panel: Panel, row: tuple[Panel, ...]) -> bool:
    if len(row) > 1:
        return False
    other = row[0]
    if _is_layered(panel) and _is_layered(other):
        return row_names(panel) == row_names(other)
    return _is_small(panel) and _is_small(other)


def _is_layered(panel: Panel) -> bool:
    return lies(panel) or any(isinstance(mark, Band) for mark in panel.marks)


def _is_small(panel: Panel) -> bool:
    if any(isinstance(mark, Heatmap) for mark in panel.marks):
        return len(panel.x.categories) <= _SMALL_MATRIX and len(panel.y.categories) > 1
    lines = sum(isinstance(mark, Line) for mark in panel.marks)
    if lines > 2 and any(isinstance(mark, Envelope) for mark in panel.marks):
        return False  # too much is written in it
    return all(isinstance(mark, Line | Rule | Envelope | Zone) for mark in panel.marks)
