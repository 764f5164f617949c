"""Are single activations a thousand times as large as the others?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from torchatlas.measure.findings.evidence import CannotTell, Evidence, some
from torchatlas.run import Finding, TensorSummary, bin_edges

SIZE = 100.0
LEAST_VALUES = 1_000


def massive_activation(evidence: Evidence) -> Iterator[Finding]:
    """An activation above 100 in size and a thousand times the median size of its tensor."""
    threshold = evidence.thresholds["massive_activation"]
    rows = [
        (row["node"], summary)
        for row, summary in evidence.latest("activation")
        if not _is_input(evidence, row["node"])
    ]
    if not any(summary.finite >= LEAST_VALUES for _, summary in rows):
        raise CannotTell(f"no {LEAST_VALUES:,} activations of a node were looked at")
    found: dict[str, tuple[float, float, int]] = {}
    for node, summary in rows:
        if summary.finite < LEAST_VALUES:
            continue
        largest, middle = largest_size(summary), median_size(summary)
        if largest > SIZE and middle > 0 and largest >= threshold * middle:
            found[node] = largest, largest / middle, summary.finite
    if not found:
        return
    worst = max(found, key=lambda node: found[node][0])
    largest, ratio, _ = found[worst]
    count = f"{len(found):,} nodes have" if len(found) > 1 else f"{evidence.label(worst)} has"
    yield Finding(
        rule="massive_activation",
        severity="info",
        title=f"{count} massive activations",
        detail=(
            f"The largest is {largest:.4g} in {evidence.label(worst)}, {ratio:,.0f} times the "
            f"median size there: {some(list(found))}."
        ),
        advice="Large language models have them; mind them when you quantise or use fp16.",
        nodes=evidence.known(found),
        value=ratio,
        threshold=threshold,
        unit="times the median size",
        samples=sum(count for _, _, count in found.values()),
        source="Sun et al. 2024, Massive Activations in Large Language Models",
        view="activations",
    )


def largest_size(summary: TensorSummary) -> float:
    """The largest |x| of the finite values; 0 without any."""
    return max(-(summary.minimum or 0.0), summary.maximum or 0.0)


def median_size(summary: TensorSummary) -> float:
    """The median of |x|, to the width of a bin; 0 where more than half are zeros."""
    low, high = bin_edges(summary.bin_keys)
    middles = np.abs(low / 2 + high / 2)
    order = np.argsort(middles)
    below = summary.zero + np.cumsum(summary.bin_counts[order])
    half = (summary.finite + 1) / 2
    if summary.zero >= half or below.size == 0:
        return 0.0
    return float(middles[order][min(int(np.searchsorted(below, half)), below.size - 1)])


def _is_input(evidence: Evidence, node_id: str) -> bool:
    node = evidence.graph.nodes.get(node_id)
    return node is not None and node.kind == "input"
