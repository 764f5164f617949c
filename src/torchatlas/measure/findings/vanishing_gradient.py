"""Do the gradients fade away on their way back to the input?"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from torchatlas.measure.findings.evidence import CannotTell, Evidence, Row, some
from torchatlas.run import Finding

FALL = 1_000.0
LEAST_WEIGHTS = 3


def vanishing_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Weights whose mean absolute gradient is below 1e-7 and a thousandth of the largest one.

    The second condition keeps a model silent that has been trained to the end, where all gradients
    are small. Biases are left alone (one before a norm has none by right), and so are gradients of
    nothing but zeros, which are a finding of their own.
    """
    threshold = evidence.thresholds["vanishing_gradient"]
    means = _sizes(evidence)
    if len(means) < LEAST_WEIGHTS:
        raise CannotTell(f"gradients of fewer than {LEAST_WEIGHTS} weights were measured")
    largest = max(mean for _, mean, _ in means)
    faint = [m for m in means if m[1] < threshold and m[1] * FALL < largest]
    if not faint:
        return
    names = [row["tensor"] for row, _, _ in faint]
    smallest = min(mean for _, mean, _ in faint)
    nodes = dict.fromkeys(row["node"] for row, _, _ in faint)
    yield Finding(
        rule="vanishing_gradient",
        severity="warning",
        title=f"The gradient vanishes in {len(names)} of {len(means)} weights",
        detail=(
            f"Mean absolute gradients go down to {smallest:.2g}, against {largest:.2g} in the "
            f"weight that has the largest: {some(names)}."
        ),
        advice="Add normalisation or skip connections, use ReLU, check the initialisation.",
        nodes=tuple(node for node in nodes if node in evidence.graph.nodes),
        value=smallest,
        threshold=threshold,
        unit="mean absolute gradient",
        samples=sum(count for _, _, count in faint),
        source="SageMaker Debugger, VanishingGradient; the fall by 1,000 is our own",
        view="gradients",
    )


def _sizes(evidence: Evidence) -> list[tuple[Row, float, int]]:
    """Row, mean |x| and count of the last gradient of each weight, those of zeros left out.

    Where no distribution was taken, the root mean square stands for it: never smaller, and up to
    a quarter larger for values that are spread normally.
    """
    weights = evidence.weights
    found = [(row, s) for row, s in evidence.latest("gradient") if row["tensor"] in weights]
    if found:
        return [(row, s.mean_absolute, s.count) for row, s in found if s.mean_absolute]
    norms = evidence.norms("gradient")
    if not norms:
        raise CannotTell("no gradients of parameters were measured")
    last = [(weights[name], points[-1]) for name, points in norms.items() if name in weights]
    return [
        (row, point.norm / sqrt(point.elements), point.elements)
        for row, point in last
        if point.norm > 0 and point.elements
    ]
