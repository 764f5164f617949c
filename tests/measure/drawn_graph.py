"""Graphs for tests, written down from an indented outline."""

from __future__ import annotations

from dataclasses import replace

from torchatlas.run import ROOT, Edge, Graph, Node, TensorSpec


def spec(*shape: int, dtype: str = "float32", device: str = "cpu") -> TensorSpec:
    """A tensor of that shape."""
    size = 4
    for length in shape:
        size *= length
    return TensorSpec(shape, dtype, device, size)


class DrawnGraph:
    """A graph that grows by calls: `module` and `op` give the id of what they added."""

    def __init__(self, type_: str = "Net") -> None:
        self.nodes: dict[str, Node] = {ROOT: Node(ROOT, "module", type_, type_, None)}
        self.edges: list[Edge] = []

    def module(self, node_id: str, type_: str, parent: str = ROOT, **fields: object) -> str:
        """A module call; what it is called is what its id adds to that of its parent."""
        name = node_id.removeprefix(f"{parent}.")
        return self._add(Node(node_id, "module", name, type_, parent), fields)

    def op(
        self, node_id: str, parent: str = ROOT, *, of: tuple[str, ...] = (), **fields: object
    ) -> str:
        """An op call fed by the nodes `of`, in that order."""
        name = node_id.rpartition("/")[2].partition(":")[0]
        self._add(Node(node_id, "op", name, name, parent, outputs=(spec(2, 4),)), fields)
        self.edges += [Edge(source, node_id, self.nodes[source].outputs[0]) for source in of]
        return node_id

    def input(self, name: str = "x") -> str:
        """An input of the model."""
        node = Node(f"input:{name}", "input", name, "input", ROOT, outputs=(spec(2, 4),))
        return self._add(node, {})

    def output(self, of: str) -> str:
        """The output of the model, made by that node."""
        tensors = self.nodes[of].outputs
        node_id = self._add(Node("output:0", "output", "0", "output", ROOT, inputs=tensors), {})
        self.edges.append(Edge(of, node_id, tensors[0]))
        return node_id

    def layer(self, node_id: str, type_: str, parent: str, fed_by: str, **fields: object) -> str:
        """An atomic module with one op in it; gives the op."""
        parameters = (f"{node_id}.weight",) if type_ == "Linear" else ()
        self.module(node_id, type_, parent, atomic=True, parameters=parameters, **fields)
        return self.op(f"{node_id}/{type_.lower()}:0", node_id, of=(fed_by,), parameters=parameters)

    def graph(self) -> Graph:
        """What was drawn."""
        return Graph(dict(self.nodes), tuple(self.edges))

    def _add(self, node: Node, fields: dict[str, object]) -> str:
        assert node.id not in self.nodes
        self.nodes[node.id] = replace(node, order=len(self.nodes), **fields)
        return node.id


def block_chain(types: list[str], width: int = 4) -> Graph:
    """A chain of blocks `layers.0`, `layers.1`, ... of a Linear and a ReLU each."""
    drawn = DrawnGraph()
    last = drawn.input()
    for at, type_ in enumerate(types):
        block = drawn.module(f"layers.{at}", type_)
        last = drawn.layer(f"{block}.fc", "Linear", block, last, attributes={"width": width})
        last = drawn.layer(f"{block}.act", "ReLU", block, last)
    drawn.output(last)
    return drawn.graph()
