"""Which parameters take no part?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import ROOT, Finding


def unused_parameter(evidence: Evidence) -> Iterator[Finding]:
    """A parameter that requires a gradient and that no op used, or that got no gradient.

    Judged only on a complete graph. Parameters of one module make one finding.
    """
    graph = evidence.graph
    if not graph.edges or graph.capture.error is not None:
        return
    used = {
        name for node in graph.nodes.values() if node.kind != "module" for name in node.parameters
    }
    gradients = {row["tensor"] for row, _ in evidence.latest("gradient")}
    idle: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in evidence.rows("parameters", kind="parameter", trainable=True):
        name = row["tensor"]
        if row["tied_to"] is not None:
            continue
        if name not in used:
            why = "no op of the forward pass uses"
        elif gradients and name not in gradients:
            why = "the loss does not depend on"
        else:
            continue
        idle.setdefault((row["node"], why), []).append((name, row["count"]))
    for (node, why), found in idle.items():
        names, count = [name for name, _ in found], sum(count for _, count in found)
        yield Finding(
            rule="unused_parameter",
            severity="warning",
            title=f"{why[0].upper()}{why[1:]} {_some(names)}",
            detail=f"{count:,} parameters take memory and are never trained.",
            advice="Remove the module, use it in forward, or set requires_grad=False.",
            nodes=(node,) if node in graph.nodes else (ROOT,),
            value=float(count),
            threshold=0.0,
            unit="parameters",
            samples=len(names),
            source="torch.nn.parallel.DistributedDataParallel, find_unused_parameters",
            view="parameters",
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown} and {len(names) - 2} more"
