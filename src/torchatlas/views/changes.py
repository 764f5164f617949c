"""How far did each tensor move between two checkpoints, and in which direction?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from torchatlas.run import Axis, Bars, Panel, Run, View
from torchatlas.views.gaps import gap_lines_or

MOST_TENSORS = 400
"""Of more tensors than this, those that moved furthest are shown."""


def changes(run: Run) -> View:
    """Relative change and cosine similarity of each tensor, in the order of the checkpoint.

    Whole numbers that did not move, such as counters of batches, stand behind the rest: files of
    safetensors have them first.
    """
    table = run.tables.get("tensor_differences")
    rows = [] if table is None else table.rows()
    panels: list[Panel] = []
    for name in dict.fromkeys(row["run"] for row in rows):
        found = [row for row in rows if row["run"] == name and row["kind"] != "removed"]
        panels += _panels(name, found, several=len({row["run"] for row in rows}) > 1)
    counts = Counter(row["kind"] for row in rows)
    return View(
        name="changes",
        title="Change of the weights",
        subtitle=", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
        or "two checkpoints, tensor by tensor",
        description=(
            "For each tensor, the norm of the difference between both checkpoints over its norm "
            "in the first, and the cosine similarity of both."
        ),
        panels=tuple(panels),
        gaps=()
        if panels
        else gap_lines_or(run, ("comparison",), "no two checkpoints were compared"),
    )


def _panels(name: str, rows: list[dict[str, Any]], *, several: bool) -> list[Panel]:
    measured = [row for row in rows if row["relative_norm"] is not None]
    if not measured:
        return []
    rows = sorted(rows, key=_is_still_counter)
    note = "Whole numbers that did not move stand last." if _is_still_counter(rows[-1]) else ""
    if len(rows) > MOST_TENSORS:
        order = sorted(measured, key=lambda row: row["relative_norm"], reverse=True)
        kept = {id(row) for row in order[:MOST_TENSORS]}
        note = f"The {len(kept):,} of {len(rows):,} tensors that moved furthest."
        rows = [row for row in rows if id(row) in kept]
    where = f" in {name}" if several else ""
    x = Axis("", scale="category", categories=tuple(row["tensor"] for row in rows))
    nodes = tuple(row["node"] or "" for row in rows)
    moved = tuple(row["relative_norm"] or None for row in rows)
    found = [
        Panel(
            title=f"Relative change{where}",
            x=x,
            y=Axis("‖after − before‖ / ‖before‖", scale="log" if any(moved) else "linear"),
            marks=(
                Bars(
                    heights=moved,
                    label="relative change",
                    role="weights",
                    nodes=nodes,
                    missing=tuple(_why_no_change(row) for row in rows),
                ),
            ),
            note=note,
        ),
        Panel(
            title=f"Cosine similarity{where}",
            x=x,
            y=Axis("cosine"),
            marks=(
                Bars(
                    heights=tuple(row["cosine"] for row in rows),
                    label="cosine similarity",
                    role="weights",
                    nodes=nodes,
                    missing=tuple(_why_no_cosine(row) for row in rows),
                ),
            ),
            note=note,
        ),
    ]
    return found if any(moved) else found[1:]


def _is_still_counter(row: dict[str, Any]) -> bool:
    return row["relative_norm"] == 0 and (row["dtype"] or "").startswith(("int", "uint"))


def _why_no_change(row: dict[str, Any]) -> str:
    return "unchanged" if row["relative_norm"] == 0 else _why_not_compared(row)


def _why_no_cosine(row: dict[str, Any]) -> str:
    if row["relative_norm"] is None:
        return _why_not_compared(row)
    return "no direction: all zero in one of both"


def _why_not_compared(row: dict[str, Any]) -> str:
    said = {"added": "not in the first", "reshaped": "of another shape in the first"}
    return said.get(row["kind"], "values not compared")
