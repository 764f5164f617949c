"""Did the model run through on the data it was given?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding


def failed_forward(evidence: Evidence) -> Iterator[Finding]:
    """The forward pass raised, so that nothing but structure and parameters was measured."""
    graph = evidence.graph
    error, node = graph.capture.error, graph.capture.failed_node
    if error is None and not graph.edges:
        raise CannotTell("the model was not run")
    if error is None:
        return
    where = evidence.label(node) if node is not None else "the model"
    shapes = ", ".join(
        "×".join(map(str, spec.shape)) or "scalar"
        for spec in (graph.nodes[node].inputs if node in graph.nodes else ())
    )
    given = f" It was given {shapes}." if shapes else ""
    yield Finding(
        rule="failed_forward",
        severity="error",
        title=f"Forward raised at {where}",
        detail=f"{error}.{given}",
        advice="Check the shape and type of the input, and what this node expects.",
        nodes=(node,) if node is not None else (),
        samples=1,
        source="the model's own exception",
        view="architecture",
    )
