"""Which tanh and sigmoid layers stand at their flat ends?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.findings.layers import SQUASHERS
from torchatlas.run import Finding, TensorSummary, bin_edges

LEAST_VALUES = 500
HIGH = 0.9375
"""Edge of the bin that 0.97 lies in."""

LOW = 1 - HIGH


def saturated_activation(evidence: Evidence) -> Iterator[Finding]:
    """More than half of the outputs of a tanh are beyond 0.94 in size, or of a sigmoid near 0 or 1.

    A sigmoid whose output is the model's own is left alone: it is to be sure of its answers.
    """
    threshold = evidence.thresholds["saturated_activation"]
    rows = evidence.latest("activation")
    if not rows:
        raise CannotTell("no activations were measured")
    outputs = {node.id for node in evidence.graph.nodes.values() if node.kind == "output"}
    for row, summary in rows:
        kind = evidence.kind_of(row["node"])
        if kind not in SQUASHERS or summary.finite < LEAST_VALUES:
            continue
        if kind == "sigmoid" and set(evidence.users(row["node"])) & outputs:
            continue
        share = _saturated(summary, kind) / summary.finite
        if share > threshold:
            yield Finding(
                rule="saturated_activation",
                severity="warning",
                title=f"{share:.0%} of the outputs of {evidence.label(row['node'])} are saturated",
                detail=(
                    f"They lie beyond {HIGH:.2f} in size"
                    if kind == "tanh"
                    else f"They lie below {LOW:.2f} or above {HIGH:.2f}"
                )
                + f", where {kind} is flat and passes hardly any gradient on.",
                advice="Make the weights before it smaller, normalise its inputs, or use ReLU.",
                nodes=(row["node"],),
                value=share,
                threshold=threshold,
                unit="share of outputs",
                samples=summary.finite,
                source="Karpathy, makemore 3; that it must be more than half is our own",
                view="activations",
            )


def _saturated(summary: TensorSummary, kind: str) -> int:
    low, high = bin_edges(summary.bin_keys)
    beyond = (low >= HIGH) | (high <= -HIGH)
    if kind == "sigmoid":
        beyond |= high <= LOW
    return int(summary.bin_counts[beyond].sum()) + (summary.zero if kind == "sigmoid" else 0)
