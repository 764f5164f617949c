"""The same chart on another axis: linear, symmetric logarithmic or logarithmic."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run import (
    Axis,
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Mark,
    Panel,
    Ridges,
    Scatter,
    View,
)
from torchatlas.run.summary import FloatArray

Scaling = Literal["linear", "symlog", "log"]
SCALES: tuple[Scaling, ...] = ("linear", "symlog", "log")
_BINS = 60
_DIGITS = 5


def rescaled(view: View, scale: str) -> View:
    """The view with its values on axes of that kind, and the colours of its matrices too.

    Bins are made anew of those that the chart has: even ones on a linear axis, and of magnitudes
    on a logarithmic one, where both signs fall together.

    Raises:
        RunError: there is no such scale.
    """
    if scale not in SCALES:
        raise RunError(f"scale={scale!r} is not possible; choose among {', '.join(SCALES)}")
    return replace(view, panels=tuple(_panel(panel, scale) for panel in view.panels))


def _panel(panel: Panel, scale: Scaling) -> Panel:
    marks = tuple(_mark(mark, scale) for mark in panel.marks)
    kinds = {type(mark) for mark in panel.marks}
    if kinds & {Histogram, Ridges}:
        return replace(panel, marks=marks, x=_binned_axis(panel.x, scale))
    if kinds & {Band}:
        return replace(panel, marks=marks, x=_axis(panel.x, scale))
    if kinds & {Line, Envelope, Bars, Scatter}:
        return replace(panel, marks=marks, y=_axis(panel.y, scale))
    return replace(panel, marks=marks)


def _axis(axis: Axis, scale: Scaling) -> Axis:
    return axis if axis.scale == "category" else replace(axis, scale=scale)


def _binned_axis(axis: Axis, scale: Scaling) -> Axis:
    label = f"|{axis.label}|" if scale == "log" and not axis.label.startswith("|") else axis.label
    return replace(axis, scale=scale, label=label) if axis.scale == "symlog" else axis


def _mark(mark: Mark, scale: Scaling) -> Mark:
    if isinstance(mark, Heatmap) and mark.unit != "%":
        return replace(mark, scale=scale)
    if scale == "symlog" or not isinstance(mark, Histogram | Ridges):
        return mark
    amounts = (mark.counts,) if isinstance(mark, Histogram) else mark.shares
    edges, rows = rebinned(mark.edges, amounts, scale)
    if isinstance(mark, Histogram):
        return replace(mark, edges=edges, counts=rows[0])
    return replace(mark, edges=edges, shares=rows)


def rebinned(
    edges: tuple[float, ...], rows: tuple[tuple[float, ...], ...], scale: Scaling
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Edges and amounts of the same rows in bins of another axis; an empty row stays empty."""
    old = np.array(edges)
    if scale == "log":
        return _folded(old, rows)
    new = _even_edges(old, rows)
    return tuple(new.tolist()), tuple(_spread_out(old, row, new) for row in rows)


def _even_edges(old: FloatArray, rows: tuple[tuple[float, ...], ...]) -> FloatArray:
    """Even bins over those in use; the widest of the old ones set how far they reach."""
    used = np.array([any(row[at] > 0 for row in rows if row) for at in range(len(old) - 1)])
    if not used.any():
        return np.linspace(old[0], old[-1], _BINS + 1)
    places = np.flatnonzero(used)
    return np.linspace(min(old[places[0]], 0.0), max(old[places[-1] + 1], 0.0), _BINS + 1)


def _spread_out(old: FloatArray, row: tuple[float, ...], new: FloatArray) -> tuple[float, ...]:
    """Each old bin's amount shared among the new ones that it overlaps."""
    if not row:
        return ()
    running = np.concatenate([[0.0], np.cumsum(row)])
    return tuple(np.round(np.diff(np.interp(new, old, running)), _DIGITS).tolist())


def _folded(
    old: FloatArray, rows: tuple[tuple[float, ...], ...]
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Magnitudes: the bins of both signs on one another."""
    half = len(old) // 2
    positive = old[half:]
    if len(old) % 2 or len(positive) < 2 or not np.allclose(-old[:half][::-1], positive):
        return tuple(old.tolist()), rows
    folded = []
    for row in rows:
        if not row:
            folded.append(())
            continue
        left, right = np.array(row[: half - 1]), np.array(row[half:])
        folded.append(tuple(np.round(left[::-1] + right, _DIGITS).tolist()))
    return tuple(positive.tolist()), tuple(folded)
