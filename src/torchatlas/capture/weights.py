"""What a model holds: its parameters and buffers, which are tied, and how they are spread."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from torchatlas.capture.calls import without_compiled
from torchatlas.capture.summarize import NotSummarizable, summarize
from torchatlas.capture.tensors import shape_text, tensor_spec
from torchatlas.run import ROOT, Gap, Graph, ModelInfo


def model_info(model: nn.Module, name: str | None = None) -> ModelInfo:
    """Class, mode and size of a model; shared parameters count once."""
    parameters = list(model.parameters())
    return ModelInfo(
        name or type(model).__name__,
        type(model).__name__,
        model.training,
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(p.numel() * p.element_size() for p in parameters),
    )


def parameter_rows(model: nn.Module, graph: Graph | None) -> list[dict[str, Any]]:
    """Rows of the table `parameters`: each parameter and buffer, also under its second names."""
    rows = []
    first_name: dict[Any, str] = {}
    for kind, name, tensor in _named_weights(model):
        spec = tensor_spec(tensor)
        same = weight_identity(tensor)
        rows.append(
            {
                "node": owner_node(graph, name),
                "tensor": name,
                "kind": kind,
                "shape": shape_text(spec),
                "dtype": spec.dtype,
                "device": spec.device,
                "count": tensor.numel(),
                "size_bytes": spec.size_bytes,
                "trainable": tensor.requires_grad,
                "tied_to": first_name.get(same),
            }
        )
        first_name.setdefault(same, name)
    return rows


def weight_distributions(
    model: nn.Module, graph: Graph | None, step: int
) -> tuple[list[dict[str, Any]], list[Gap]]:
    """Rows of the table `distributions` for every parameter, all elements looked at."""
    rows, gaps = [], []
    for name, tensor in model.named_parameters():
        node = owner_node(graph, name)
        try:
            summary = summarize(tensor)
        except NotSummarizable as reason:
            gaps.append(Gap("parameter", f"{name} has no distribution: {reason}", node))
            continue
        rows.append(
            {
                "node": node,
                "tensor": name,
                "quantity": "parameter",
                "step": step,
                "elements": tensor.numel(),
                "summary": summary,
            }
        )
    return rows, gaps


def owner_node(graph: Graph | None, name: str) -> str:
    """Id of the node that a parameter belongs to: its module, or the nearest one that was called.

    Without a graph it is the module's path, which is what the node would be called.
    """
    path = without_compiled(name.rpartition(".")[0])
    if graph is None:
        return path or ROOT
    while path and path not in graph.nodes:
        path = path.rpartition(".")[0]
    return path or ROOT


def _named_weights(model: nn.Module) -> list[tuple[str, str, torch.Tensor]]:
    parameters = model.named_parameters(remove_duplicate=False)
    buffers = model.named_buffers(remove_duplicate=False)
    return [
        *(("parameter", name, tensor) for name, tensor in parameters),
        *(("buffer", name, tensor) for name, tensor in buffers),
    ]


def weight_identity(tensor: torch.Tensor) -> Any:
    """Equal for tensors that are one and the same: the object, or the same stretch of memory."""
    if tensor.is_meta or tensor.layout != torch.strided or tensor.numel() == 0:
        return id(tensor)
    return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype
