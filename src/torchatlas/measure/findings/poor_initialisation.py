"""Do the first steps see signals of about the same size in all layers?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.findings.layers import NONLINEARITIES
from torchatlas.run import Finding

FIRST_STEPS = 10
LEAST_LAYERS = 4
LEAST_VALUES = 500


def poor_initialisation(evidence: Evidence) -> Iterator[Finding]:
    """Variances of what goes into activation functions differ by more than ten times over layers.

    Only in the first ten steps of a training that was recorded from its start.
    """
    threshold = evidence.thresholds["poor_initialisation"]
    losses = evidence.series("loss", "train")
    if not losses or losses[0][0] > 1:
        raise CannotTell("the start of the training was not recorded")
    variances = _variances(evidence)
    if len(variances) < LEAST_LAYERS:
        raise CannotTell(
            f"what goes into {LEAST_LAYERS} activation functions was not measured in the first "
            f"{FIRST_STEPS} steps"
        )
    small = min(variances, key=lambda node: variances[node][0])
    large = max(variances, key=lambda node: variances[node][0])
    ratio = variances[large][0] / variances[small][0]
    if ratio > threshold:
        steps = [step for _, step, _ in variances.values()]
        yield Finding(
            rule="poor_initialisation",
            severity="warning",
            title=f"Signals differ {ratio:,.0f} times in variance over the layers at the start",
            detail=(
                f"What {small} puts out has a variance of {variances[small][0]:.2g}, and what "
                f"{large} does one of {variances[large][0]:.2g}; both go into an activation "
                "function."
            ),
            advice="Initialise by the fan-in (He for ReLU, Glorot for tanh), or add norms.",
            nodes=(small, large),
            value=ratio,
            threshold=threshold,
            unit="times in variance",
            samples=sum(count for _, _, count in variances.values()),
            steps=(min(steps), max(steps)),
            source="SageMaker Debugger, PoorWeightInitialization",
            view="activations",
        )


def _variances(evidence: Evidence) -> dict[str, tuple[float, int, int]]:
    """By node before an activation function: variance, step and number of values."""
    before = {
        maker
        for node in evidence.graph.nodes
        if evidence.kind_of(node) in NONLINEARITIES
        for maker in evidence.makers(node)
    }
    found: dict[str, tuple[float, int, int]] = {}
    for (node, _), points in evidence.over_time("activation").items():
        if node not in before or evidence.graph.nodes[node].kind == "input":
            continue
        for step, summary in points:
            if step <= FIRST_STEPS and summary.finite >= LEAST_VALUES and summary.std:
                found.setdefault(node, (summary.std**2, step, summary.finite))
    return found
