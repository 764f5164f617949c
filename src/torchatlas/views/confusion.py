"""Which classes are taken for which others?"""

from __future__ import annotations

from collections import Counter, defaultdict

from torchatlas.run import Axis, Heatmap, Panel, Run, View
from torchatlas.views.gaps import gap_lines, gap_lines_or

MOST_CLASSES = 100
"""Of more classes than this, those with the most errors are shown."""

_OTHER = "other classes"

Cells = Counter[tuple[int, int]]
"""Examples by true and predicted class."""


def confusion(run: Run) -> View:
    """One panel a split, test first: percent of each true class by predicted class."""
    splits = _cells(run)
    whats = ("confusion", "evaluation")
    examples = ", ".join(f"{sum(cells.values()):,} {split}" for split, cells in splits.items())
    return View(
        name="confusion",
        title="Confusion",
        subtitle=f"% of each true class; examples: {examples}" if splits else "not measured",
        description=(
            "Each row is a true class and each column a predicted one; a cell is the percentage "
            "of the true class that was predicted so, and each row adds up to 100 %."
        ),
        panels=tuple(_panel(split, cells, run.classes) for split, cells in splits.items()),
        gaps=gap_lines(run, whats)
        if splits
        else gap_lines_or(run, whats, "no classification was evaluated"),
    )


def _cells(run: Run) -> dict[str, Cells]:
    splits: dict[str, Cells] = defaultdict(Counter)
    table = run.tables.get("confusion")
    for row in table.rows() if table else ():
        splits[row["split"] or ""][row["target"], row["predicted"]] += row["count"]
    return dict(sorted(splits.items(), key=lambda item: item[0] != "test"))


def _panel(split: str, cells: Cells, names: tuple[str, ...]) -> Panel:
    count = max(len(names), 1 + max((max(pair) for pair in cells), default=0))
    shown = _most_confused(cells, count)
    totals: Counter[int] = Counter()
    for (target, _), examples in cells.items():
        totals[target] += examples
    counts = [_row(cells, target, shown, totals[target], count) for target in shown]
    labels = tuple(names[c] if c < len(names) else str(c) for c in shown)
    note = (
        f"The {len(shown)} classes with the most errors, of {count:,}."
        if len(shown) < count
        else ""
    )
    return Panel(
        title=f"On {split}" if split else "Confusion",
        x=Axis(
            "predicted class",
            scale="category",
            categories=(*labels, _OTHER) if len(shown) < count else labels,
        ),
        y=Axis("true class", scale="category", categories=labels),
        marks=(
            Heatmap(
                values=tuple(
                    tuple(100 * n / totals[c] if totals[c] else None for n in row)
                    for c, row in zip(shown, counts, strict=True)
                ),
                label="share of the true class",
                unit="%",
                text=tuple(tuple(str(n) if n else "" for n in row) for row in counts),
            ),
        ),
        note=note,
    )


def _row(cells: Cells, target: int, shown: list[int], total: int, count: int) -> list[int]:
    """Examples of a true class by predicted class, the classes not shown together at the end."""
    row = [cells[target, predicted] for predicted in shown]
    return row if len(shown) == count else [*row, total - sum(row)]


def _most_confused(cells: Cells, count: int) -> list[int]:
    if count <= MOST_CLASSES:
        return list(range(count))
    errors: Counter[int] = Counter()
    for (target, predicted), examples in cells.items():
        if target != predicted:
            errors[target] += examples
            errors[predicted] += examples
    ranked = sorted(range(count), key=lambda c: (-errors[c], c))
    return sorted(ranked[:MOST_CLASSES])
