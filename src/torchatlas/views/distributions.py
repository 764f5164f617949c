"""The rows of the table `distributions` that a chart shows: the latest of each tensor."""

from __future__ import annotations

from dataclasses import dataclass

from torchatlas.run import Run, TensorSummary


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the values of one tensor are spread: `summary` rests on at most `elements` values."""

    node: str
    tensor: str
    split: str
    step: int
    elements: int
    summary: TensorSummary


def latest_distributions(run: Run, quantity: str) -> list[Distribution]:
    """The last summary of each tensor, in the order in which the tensors first appear.

    Of several ranks at that step the lowest is taken.
    """
    table = run.tables.get("distributions")
    if table is None:
        return []
    latest: dict[tuple[str, str, str], tuple[tuple[int, int], Distribution]] = {}
    for row in table.rows():
        if row["quantity"] != quantity or row["summary"] is None:
            continue
        found = Distribution(
            node=row["node"] or "",
            tensor=row["tensor"] or "",
            split=row["split"] or "",
            step=row["step"] or 0,
            elements=row["elements"] or row["summary"].count,
            summary=row["summary"],
        )
        key = (found.split or "train", found.node, found.tensor)  # a recorder sees training
        age = (found.step, -(row["rank"] or 0))
        if key not in latest or age >= latest[key][0]:
            latest[key] = (age, found)
    return [found for _, found in latest.values()]


def splits_of(distributions: list[Distribution]) -> list[str]:
    """The splits that were looked at, `train` first."""
    names = dict.fromkeys(found.split for found in distributions)
    return sorted(names, key=lambda split: split != "train")


def steps_text(distributions: list[Distribution]) -> str:
    """At which optimizer step the distributions were taken, in words."""
    steps = sorted({found.step for found in distributions})
    if len(steps) == 1:
        return f"at step {steps[0]:,}"
    return f"at steps {steps[0]:,} to {steps[-1]:,}, the latest of each tensor"


def non_finite_note(labelled: list[tuple[str, Distribution]], most: int = 5) -> str:
    """Which tensors hold NaN or infinite values and how many; empty when none does."""
    bad = [(label, found.summary) for label, found in labelled if found.summary.nonfinite]
    parts = []
    for label, summary in bad[:most]:
        infinite = summary.positive_infinity + summary.negative_infinity
        counts = [f"{summary.nan:,} NaN"] * bool(summary.nan)
        counts += [f"{infinite:,} infinite"] * bool(infinite)
        parts.append(f"{label}: {' and '.join(counts)} of {summary.count:,}")
    if len(bad) > most:
        parts.append(f"and {len(bad) - most:,} more")
    return f"Not finite, left out of the bands: {'; '.join(parts)}." if parts else ""
