"""Which weights, and which weights' gradients, are nothing but zeros?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence, Row, some
from torchatlas.run import Finding, Severity, TensorSummary


def all_zero(evidence: Evidence) -> Iterator[Finding]:
    """A weight of two or more dimensions, or its gradient, in which every value is exactly zero.

    Biases and scales of norms start at zero in many models and are left alone.
    """
    matrices = {row["tensor"] for row in evidence.rows("parameters") if "×" in row["shape"]}
    rows = {quantity: evidence.latest(quantity) for quantity in ("parameter", "gradient")}
    if not any(rows.values()):
        raise CannotTell("neither parameters nor gradients were measured")
    for quantity, found in rows.items():
        zero = [(row, s) for row, s in found if row["tensor"] in matrices and _is_zero(s)]
        if zero:
            yield _finding(evidence, quantity, zero)


def _is_zero(summary: TensorSummary) -> bool:
    return summary.count > 1 and summary.zero == summary.count


def _finding(evidence: Evidence, quantity: str, zero: list[tuple[Row, TensorSummary]]) -> Finding:
    names = [row["tensor"] for row, _ in zero]
    of_gradient = quantity == "gradient"
    untrained = all(not row["step"] for row, _ in zero)
    severity: Severity = "warning" if of_gradient and not untrained else "info"
    what = "The gradient of" if of_gradient else "The weight"
    title = f"{what} {names[0]} is all zeros"
    if len(names) > 1:
        title = f"{'The gradients of ' if of_gradient else ''}{len(names)} weights are all zeros"
    return Finding(
        rule="all_zero",
        severity=severity,
        title=title,
        detail=f"Every value is exactly 0 in {some(names)}.",
        advice=(
            "Look behind it for dead ReLUs, a detach or a factor of zero; just after a "
            "zero initialisation it is as it should be."
            if of_gradient
            else "It is as it should be where it was so initialised and not yet trained."
        ),
        nodes=tuple(dict.fromkeys(row["node"] for row, _ in zero if _known(evidence, row))),
        value=1.0,
        threshold=1.0,
        unit="share of zeros",
        samples=sum(summary.count for _, summary in zero),
        source="SageMaker Debugger, AllZero",
        view="gradients" if of_gradient else "parameters",
    )


def _known(evidence: Evidence, row: Row) -> bool:
    return row["node"] in evidence.graph.nodes
