"""Looks at activations and gradients while a few batches run, without changing the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import nn

from torchatlas.capture.batches import Batch, Batches
from torchatlas.capture.losses import Loss, judge
from torchatlas.capture.summarize import NotSummarizable, summarize
from torchatlas.capture.summarize_channels import channel_dim, summarize_channels
from torchatlas.capture.tracer import Tracer
from torchatlas.capture.unchanged import unchanged
from torchatlas.capture.weights import owner_node
from torchatlas.errors import DataError
from torchatlas.run import ChannelSummary, Gap, Graph, TensorSummary, channel_row

SAMPLE = 1_000_000
"""Values looked at per output and batch, at most; the table says how many elements there were.
Gradients of parameters are looked at whole, so that norms of groups add up."""

CHANNEL_SAMPLE = 262_144
"""Values looked at per output and batch, at most, to tell channels apart: the first examples."""

_RELU_LIKE = ("ReLU", "ReLU6", "relu", "relu_", "relu6")
_NONLINEAR = ("GELU", "SiLU", "Mish", "ELU", "LeakyReLU", "PReLU", "Hardswish", "Tanh", "Sigmoid")
_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "GroupNorm", "RMSNorm")
_BY_CHANNEL = frozenset(
    (
        *_RELU_LIKE,
        *(name for kind in _NONLINEAR for name in (kind, kind.lower())),
        *("leaky_relu", "hardswish", *_NORMS),
        *("batch_norm", "layer_norm", "group_norm", "rms_norm"),
    )
)
"""Nodes whose output is looked at channel by channel: where units are dormant or stand out."""


@dataclass(slots=True)
class _Observed:
    """What is known so far of one tensor of one node."""

    elements: int = 0
    summary: TensorSummary = field(default_factory=TensorSummary.empty)
    alive: torch.Tensor | None = None  # bool, shape [units]: above zero at least once
    channels: ChannelSummary | None = None


@dataclass(slots=True)
class Observation:
    """Rows of the tables `distributions` and `channels`, and what could not be seen."""

    rows: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    gaps: list[Gap]


def observe(
    model: nn.Module,
    batches: Batches,
    graph: Graph,
    *,
    loss: Loss | None = None,
    count: int = 4,
    gradients: bool = True,
    step: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> Observation:
    """Summaries of activations and gradients over the first batches, in the model's own mode.

    Gradients are those of the mean loss of each batch, with respect to parameters (under their
    own names) and to each node's output (tensor "output"); `.grad` is not touched.

    Args:
        count: batches looked at.
        gradients: whether to run backward too; needs a loss (see `judge`).
        advance: called after each batch.

    Raises:
        DataError: a batch cannot be used.
    """
    observer = _Observer(model, graph)
    with unchanged(model):
        for batch in islice(batches, count):
            observer.look(batch, loss, gradients)
            advance()
            if observer.stopped:
                break
    rows = observer.rows(step, batches.split)
    return Observation(rows, observer.channel_rows(step, batches.split), observer.gaps)


class _Observer:
    """Merges what each batch shows."""

    def __init__(self, model: nn.Module, graph: Graph) -> None:
        self.model, self.graph = model, graph
        self.seen: dict[tuple[str, str, str], _Observed] = {}
        self.gaps: list[Gap] = []
        self.stopped = False
        self._channels_first = any(
            isinstance(m, nn.Conv1d | nn.BatchNorm1d) for m in model.modules()
        )
        self._weights = {n: p for n, p in model.named_parameters() if p.requires_grad}

    def look(self, batch: Batch, loss: Loss | None, gradients: bool) -> None:
        """Run one batch forward, and backward when a loss is known."""
        tracer = Tracer(self.model, self._on_output if not gradients else self._on_output_hooked)
        try:
            with torch.set_grad_enabled(gradients):
                error = tracer.run(batch.args, batch.kwargs)
                if error is not None:
                    reason = f"the model raised {type(error).__name__}: {error}"
                    self._stop("activation", reason, tracer.failed)
                elif gradients:
                    self._backward(tracer.outputs, batch.targets, loss)
        finally:
            tracer.writes.restore()

    def rows(self, step: int, split: str) -> list[dict[str, Any]]:
        """Rows of the table `distributions`."""
        return [
            {
                "node": node,
                "tensor": tensor,
                "quantity": quantity,
                "step": step,
                "split": split,
                "elements": observed.elements,
                "summary": observed.summary,
                **_units(observed.alive),
            }
            for (node, tensor, quantity), observed in self.seen.items()
        ]

    def channel_rows(self, step: int, split: str) -> list[dict[str, Any]]:
        """Rows of the table `channels`."""
        return [
            {
                "node": node,
                "tensor": tensor,
                "quantity": quantity,
                "step": step,
                "split": split,
                **channel_row(observed.channels),
            }
            for (node, tensor, quantity), observed in self.seen.items()
            if observed.channels is not None
        ]

    def _stop(self, what: str, reason: str, node: str | None = None) -> None:
        self.stopped = True
        self._gap(Gap(what, reason, node))

    def _gap(self, gap: Gap) -> None:
        if gap not in self.gaps:
            self.gaps.append(gap)

    def _backward(self, outputs: Any, targets: Any, loss: Loss | None) -> None:
        try:
            judgement = judge(outputs, targets, loss)
        except DataError as error:
            self._stop("gradient", str(error))
            return
        if judgement.mean is None:
            self._gap(Gap("gradient", f"no gradients: {judgement.reason}"))
            return
        if not judgement.mean.requires_grad:
            self._gap(
                Gap("gradient", "no gradients: nothing that the loss rests on can be trained")
            )
            return
        if not self._weights:
            self._gap(Gap("gradient", "no gradients: the model has nothing that can be trained"))
            return
        weights = list(self._weights.values())
        try:
            found = torch.autograd.grad(judgement.mean, weights, allow_unused=True)
        except Exception as error:  # noqa: BLE001 (the model's own backward; shown as a gap)
            self._stop("gradient", f"backward raised {type(error).__name__}: {error}")
            return
        for name, gradient in zip(self._weights, found, strict=True):
            node = owner_node(self.graph, name)
            if gradient is None:
                reason = f"{name} gets no gradient: the loss does not depend on it"
                self._gap(Gap("gradient", reason, node))
            else:
                dense = gradient.to_dense() if gradient.is_sparse else gradient
                self._add(node, name, "gradient", dense, sample=None)

    def _on_output_hooked(self, node_id: str, tensors: list[torch.Tensor]) -> None:
        self._on_output(node_id, tensors)
        if not self._shown(node_id):
            return
        for name, tensor in _named(tensors):
            if tensor.requires_grad:
                tensor.register_hook(_Hook(self, node_id, name))  # type: ignore[no-untyped-call]

    def _on_output(self, node_id: str, tensors: list[torch.Tensor]) -> None:
        if not self._shown(node_id):
            return
        for name, tensor in _named(tensors):
            self._add(node_id, name, "activation", tensor.detach())

    def _shown(self, node_id: str) -> bool:
        """Ops inside a torch.nn module give what the module gives: the module's row is enough."""
        node = self.graph.nodes.get(node_id)
        if node is None or node.parent is None:
            return node is not None
        return not self.graph.nodes[node.parent].atomic

    def _add(
        self,
        node_id: str,
        name: str,
        quantity: str,
        values: torch.Tensor,
        sample: int | None = SAMPLE,
    ) -> None:
        observed = self.seen.setdefault((node_id, name, quantity), _Observed())
        try:
            summary = summarize(values, sample=sample)
        except NotSummarizable as reason:
            self._gap(Gap(quantity, f"{node_id}: {name} has no distribution: {reason}", node_id))
            del self.seen[node_id, name, quantity]
            return
        observed.elements += values.numel()
        observed.summary = observed.summary.merge(summary)
        if quantity != "activation":
            return
        if self.graph.nodes[node_id].type in _BY_CHANNEL:
            self._add_channels(observed, values)
        if self.graph.nodes[node_id].type in _RELU_LIKE:
            alive = _alive_units(values, self._channels_first)
            if observed.alive is None or observed.alive.shape != alive.shape:
                observed.alive = alive
            else:
                observed.alive |= alive

    def _add_channels(self, observed: _Observed, values: torch.Tensor) -> None:
        dim = channel_dim(values, channels_first=self._channels_first)
        if dim != 0 and values.numel() > CHANNEL_SAMPLE:
            examples = max(1, len(values) * CHANNEL_SAMPLE // values.numel())
            values = values[:examples]
        try:
            found = summarize_channels(values, dim)
        except NotSummarizable:  # it has a distribution and no channels: a scalar, say
            return
        before = observed.channels
        if before is None or before.channels != found.channels:
            observed.channels = found
        else:
            observed.channels = before.merge(found)


class _Hook:
    """Takes the gradient of one output when backward reaches it."""

    def __init__(self, observer: _Observer, node_id: str, name: str) -> None:
        self.observer, self.node_id, self.name = observer, node_id, name

    def __call__(self, gradient: torch.Tensor) -> None:
        self.observer._add(self.node_id, self.name, "gradient", gradient.detach())


def _named(tensors: list[torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    if len(tensors) == 1:
        return [("output", tensors[0])]
    return [(f"output[{position}]", tensor) for position, tensor in enumerate(tensors)]


def _alive_units(values: torch.Tensor, channels_first: bool) -> torch.Tensor:
    """Which units were above zero anywhere, shape [units]; see `channel_dim`."""
    if not values.dim():
        return values > 0
    dim = channel_dim(values, channels_first=channels_first)
    return (values > 0).movedim(dim, 0).flatten(1).any(1)


def _units(alive: torch.Tensor | None) -> dict[str, int]:
    if alive is None:
        return {}
    return {"units": alive.numel(), "dead_units": int((~alive).sum())}
