"""A case of the zoo: a model, what goes in, and the edges that its graph must have.

`check` traces it and holds the graph and the model to what is true of every trace.
"""

from __future__ import annotations

import random
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as module_globals
from torch.overrides import _get_current_function_mode_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

import torchatlas as ta
from torchatlas.capture.tensors import tensors_in
from torchatlas.capture.trace import Trace
from torchatlas.run import Graph

Pairs = set[tuple[str, str]]


@dataclass
class Case:
    """What is traced and what must come out.

    Attributes:
        args: the arguments, or a function that makes them where they can be used up.
        edges: (source, target) of edges that must be there.
        only: whether `edges` are all that there are.
        absent: edges that must not be there.
        unlinked: output nodes that no edge leads to; the trace is then partial.
        verify: whether the ops, run again by themselves, must give the same outputs.
        flip: whether it is also traced in the other mode, training or evaluation.
    """

    model: nn.Module
    args: Any = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    edges: Pairs = field(default_factory=set)
    only: bool = True
    absent: Pairs = field(default_factory=set)
    unlinked: tuple[str, ...] = ()
    verify: bool = True
    flip: bool = True

    def arguments(self) -> tuple[Any, ...]:
        given = self.args() if callable(self.args) and not tensors_in(self.args) else self.args
        return given if isinstance(given, tuple) else (given,)


Make = Callable[[], Case]


class Collection:
    """The cases of one file: a decorator that keeps each under its function's name."""

    def __init__(self) -> None:
        self.makers: list[Make] = []

    def __call__(self, make: Make) -> Make:
        self.makers.append(make)
        return make

    @property
    def names(self) -> list[str]:
        return [make.__name__ for make in self.makers]


class Runs(nn.Module):
    """Runs a function `(self, ...)` as its forward, so that a case is a few lines."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.forward = types.MethodType(forward, self)


def edges_of(graph: Graph) -> Pairs:
    return {(edge.source, edge.target) for edge in graph.edges}


def check(case: Case) -> Graph:
    """Trace a case, hold it to its edges and to what is true of every trace, give the graph."""
    traced, again = _traces(case, 2)
    if traced.error is not None:
        raise traced.error
    graph = traced.graph
    found = edges_of(graph)
    assert not case.edges - found, _report("missing", case.edges - found, graph)
    assert not case.absent & found, _report("false", case.absent & found, graph)
    if case.only:
        assert not found - case.edges, _report("not expected", found - case.edges, graph)
    check_invariants(graph)
    unlinked = _unlinked_outputs(graph)
    assert unlinked == set(case.unlinked), f"unlinked: {unlinked}, expected: {case.unlinked}"
    assert graph.capture.status == ("partial" if case.unlinked else "complete")
    assert len(graph.capture.unlinked) == len(case.unlinked)
    _assert_equal(graph, again.graph)
    if case.verify:
        verification = traced.verify()
        assert verification.ok, verification
    if case.flip:
        case.model.train(not case.model.training)
        _traces(case, 1)
        case.model.train(not case.model.training)
    return graph


def check_invariants(graph: Graph) -> None:
    """What is true of every graph, whatever the model."""
    orders = [node.order for node in graph.nodes.values()]
    assert orders == sorted(set(orders))
    for edge in graph.edges:
        assert edge.source in graph.nodes, f"dangling: {edge}"
        assert edge.target in graph.nodes, f"dangling: {edge}"
        source, target = graph.nodes[edge.source], graph.nodes[edge.target]
        assert source.kind != "module", f"an edge from a group: {edge}"
        assert target.kind in ("op", "output"), f"an edge into what takes nothing: {edge}"
        assert source.order < target.order, f"an edge back in time: {edge}"
    for node in graph.nodes.values():
        assert node.parent in graph.nodes or node.parent is None, node
        if node.parent is not None:
            assert graph.nodes[node.parent].kind == "module", node


def _assert_equal(graph: Graph, again: Graph) -> None:
    assert list(again.nodes) == list(graph.nodes), "the second trace has other nodes"
    for node_id, node in graph.nodes.items():
        assert again.nodes[node_id] == node, "the second trace has another node"
    assert again.edges == graph.edges, "the second trace has other edges"


def _traces(case: Case, times: int) -> list[Trace]:
    """Several traces from one line, after each of which everything is as it was."""
    traces = []
    for _ in range(times):
        arguments = case.arguments()
        before = Snapshot(case.model, (arguments, case.kwargs))
        traces.append(ta.trace(case.model, arguments, case.kwargs))
        before.assert_same(Snapshot(case.model, (arguments, case.kwargs)))
    return traces


class Snapshot:
    """All that a trace must leave as it was."""

    def __init__(self, model: nn.Module, inputs: Any = ()) -> None:
        modules = list(model.modules())
        self.weights = {
            name: (id(held), values_of(held))
            for name, held in [*model.named_parameters(), *model.named_buffers()]
        }
        self.inputs = [values_of(tensor) for tensor in tensors_in(inputs)]
        self.gradients = [values_of(p.grad) for p in model.parameters() if p.grad is not None]
        self.state = {
            "training": [module.training for module in modules],
            "modules": [(type(m), [name for name, _ in m.named_children()]) for m in modules],
            "hooks": [list(hooks) for module in modules for hooks in _hooks(module)],
            "global hooks": [list(hooks) for hooks in _global_hooks()],
            "requires grad": [p.requires_grad for p in model.parameters()],
            "grad mode": torch.is_grad_enabled(),
            "inference mode": torch.is_inference_mode_enabled(),
            "autocast": torch.is_autocast_enabled("cpu"),
            "default dtype": torch.get_default_dtype(),
            "function modes": len(_get_current_function_mode_stack()),
            "dispatch modes": len(_get_current_dispatch_mode_stack()),
            "stance": torch._dynamo.eval_frame._stance,
            "torch random": torch.get_rng_state().tolist(),
            "numpy random": str(np.random.get_state()),
            "python random": random.getstate(),
        }

    def assert_same(self, other: Snapshot) -> None:
        for name, value in self.state.items():
            assert other.state[name] == value, f"the trace changed: {name}"
        assert self.weights == other.weights, "the trace changed a parameter or buffer"
        assert self.gradients == other.gradients, "the trace changed a gradient"
        assert self.inputs == other.inputs, "the trace changed an input"


def values_of(tensor: torch.Tensor) -> str:
    """The content of a tensor of any kind, as text that can be compared."""
    if tensor.is_meta or isinstance(tensor, nn.parameter.UninitializedTensorMixin):
        return "no values"
    if hasattr(tensor, "to_local"):
        tensor = tensor.to_local()
    with torch.no_grad():
        plain = tensor.detach()
        if plain.is_quantized:
            plain = plain.dequantize()
        if plain.is_nested:
            return str([part.tolist() for part in plain.unbind()])
        if plain.layout != torch.strided:
            plain = plain.to_dense()
        return str(hash(plain.contiguous().cpu().flatten().view(torch.uint8).numpy().tobytes()))


def _hooks(module: nn.Module) -> Iterable[Any]:
    return [value for name, value in vars(module).items() if name.endswith("_hooks")]


def _global_hooks() -> Iterable[Any]:
    return [v for name, v in vars(module_globals).items() if name.startswith("_global_") and v]


def _unlinked_outputs(graph: Graph) -> set[str]:
    """Outputs that nothing leads to from an input, from a parameter where there is no input."""
    inputs = [n.id for n in graph.nodes.values() if n.kind == "input"]
    starts = inputs or [n.id for n in graph.nodes.values() if n.kind != "output"]
    after: dict[str, list[str]] = {}
    for edge in graph.edges:
        after.setdefault(edge.source, []).append(edge.target)
    reached, stack = set(starts), list(starts)
    while stack:
        for target in after.get(stack.pop(), ()):
            if target not in reached:
                reached.add(target)
                stack.append(target)
    return {n.id for n in graph.nodes.values() if n.kind == "output"} - reached


def _report(what: str, pairs: Pairs, graph: Graph) -> str:
    """What is wrong, and what the graph has at the nodes in question."""
    named = {node_id for pair in pairs for node_id in pair}
    near = [f"  {e.source} -> {e.target}" for e in graph.edges if {e.source, e.target} & named]
    absent = sorted(named - graph.nodes.keys())
    lines = [f"edges {what}: {sorted(pairs)}", f"no such nodes: {absent}", "there are:", *near[:60]]
    if absent:
        lines.append(f"nodes: {list(graph.nodes)[:200]}")
    return "\n".join([*lines, str(graph.capture)])
