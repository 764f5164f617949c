"""Are the inputs centred and of a scale near one?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding, Node

SCALE = (0.1, 10.0)
LEAST_VALUES = 500


def unnormalised_input(evidence: Evidence) -> Iterator[Finding]:
    """An input whose mean is more than 0.2 from zero, or whose scale is far from one.

    The mean is held against 0.2 as it is, and the standard deviation against 0.1 to 10. Whole
    numbers (token ids) are left alone.
    """
    limit = evidence.thresholds["unnormalised_input"]
    nodes = evidence.graph.nodes
    inputs = [
        (nodes[row["node"]], row["split"], summary)
        for row, summary in evidence.latest("activation")
        if row["node"] in nodes and nodes[row["node"]].kind == "input"
    ]
    if not any(summary.finite >= LEAST_VALUES for _, _, summary in inputs):
        raise CannotTell(f"no {LEAST_VALUES} values of an input were looked at")
    for node, split, summary in inputs:
        mean, std = summary.mean, summary.std
        if summary.finite < LEAST_VALUES or mean is None or std is None or not _is_real(node):
            continue
        off_centre, off_scale = abs(mean) > limit, not SCALE[0] <= std <= SCALE[1]
        if off_centre or off_scale:
            yield Finding(
                rule="unnormalised_input",
                severity="warning" if abs(mean) > 1 or off_scale else "info",
                title=f"The input {node.id.removeprefix('input:')} is not normalised",
                detail=f"Its mean is {mean:.3g} and its standard deviation {std:.3g}.",
                advice="Subtract the mean of the training data and divide by its deviation.",
                nodes=(node.id,),
                value=abs(mean) if off_centre else std,
                threshold=limit if off_centre else SCALE[int(std > 1)],
                unit="absolute mean" if off_centre else "standard deviation",
                samples=summary.finite,
                source="SageMaker Debugger, NotNormalizedData; the scale is our own",
                view="activations",
                split=split,
            )


def _is_real(node: Node) -> bool:
    return bool(node.outputs) and node.outputs[0].dtype.startswith(("float", "bfloat"))
