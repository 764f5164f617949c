"""Where do NaN and infinity begin?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import Finding, TensorSummary


def nonfinite(evidence: Evidence) -> Iterator[Finding]:
    """Any NaN or infinity in parameters, activations or gradients.

    For activations the origin is the first node in execution order whose output is not finite
    while what it used was.
    """
    for quantity in ("parameter", "activation", "gradient"):
        bad = [(row, s) for row, s in evidence.latest(quantity) if s.nonfinite]
        if not bad:
            continue
        order = [(_order(evidence, row["node"]), row, s) for row, s in bad]
        if quantity == "gradient":  # backward runs from the end to the start
            order = [(-position, row, s) for position, row, s in order]
        _, row, summary = min(order, key=lambda item: item[0])
        nodes = {other["node"] for other, _ in bad}
        name = "" if row["tensor"].startswith("output") else f" ({row['tensor']})"
        advice = {
            "parameter": "Load an earlier checkpoint, and find the step at which it happened.",
            "activation": "Look at this node's inputs: a division, a logarithm, an overflow?",
            "gradient": "Lower the learning rate or clip gradients; in fp16, scale the loss.",
        }[quantity]
        yield Finding(
            rule="nonfinite",
            severity="error",
            title=f"{quantity.capitalize()} of {evidence.label(row['node'])} is not finite",
            detail=(
                f"{_counts(summary)} of {summary.count:,} values{name}; "
                f"it is the origin among {len(nodes)} {'node' if len(nodes) == 1 else 'nodes'} "
                f"with such a {quantity}."
            ),
            advice=advice,
            nodes=(row["node"], *sorted(nodes - {row["node"]})),
            value=float(summary.nonfinite),
            threshold=0.0,
            unit="values",
            samples=summary.count,
            source="IEEE 754",
            view={"parameter": "parameters", "activation": "activations"}.get(
                quantity, "gradients"
            ),
        )


def _order(evidence: Evidence, node_id: str) -> float:
    """Position in execution order of the innermost thing: groups end after what is in them."""
    node = evidence.graph.nodes.get(node_id)
    if node is None:
        return float("inf")
    inside = [child.order for child in evidence.graph.descendants(node_id)]
    return max(inside, default=node.order) + (0.5 if inside and not node.atomic else 0.0)


def _counts(summary: TensorSummary) -> str:
    infinite = summary.positive_infinity + summary.negative_infinity
    parts = [f"{summary.nan:,} NaN"] if summary.nan else []
    parts += [f"{infinite:,} infinite"] if infinite else []
    return " and ".join(parts)
