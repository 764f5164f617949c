"""Forward and backward on one graph: the nodes and edges of both, and what is kept between."""

from __future__ import annotations

from torchatlas.measure.joined_graph import joined
from torchatlas.run import ROOT, CaptureReport, Edge, Graph, Node, SavedTensor, TensorSpec

SPEC = TensorSpec((2,), "float32", "cpu", 8)


def graphs() -> tuple[Graph, Graph]:
    model = Node(ROOT, "module", "Net", "Net", None)
    layer = Node("a", "module", "a", "A", ROOT)
    output = Node("output:0", "output", "output", "output", ROOT)
    op = Node("a/exp:0", "op", "exp", "exp", "a")
    forward = Graph(
        {ROOT: model, "input:x": Node("input:x", "input", "x", "input", ROOT), "a": layer}
        | {op.id: op, output.id: output},
        (Edge("input:x", op.id, SPEC), Edge(op.id, output.id, SPEC)),
        CaptureReport(notes=("forward",)),
    )
    step = Node("a/ExpBackward0:0", "backward", "ExpBackward0", "ExpBackward0", "a")
    loss = Node("loss", "output", "loss", "output", ROOT)
    backward = Graph(
        {ROOT: model, loss.id: loss, "a": layer, step.id: step},
        (Edge(loss.id, step.id, SPEC),),
        CaptureReport(notes=("backward",)),
        (
            SavedTensor(step.id, "result", SPEC, "activation", op.id, step.id, 8),
            SavedTensor(step.id, "again", SPEC, "activation", op.id, step.id, 0),
            SavedTensor(step.id, "weight", SPEC, "parameter", "a.weight", step.id, 0),
            SavedTensor(step.id, "state", SPEC, "activation", "a", step.id, 8),
        ),
    )
    return forward, backward


def test_nodes_and_edges_of_both_are_there_and_saved_tensors_join_them() -> None:
    graph = joined(*graphs())
    assert list(graph.nodes) == [
        ROOT,
        "input:x",
        "a",
        "a/exp:0",
        "output:0",
        "loss",
        "a/ExpBackward0:0",
    ]
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("input:x", "a/exp:0"),
        ("a/exp:0", "output:0"),
        ("loss", "a/ExpBackward0:0"),
        ("a/exp:0", "a/ExpBackward0:0"),
    ]
    assert [node.order for node in graph.nodes.values()][-2:] == [5, 6]
    assert graph.capture.notes == ("forward", "backward")
    assert len(graph.saved) == 4


def test_an_empty_backward_changes_nothing_but_the_notes() -> None:
    forward, _ = graphs()
    graph = joined(forward, Graph({}, (), CaptureReport(notes=("no gradient",))))
    assert (graph.nodes, graph.edges) == (forward.nodes, forward.edges)
    assert graph.capture.notes == ("forward", "no gradient")
