"""Which parameters take no part?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torchatlas.measure.findings.evidence import Evidence, Row, some
from torchatlas.run import ROOT, Finding, is_output


def unused_parameter(evidence: Evidence) -> Iterator[Finding]:
    """A parameter that requires a gradient and that no op used, or that got no gradient.

    Judged only on a forward pass that ran to its end. Parameters of one module make one finding;
    a tied parameter is used when it is used under any of its names.
    """
    graph = evidence.executed_graph()
    rows = evidence.rows("parameters", kind="parameter")
    first_name = {row["tensor"]: row["tied_to"] or row["tensor"] for row in rows}
    used = {
        first_name.get(name, name)
        for node in graph.nodes.values()
        if node.kind != "module"
        for name in node.parameters
    }
    has_gradient = _gradient_seen(evidence)
    idle: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not row["trainable"] or row["tied_to"] is not None:
            continue
        if row["tensor"] not in used:
            idle.setdefault((row["node"], "no op of the forward pass uses"), []).append(row)
        elif not has_gradient(row):
            idle.setdefault((row["node"], "the loss does not depend on"), []).append(row)
    for (node, why), found in idle.items():
        count = sum(row["count"] for row in found)
        yield Finding(
            rule="unused_parameter",
            severity="warning",
            title=f"{why[0].upper()}{why[1:]} {some([row['tensor'] for row in found], 2)}",
            detail=f"{count:,} parameters take memory and are never trained.",
            advice="Remove the module, use it in forward, or set requires_grad=False.",
            nodes=(node if node in graph.nodes else ROOT,),
            value=float(count),
            threshold=0.0,
            unit="parameters",
            samples=len(found),
            source="torch.nn.parallel.DistributedDataParallel, find_unused_parameters",
            view="parameters",
        )


def _gradient_seen(evidence: Evidence) -> Callable[[Row], bool]:
    """Whether a parameter has a gradient; yes where none was measured, or none could be.

    Complex gradients have no distribution, so that they cannot be seen.
    """
    gradients = [row for row, _ in evidence.latest("gradient")]
    names = {row["tensor"] for row in gradients}
    backward_ran = any(is_output(name) for name in names)
    return lambda row: (
        not backward_ran or row["tensor"] in names or str(row["dtype"]).startswith("complex")
    )
