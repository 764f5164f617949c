"""Traces an architecture, verifies the trace, and says what was lost on the way."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from tests.zoo.architectures.architecture import Architecture

from torchatlas.capture.tensors import tensors_in
from torchatlas.capture.trace import trace
from torchatlas.capture.verify import Verification
from torchatlas.capture.weights import model_info
from torchatlas.run import ROOT, Graph


@dataclass(frozen=True, slots=True)
class Followed:
    """What a trace of an architecture came to.

    Attributes:
        problems: what is wrong with it, a sentence each; none for a trace without a loss.
        verification: None where forward raised.
    """

    input: str
    nodes: int
    ops: int
    edges: int
    parameters: int
    flops: float | None
    problems: tuple[str, ...] = field(default=())
    verification: Verification | None = None


def follow(architecture: Architecture) -> Followed:
    """Build it, run it under the tracer, and run what was recorded by itself."""
    gc.collect()  # the model before this one may stand in circles
    model, (args, kwargs) = architecture.build()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(torch|torchvision|timm|transformers)\.")
        traced = trace(model, args, kwargs)
        verification = traced.verify() if traced.error is None else None
    graph = traced.graph
    return Followed(
        input=", ".join(_inputs(args, kwargs)),
        nodes=len(graph.nodes),
        ops=sum(node.kind == "op" for node in graph.nodes.values()),
        edges=len(graph.edges),
        parameters=model_info(model).parameter_count,
        flops=graph.nodes[ROOT].flops,
        problems=tuple(_problems(architecture, graph, verification)),
        verification=verification,
    )


def _problems(
    architecture: Architecture, graph: Graph, verification: Verification | None
) -> Iterator[str]:
    capture = graph.capture
    if capture.error is not None:
        yield f"forward raised at {capture.failed_node}: {capture.error}"
    for sentence in capture.unlinked:
        if not any(part in sentence.partition(": ")[0] for part in architecture.cut):
            yield sentence
    for part, why in architecture.cut.items():
        if not any(part in sentence.partition(": ")[0] for sentence in capture.unlinked):
            yield f"{part} hangs on an input, and the list says that it is {why}"
    if capture.status != "complete" and not capture.unlinked and capture.error is None:
        yield "the capture is partial and does not say why"
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            if end not in graph.nodes or graph.nodes[end].kind == "module":
                yield f"an edge ends at {end}, which is no node that computes"
    if not any(node.kind == "op" for node in graph.nodes.values()):
        yield "there is no op in the graph"
    if verification is not None and not verification.ok:
        yield f"the recorded ops do not give the outputs: {verification.reason}"


def _inputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[str]:
    """Shape of each tensor, with its keyword and, if it is not float32, its dtype."""
    for value in args:
        for tensor in tensors_in(value):
            yield _shape(tensor)
    for name, value in kwargs.items():
        found = list(tensors_in(value))
        if not found:
            yield f"{name}={value}"
        for tensor in found:
            yield f"{name}={_shape(tensor)}"


def _shape(tensor: torch.Tensor) -> str:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    dtype = str(tensor.dtype).removeprefix("torch.")
    return shape if dtype == "float32" else f"{shape}:{dtype}"
