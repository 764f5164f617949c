"""How large the values of each layer are: bands of |x| over the layers, one under another."""

from __future__ import annotations

import math

import numpy as np

from torchatlas.run import Axis, Band, Bars, Panel, Role, TensorSummary, bin_edges
from torchatlas.views.distributions import Distribution, non_finite_note

QUANTILES = (0.05, 0.5, 0.95)
BAND_LABEL = "5 %, median and 95 % of |x|, exact zeros left out"


def magnitude_quantiles(summary: TensorSummary) -> tuple[float, float, float] | None:
    """5 %, 50 % and 95 % quantile of |x| over the finite values that are not zero.

    Each is off by at most `RELATIVE_ERROR` of itself. Where there are no such values, all three are
    0 (nothing but zeros) or NaN (nothing finite); None where there are no values at all.
    """
    if not len(summary.bin_keys):
        only = 0.0 if summary.zero else math.nan
        return (only, only, only) if summary.count else None
    keys, which = np.unique(np.abs(summary.bin_keys), return_inverse=True)
    counts = np.bincount(which, weights=summary.bin_counts)
    low, high = bin_edges(keys)
    ranks = np.round(np.array(QUANTILES) * (counts.sum() - 1)) + 1
    found = ((low + high) / 2)[np.searchsorted(np.cumsum(counts), ranks)]
    ends = [abs(end) for end in (summary.minimum, summary.maximum) if end is not None]
    five, middle, ninety_five = np.minimum(found, max(ends)).tolist()
    return five, middle, ninety_five


def magnitude_panel(
    title: str, axis: Axis, labelled: list[tuple[str, Distribution | None]], role: Role
) -> Panel:
    """Bands of |x| by row; a row without a distribution is a break.

    Args:
        axis: of the magnitudes; drawn on a logarithmic scale.
        labelled: name of each row and what was measured of it, top row first.
    """
    bands = [magnitude_quantiles(found.summary) if found else None for _, found in labelled]
    low, middle, high = ([b[i] if b else None for b in bands] for i in range(3))
    measured = [(label, found) for label, found in labelled if found]
    return Panel(
        title=title,
        x=Axis(axis.label, axis.unit, "log"),
        y=Axis("", scale="category", categories=tuple(label for label, _ in labelled)),
        marks=(
            Band(
                low=tuple(low),
                middle=tuple(middle),
                high=tuple(high),
                label=BAND_LABEL,
                role=role,
                nodes=tuple(found.node if found else "" for _, found in labelled),
            ),
        ),
        note=" ".join(filter(None, (non_finite_note(measured), _zero_note(measured)))),
    )


def zero_panel(labelled: list[tuple[str, Distribution | None]], role: Role) -> Panel | None:
    """Share of exact zeros by row, in percent; None when there are no zeros at all."""
    shares = [found.summary.zero_share if found else None for _, found in labelled]
    if not any(shares):
        return None
    return Panel(
        title="Exact zeros",
        x=Axis("", scale="category", categories=tuple(label for label, _ in labelled)),
        y=Axis("exact zeros", "%"),
        marks=(
            Bars(
                heights=tuple(None if share is None else 100 * share for share in shares),
                label="exact zeros",
                role=role,
                nodes=tuple(found.node if found else "" for _, found in labelled),
            ),
        ),
    )


def _zero_note(measured: list[tuple[str, Distribution]], most: int = 5) -> str:
    """Which rows have no band because nothing but zeros was found."""
    names = [
        label
        for label, found in measured
        if found.summary.zero and found.summary.zero == found.summary.finite
    ]
    if not names:
        return ""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"Nothing but zeros: {', '.join(names[:most])}{more}."
