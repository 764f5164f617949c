"""Which points of a long series to draw, so that no spike and no divergence is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def extremes(x: npt.NDArray[Any], y: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.int64]:
    """Places of the points to keep, rising: about `most`, of each stretch its lowest and highest.

    The stretches are of equal length on the x axis, as the columns of a screen are. The first and
    the last point are kept, and of each stretch the first one that is NaN or infinite.

    Args:
        x: shape [points], rising. y: of the same shape.
        most: a third of it is the number of stretches; of fewer points than this all are kept.

    Raises:
        ValueError: `most` is less than 3.
    """
    if most < 3:
        raise ValueError(f"at least 3 points have to be kept, not {most}")
    length = len(y)
    if length <= most:
        return np.arange(length)
    kept = {0, length - 1}
    starts = _starts(np.asarray(x), most // 3)
    for start, end in zip(starts, [*starts[1:], length], strict=True):
        kept |= {start + place for place in _telling(y[start:end])}
    return np.array(sorted(kept), np.int64)


def _starts(x: npt.NDArray[Any], stretches: int) -> list[int]:
    """Where each stretch that holds a point begins."""
    edges = np.linspace(float(x[0]), float(x[-1]), stretches + 1)[:-1]
    places = np.searchsorted(x, edges, "left")
    places[0] = 0
    found: list[int] = np.unique(places[places < len(x)]).tolist()
    return found


def _telling(values: npt.NDArray[np.float64]) -> set[int]:
    """Of a stretch the lowest, the highest, and the first that is no finite number."""
    is_finite = np.isfinite(values)
    if is_finite.all():
        return {int(values.argmin()), int(values.argmax())}
    telling = {int(is_finite.argmin())}
    if is_finite.any():
        telling |= {
            int(np.where(is_finite, values, np.inf).argmin()),
            int(np.where(is_finite, values, -np.inf).argmax()),
        }
    return telling
