"""A model that raised is never shown as healthy."""

from __future__ import annotations

import pytest

from torchatlas.measure.findings import examine
from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.measure.findings.failed_forward import failed_forward
from torchatlas.run import CaptureReport, Edge, Graph, Node, Run, TensorSpec

SPEC = TensorSpec((2, 4), "float32", "cpu", 32)
NODES = {
    "input:x": Node("input:x", "input", "input", "input", ".", outputs=(SPEC,)),
    "/mm:0": Node("/mm:0", "op", "mm", "mm", ".", inputs=(SPEC,)),
}
EDGES = (Edge("input:x", "/mm:0", SPEC),)


def run_with(report: CaptureReport) -> Run:
    return Run("m", "2026-01-01T00:00:00+00:00", graph=Graph(NODES, EDGES, report))


def test_it_names_the_node_the_exception_and_what_it_was_given() -> None:
    report = CaptureReport("partial", error="RuntimeError: shapes differ", failed_node="/mm:0")
    (finding,) = failed_forward(Evidence(run_with(report)))
    assert finding.severity == "error"
    assert finding.title == "Forward raised at /mm:0"
    assert finding.detail == "RuntimeError: shapes differ. It was given 2×4."
    assert finding.nodes == ("/mm:0",)
    assert examine(run_with(report)).findings[0] == finding


def test_a_pass_that_ran_through_is_silent() -> None:
    assert list(failed_forward(Evidence(run_with(CaptureReport())))) == []


def test_a_model_that_was_not_run_cannot_be_told() -> None:
    with pytest.raises(CannotTell, match="the model was not run"):
        list(failed_forward(Evidence(Run("m", "2026-01-01T00:00:00+00:00"))))
