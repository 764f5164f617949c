"""What an evaluation counted on one split, before any rate or interval is worked out from it."""

from __future__ import annotations

from dataclasses import dataclass

from torchatlas.run.summary import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Sums over the examples of a split; outcomes of parts of a split add up.

    Attributes:
        samples: examples evaluated.
        loss_name: what the loss is, for a label; None when there was none.
        loss_total: sum of the per-example losses (a batch's mean counts for each of its examples).
        loss_squares: sum of their squares; None when only batch means were known.
        confusion: examples by [true class, predicted class]; None when it is
            no classification, or one of too many classes.
        errors: regression: number of values compared, sums of |error|, error^2, target, target^2.
        right: classification: examples (or positions) predicted right, and how many were judged.
        unclear: examples whose scores were NaN, which is no prediction; not among those judged.
        interrupted: stopped by hand before the end of the split.
    """

    split: str
    samples: int
    loss_name: str | None = None
    loss_total: float = 0.0
    loss_squares: float | None = None
    confusion: IntArray | None = None
    errors: tuple[int, float, float, float, float] | None = None
    right: tuple[int, int] | None = None
    unclear: int = 0
    interrupted: bool = False
