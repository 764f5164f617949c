"""Are gradients so small that Adam divides by its epsilon?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import sqrt
from statistics import median

from torchatlas.measure.findings.evidence import CannotTell, Evidence, some
from torchatlas.run import Finding

LEAST_POINTS = 3
LAST = 10
"""So many of the last points count: it must be so now."""

_ADAM = re.compile(r"\b\w*Adam\w*\(")
_EPSILON = re.compile(r"\beps=([0-9.eE+-]+)")


def epsilon_dominates(evidence: Evidence) -> Iterator[Finding]:
    """The root mean square of a weight's gradient is at most Adam's epsilon, at the last points.

    Adam then steps by gradient / epsilon: less and less, and not by its learning rate. Gradients
    that are exactly zero are a finding of their own.
    """
    threshold = evidence.thresholds["epsilon_dominates"]
    epsilon = _epsilon(evidence.run.facts.get("optimizer", ""))
    norms = {
        name: points[-LAST:]
        for name, points in evidence.norms("gradient").items()
        if name in evidence.weights and len(points) >= LEAST_POINTS
    }
    if not norms:
        raise CannotTell(f"the gradient of no weight was recorded at {LEAST_POINTS} steps")
    found: dict[str, float] = {}
    for name, points in norms.items():
        sizes = [point.norm / sqrt(point.elements) for point in points if point.elements]
        if sizes and max(sizes) > 0 and max(sizes) <= threshold * epsilon:
            found[name] = median(sizes)
    if not found:
        return
    worst = min(found, key=found.__getitem__)
    steps = norms[worst]
    title = f"{len(found)} weights have" if len(found) > 1 else f"{worst} has"
    yield Finding(
        rule="epsilon_dominates",
        severity="warning",
        title=f"{title} gradients below Adam's epsilon",
        detail=(
            f"The root mean square is {found[worst]:.2g} in {worst} and epsilon is {epsilon:g}, "
            f"so that its steps shrink: {some(list(found))}."
        ),
        advice="Make epsilon smaller (1e-15, say), or scale the loss or the initial weights up.",
        nodes=evidence.known(evidence.weights[name]["node"] for name in found),
        value=found[worst] / epsilon,
        threshold=threshold,
        unit="of epsilon",
        samples=sum(len(norms[name]) for name in found),
        steps=(steps[0].step, steps[-1].step),
        source="Wortsman et al. 2023, Small-scale proxies for large-scale instabilities",
        view="gradients",
    )


def _epsilon(optimizer: str) -> float:
    """The epsilon of an Adam, from the note of the optimizers' settings."""
    if not optimizer:
        raise CannotTell("the optimizer is not known")
    if not _ADAM.search(optimizer):
        raise CannotTell("the optimizer is no Adam")
    told = {float(text) for text in _EPSILON.findall(optimizer)}
    if not told:
        raise CannotTell("the optimizer's epsilon is not known")
    return max(told)
