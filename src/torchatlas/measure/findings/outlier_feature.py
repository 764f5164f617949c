"""Do a few features stand out through the whole depth of the model?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from torchatlas.measure.findings.evidence import CannotTell, Evidence, Row
from torchatlas.run import Finding

_NORMS = ("layernorm", "rmsnorm")
_SIZE = 6.0
LEAST_LAYERS = 4
LEAST_VALUES = 100
LEAST_SHARE = 0.06
"""Of the positions at which the feature must reach the size of 6."""


def outlier_feature(evidence: Evidence) -> Iterator[Finding]:
    """A feature is 6 or more in size at 6 % of the positions, in a quarter of the layers.

    Features are those that LayerNorm and RMSNorm put out, which the matrices of a transformer take.
    """
    threshold = evidence.thresholds["outlier_feature"]
    if evidence.graph.edges and not any(_is_norm(evidence, node) for node in evidence.graph.nodes):
        return  # it is no transformer
    rows = [
        row
        for row in evidence.latest_channels("activation")
        if _is_norm(evidence, row["node"]) and row["values"] >= LEAST_VALUES
    ]
    widths: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        widths[row["channels"]].append(row)
    stacks = {width: own for width, own in widths.items() if len(own) >= LEAST_LAYERS}
    if not stacks:
        raise CannotTell(
            f"the features that {LEAST_LAYERS} layer norms of one width put out were not looked at"
        )
    for own in stacks.values():
        shares = np.array([row["outlying"] for row in own], np.float64)
        layers = (shares >= LEAST_SHARE).mean(0)
        features = np.flatnonzero(layers >= threshold)
        if features.size:
            yield _finding(evidence, own, shares, features)


def _is_norm(evidence: Evidence, node: str) -> bool:
    return evidence.kind_of(node).endswith(_NORMS)


def _finding(
    evidence: Evidence, rows: list[Row], shares: np.ndarray, features: np.ndarray
) -> Finding:
    layers = (shares >= LEAST_SHARE).mean(0)
    most = int(features[np.argmax(layers[features])])
    where = [row["node"] for row, share in zip(rows, shares[:, most], strict=True) if share > 0]
    many = f"{features.size} features stand" if features.size > 1 else f"Feature {most} stands"
    return Finding(
        rule="outlier_feature",
        severity="info",
        title=f"{many} out through the layers",
        detail=(
            f"Feature {most} is {_SIZE:g} or more in size at {LEAST_SHARE:.0%} of the positions "
            f"or more in {layers[most]:.0%} of {len(rows)} layers."
        ),
        advice="Keep these features in 16 bits when the model is quantised to 8.",
        nodes=evidence.known(where),
        value=float(layers[most]),
        threshold=evidence.thresholds["outlier_feature"],
        unit="share of layers",
        samples=sum(row["values"] for row in rows),
        source="Dettmers et al. 2022, LLM.int8()",
        view="activations",
    )
