"""Findings: sentences a person can act on. Gaps: what was not measured, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that fired, with the numbers behind it.

    Attributes:
        rule: its name in the catalogue (docs/findings.md).
        title: what is so, in one short sentence.
        detail: the evidence in words, with numbers.
        advice: what to do about it.
        nodes: ids of the nodes concerned; empty when it is the whole model.
        value, threshold: the number found and the one that it was held against, in `unit`.
        samples: how many values, units or examples it rests on.
        steps: first and last optimizer step that it covers.
        source: where the rule and its threshold come from.
        view: name of the view that shows the evidence.
        split: the data that it was seen on: "train", "test", ...; None where it is of none or of
            several.
    """

    rule: str
    severity: Severity
    title: str
    detail: str
    advice: str
    nodes: tuple[str, ...] = ()
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    samples: int | None = None
    steps: tuple[int, int] | None = None
    source: str = ""
    view: str = ""
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A measurement that could not be made. It stands where the number would have stood.

    Attributes:
        what: the table or quantity that is missing: "activation", "evaluation", "cost", ...
        reason: why, in a sentence that a person can act on.
        node: id of the node concerned; None when it is the whole model.
    """

    what: str
    reason: str
    node: str | None = None
