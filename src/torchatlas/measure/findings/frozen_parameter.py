"""Which parameters require a gradient and do not move?"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from torchatlas.measure.findings.bias_before_norm import undone_biases
from torchatlas.measure.findings.evidence import CannotTell, Evidence, NormPoint, some
from torchatlas.run import Finding, TensorSummary

RELATIVE, ABSOLUTE = 1e-5, 1e-8
LEAST_STEPS = 10
"""Between the first and the last check: in a step or two a weight may well stand still."""


def frozen_parameter(evidence: Evidence) -> Iterator[Finding]:
    """A parameter that requires a gradient looks the same at all of its checks, three or more.

    Looks the same: bins, extremes, sums and norm of its distribution, to a relative 1e-5. One that
    moved before is only meant where its gradient is gone: it may well have arrived. A bias that a
    norm undoes at once has no reason to move.
    """
    threshold = evidence.thresholds["frozen_parameter"]
    undone = undone_biases(evidence)
    wanted = {
        row["tensor"]: row
        for row in evidence.rows("parameters", kind="parameter")
        if row["trainable"] and row["tied_to"] is None and row["tensor"] not in undone
    }
    checks = {
        tensor: points
        for (_, tensor), points in evidence.over_time("parameter").items()
        if tensor in wanted
        and len(points) > threshold
        and points[-1][0] - points[0][0] >= LEAST_STEPS
    }
    if not checks:
        raise CannotTell(
            f"no trainable parameter was looked at {threshold + 1:g} times over {LEAST_STEPS} steps"
        )
    still = {name: unchanged_since(points) for name, points in checks.items()}
    gradients = evidence.norms("gradient")
    frozen = [
        name
        for name, count in still.items()
        if count >= threshold
        and (
            count == len(checks[name]) - 1
            or _has_lost_its_gradient(name, gradients, checks[name][-1 - count][0])
        )
    ]
    if not frozen:
        return
    steps = [checks[name] for name in frozen]
    all_of_them = len(frozen) == len(checks)
    title = f"{frozen[0]} does not move" if len(frozen) == 1 else f"{len(frozen)} parameters"
    if len(frozen) > 1:
        title += " do not move"
    yield Finding(
        rule="frozen_parameter",
        severity="warning",
        title="No parameter moves" if all_of_them else title,
        detail=f"They require a gradient and were the same at several checks: {some(frozen)}.",
        advice=(
            "See that the optimizer has the parameters and that its learning rate is not zero."
            if all_of_them
            else "Give them to the optimizer, or set requires_grad=False if that is meant."
        ),
        nodes=evidence.known(wanted[name]["node"] for name in frozen),
        value=float(min(still[name] for name in frozen)),
        threshold=threshold,
        unit="checks without a change",
        samples=len(frozen),
        steps=(min(p[-1 - still[n]][0] for n, p in zip(frozen, steps, strict=True)), _last(steps)),
        source="SageMaker Debugger, UnchangedTensor",
        view="parameters",
    )


def unchanged_since(points: list[tuple[int, TensorSummary]]) -> int:
    """How many of the last checks found the same as the one before."""
    count = 0
    for (_, before), (_, after) in zip(points[-2::-1], points[:0:-1], strict=False):
        if not _same(before, after):
            break
        count += 1
    return count


def _has_lost_its_gradient(name: str, gradients: dict[str, list[NormPoint]], since: int) -> bool:
    """Whether others had a gradient after a step and this one had none, not even of zeros."""
    later = {other for other, points in gradients.items() if points[-1].step > since}
    return bool(later) and name not in later


def _same(one: TensorSummary, other: TensorSummary) -> bool:
    if one.count != other.count or one.bin_keys.tolist() != other.bin_keys.tolist():
        return False
    if one.bin_counts.tolist() != other.bin_counts.tolist() or one.zero != other.zero:
        return False
    each = ABSOLUTE * sqrt(one.count)
    pairs = (
        (one.minimum or 0.0, other.minimum or 0.0, ABSOLUTE),
        (one.maximum or 0.0, other.maximum or 0.0, ABSOLUTE),
        (one.total_absolute, other.total_absolute, each),
        (one.norm, other.norm, each),
    )
    if any(abs(a - b) > RELATIVE * abs(a) + slack for a, b, slack in pairs):
        return False
    return abs(one.total - other.total) <= RELATIVE * one.total_absolute / sqrt(one.count) + each


def _last(steps: list[list[tuple[int, TensorSummary]]]) -> int:
    return max(points[-1][0] for points in steps)
