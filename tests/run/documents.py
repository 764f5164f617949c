"""A document in which every kind of plain data occurs, awkward values included."""

from __future__ import annotations

import math

import numpy as np

from torchatlas.run import (
    ROOT,
    Axis,
    Band,
    Bars,
    CaptureReport,
    Comparison,
    Document,
    Edge,
    Envelope,
    Excerpt,
    Finding,
    Gap,
    Graph,
    Heatmap,
    Histogram,
    Line,
    ModelInfo,
    Node,
    Panel,
    Ridges,
    Rule,
    Run,
    SavedTensor,
    Scatter,
    SourceLocation,
    TensorSpec,
    TensorSummary,
    View,
    Zone,
    build_table,
)

HOSTILE = '<script>alert("1")</script>\u2028 "NaN" \ud7ff é'


def full_document() -> Document:
    """Every dataclass of the contract at least once."""
    other = Run("before", "2026-01-01T00:00:00+00:00", graph=_graph())
    return Document(_run(), (_view(),), Comparison(("before", HOSTILE), (other,)))


def _run() -> Run:
    summary = TensorSummary.of(np.array([1.0, -2.5, 0.0, math.nan, math.inf, 5e-324]))
    distributions = [
        {"node": HOSTILE, "tensor": "w", "quantity": "parameter", "step": 3, "summary": summary},
        {"node": "a", "tensor": "b", "quantity": "gradient", "summary": TensorSummary.empty()},
    ]
    scalars = [{"name": "loss", "value": v} for v in (1.5, math.nan, math.inf, -math.inf, None)]
    parameters = [{"node": "a", "tensor": "a.w", "count": 2**53, "trainable": False}]
    tables = {"distributions": distributions, "scalars": scalars, "parameters": parameters}
    return Run(
        name=HOSTILE,
        created="2026-01-01T00:00:00+00:00",
        model=ModelInfo("net", "Net", True, 10, 8, 40),
        graph=_graph(),
        backward=_backward(),
        tables={name: build_table(name, rows) for name, rows in tables.items()},
        findings=(
            Finding("nonfinite", "error", "title", "detail", "advice", ("a", HOSTILE), math.inf),
            Finding("dead_relu", "info", "t", "d", "a", (), 0.5, 0.25, "share", 9, (0, 7)),
        ),
        gaps=(Gap("cost", "no clock"), Gap("activation", "fake", "a")),
        classes=("zero", HOSTILE),
        facts={"seed": "0", HOSTILE: HOSTILE},
        excerpts=(Excerpt("net.py", 7, ("def forward(self, x):", f"    return {HOSTILE}")),),
    )


def _backward() -> Graph:
    spec = TensorSpec((2, -1), "float32", "cpu", 8)
    step = Node("/B:0", "backward", "B", "B", ROOT, (spec,), attributes={"forward": HOSTILE})
    root = Node(ROOT, "module", "Net", "Net", None)
    saved = SavedTensor(step.id, "self", spec, "activation", HOSTILE, step.id, 8)
    return Graph({ROOT: root, step.id: step}, saved=(saved,))


def _graph() -> Graph:
    spec = TensorSpec((2, -1), "float32", "cpu", 8)
    attributes = {"bias": True, "eps": 1e-5, "fill": -math.inf, "mode": "zeros", "k": 3, "n": None}
    nodes = [
        Node(ROOT, "module", "Net", "Net", None),
        Node(
            "a",
            "op",
            "a",
            "linear",
            ROOT,
            (spec,),
            (spec, spec),
            ("a.w",),
            attributes,
            12.0,
            SourceLocation("net.py", 7, "forward", "x = self.a(x)"),
            1,
            True,
            ("aten.addmm.default",),
        ),
    ]
    report = CaptureReport(
        "partial",
        "executed",
        "ValueError: x",
        "a",
        ("output:0",),
        ("a.w",),
        ("a",),
        ("nn.TransformerEncoderLayer",),
        ("a",),
        ("a note",),
    )
    return Graph({node.id: node for node in nodes}, (Edge("a", ROOT, spec),), report)


def _view() -> View:
    marks = (
        Line((0.0, None, 2.0), (math.nan, 1.0, -math.inf), "l", "train", True, True),
        Bars((1.0, None), "b", "neutral", (0.5,), (2.0,), ("a",)),
        Band((0.1,), (None,), (0.3,), "band"),
        Histogram((-1.0, 0.0, 1.0), (3.0, 4.0), "h", "weights", 2.0, "a", "a.w", "note"),
        Heatmap(((1.0, None), (math.nan, 2.0)), "m", "1", (("a", "b"), ("c", "d"))),
        Ridges((-1.0, 0.0, 1.0), ((0.5, 0.25), ()), "r", "weights", (0.25, None), (math.inf, None)),
        Scatter(
            (1.0, None), (math.nan, 2.0), "s", "conv", ("a", "b"), ("a", "b"), (0,), ("", "why")
        ),
        Rule("y", 0.5, "half"),
        Envelope((0.0, 1.0), (None, -math.inf), (1.0, math.nan), "e", "weights", 0.1),
        Zone("x", 1.0, 2.0, "not measured", True),
    )
    panel = Panel("p", Axis("x", "s", "log"), Axis("y", "", "category", ("u", "v")), marks, "n")
    return View("curves", "Curves", "sub", "words", (panel,), ("a gap",))
