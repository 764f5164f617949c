"""Which points of a long curve must be drawn so that nothing that stands out is lost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from torchatlas.run.summary import IntArray

_A_STRETCH = 6
"""Points that a stretch gives at most: first, last, lowest, highest, first NaN, first infinity."""


def extremes(x: npt.ArrayLike, y: npt.ArrayLike, most: int) -> IntArray:
    """Indices of about `most` points or fewer of a curve, rising, that show all of it.

    The range of `x` is divided into stretches of equal length. Of each are kept the first and the
    last point, the lowest and the highest finite one, the first NaN and the first infinite one; so
    is a spike of a single point, and a gap in `x` stays a gap. What is drawn has the same envelope
    as the whole on a screen of that many columns. Values between the kept ones are not averaged.

    Args:
        x: shape [points], rising. y: shape [points]; NaN and infinities are kept as said.
        most: 6 or more. Only where there are more points are any left out.

    Returns:
        Indices, shape [kept]; all where there are no more than `most`.
    """
    if most < _A_STRETCH:
        raise ValueError(f"most is {_A_STRETCH} or more, not {most}")
    places, values = np.asarray(x), np.asarray(y, np.float64)
    size = values.size
    if size <= most:
        return np.arange(size)
    starts = _starts(places, max(1, most // _A_STRETCH))
    ends = np.append(starts[1:], size)
    finite = np.isfinite(values)
    kept = [starts, ends - 1]
    if finite.all():
        kept += [_first_at(values, starts, np.minimum), _first_at(values, starts, np.maximum)]
    else:
        kept += [
            _first_at(np.where(finite, values, np.inf), starts, np.minimum),
            _first_at(np.where(finite, values, -np.inf), starts, np.maximum),
            _firsts_of(np.flatnonzero(np.isnan(values)), starts),
            _firsts_of(np.flatnonzero(np.isinf(values)), starts),
        ]
    return np.unique(np.concatenate(kept))


def _starts(places: npt.NDArray[np.generic], stretches: int) -> IntArray:
    """Where each stretch that has points begins."""
    low, high = float(places[0]), float(places[-1])
    if not high > low:
        return np.unique(np.linspace(0, len(places), stretches, endpoint=False).astype(np.int64))
    edges = np.linspace(low, high, stretches, endpoint=False)
    return np.unique(np.searchsorted(places, edges))


def _first_at(values: npt.NDArray[np.float64], starts: IntArray, extreme: np.ufunc) -> IntArray:
    """Index of the first lowest (or highest) value of each stretch."""
    ends = np.append(starts[1:], len(values))
    best = extreme.reduceat(values, starts)
    hits = np.flatnonzero(values == np.repeat(best, ends - starts))
    return _firsts_of(hits, starts)


def _firsts_of(hits: IntArray, starts: IntArray) -> IntArray:
    """The first of the rising indices in each stretch that has any."""
    stretch = np.searchsorted(starts, hits, side="right")
    _, first = np.unique(stretch, return_index=True)
    return hits[first]
