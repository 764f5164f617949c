"""Tables that follow from the graph."""

from __future__ import annotations

from torchatlas.measure.graph_tables import cost_rows, edge_rows, node_rows
from torchatlas.run import ROOT, Edge, Graph, Node, SourceLocation, TensorSpec, build_table

IMAGE = TensorSpec((2, 3), "float32", "cpu", 24)
RAGGED = TensorSpec((2, -1), "float32", "cpu", 40)
SCALAR = TensorSpec((), "float32", "cpu", 4)

GRAPH = Graph(
    {
        "input:x": Node("input:x", "input", "x", "input", ROOT, outputs=(IMAGE,)),
        ROOT: Node(ROOT, "module", "Net", "Net", None, outputs=(SCALAR,), flops=12.0, order=1),
        "/f:0": Node(
            "/f:0",
            "op",
            "f",
            "linear",
            ROOT,
            outputs=(RAGGED, SCALAR),
            source=SourceLocation("net.py", 7, "forward"),
            order=2,
        ),
    },
    (Edge("input:x", "/f:0", IMAGE),),
)


def test_node_rows() -> None:
    rows = node_rows(GRAPH, {ROOT: 5})
    build_table("nodes", rows)
    assert [row["node"] for row in rows] == ["input:x", ROOT, "/f:0"]
    assert [row["output_shape"] for row in rows] == ["2×3", "scalar", "2×?, scalar"]
    assert [row["parameter_count"] for row in rows] == [0, 5, 0]
    assert [row["source"] for row in rows] == [None, None, "net.py:7"]


def test_edge_rows() -> None:
    rows = edge_rows(GRAPH)
    build_table("edges", rows)
    assert rows == [
        {
            "source": "input:x",
            "target": "/f:0",
            "shape": "2×3",
            "dtype": "float32",
            "size_bytes": 24,
        }
    ]


def test_cost_rows_leave_out_what_was_not_measured() -> None:
    rows = cost_rows(GRAPH, {ROOT: 5}, {ROOT: 0.5})
    build_table("cost", rows)
    assert [row["node"] for row in rows] == [ROOT, "/f:0"]
    assert [row["time_s"] for row in rows] == [0.5, None]
    assert [row["flops"] for row in rows] == [12.0, None]
    assert [row["activation_bytes"] for row in rows] == [4, 44]
    assert {row["phase"] for row in rows} == {"forward"}
