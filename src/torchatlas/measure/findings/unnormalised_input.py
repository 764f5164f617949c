"""Are the inputs centred and of a scale near one?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import Finding

LARGEST_MEAN = 0.2
SCALE = (0.1, 10.0)
LEAST_VALUES = 500


def unnormalised_input(evidence: Evidence) -> Iterator[Finding]:
    """An input whose mean is more than 0.2 from zero, in units of its own spread or of one.

    The mean is held against 0.2 as it is, and the standard deviation against 0.1 to 10. Whole
    numbers (token ids) are left alone.
    """
    limit = evidence.thresholds.get("unnormalised_input", LARGEST_MEAN)
    for row, summary in evidence.latest("activation"):
        node = evidence.graph.nodes.get(row["node"])
        if node is None or node.kind != "input" or summary.finite < LEAST_VALUES:
            continue
        if not node.outputs or not node.outputs[0].dtype.startswith(("float", "bfloat")):
            continue
        mean, std = summary.mean, summary.std
        if mean is None or std is None:
            continue
        off_centre, off_scale = abs(mean) > limit, not SCALE[0] <= std <= SCALE[1]
        if off_centre or off_scale:
            yield Finding(
                rule="unnormalised_input",
                severity="warning" if abs(mean) > 1 or off_scale else "info",
                title=f"The input {node.name} is not normalised",
                detail=f"Its mean is {mean:.3g} and its standard deviation {std:.3g}.",
                advice="Subtract the mean of the training data and divide by its deviation.",
                nodes=(node.id,),
                value=abs(mean) if off_centre else std,
                threshold=limit if off_centre else SCALE[int(std > 1)],
                unit="absolute mean" if off_centre else "standard deviation",
                samples=summary.finite,
                source="SageMaker Debugger, NotNormalizedData",
                view="activations",
            )
