"""Would the values still fit into 16 bits?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.findings.massive_activation import largest_size
from torchatlas.run import Finding

_VIEWS = {"parameter": "parameters", "activation": "activations", "gradient": "gradients"}


def half_overflow(evidence: Evidence) -> Iterator[Finding]:
    """A parameter, activation or gradient is beyond the largest number of fp16, 65,504.

    For fp8 give the threshold its largest number: 448 (e4m3) or 57,344 (e5m2). Inputs are left out.
    """
    threshold = evidence.thresholds["half_overflow"]
    measured = {quantity: evidence.latest(quantity) for quantity in _VIEWS}
    if not any(measured.values()):
        raise CannotTell("no values were looked at")
    inputs = {node.id for node in evidence.graph.nodes.values() if node.kind == "input"}
    for quantity, rows in measured.items():
        beyond = {
            (row["node"], row["tensor"]): (largest_size(summary), summary.count)
            for row, summary in rows
            if row["node"] not in inputs and largest_size(summary) > threshold
        }
        if not beyond:
            continue
        worst = max(beyond, key=lambda key: beyond[key][0])
        where = worst[1] if quantity == "parameter" else evidence.label(worst[0])
        many = f"{len(beyond):,} {quantity}s go" if len(beyond) > 1 else f"A {quantity} goes"
        yield Finding(
            rule="half_overflow",
            severity="info",
            title=f"{many} beyond {threshold:,.0f}".replace("A activation", "An activation"),
            detail=(
                f"The largest is {beyond[worst][0]:.4g}, in {where}; in fp16 or fp8 numbers above "
                f"{threshold:,.0f} become infinite."
            ),
            advice="Use bf16, which reaches as far as fp32, or scale the values down.",
            nodes=evidence.known(node for node, _ in beyond),
            value=beyond[worst][0],
            threshold=threshold,
            unit="in size",
            samples=sum(count for _, count in beyond.values()),
            source="IEEE 754, the largest finite number of binary16",
            view=_VIEWS[quantity],
        )
