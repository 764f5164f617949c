"""What each channel of a tensor does: one reduction a figure, over all other dimensions."""

from __future__ import annotations

import math

import torch

from torchatlas.capture.tensor_values import NotSummarizable
from torchatlas.run import ChannelSummary
from torchatlas.run.channels import BEYOND

_WITHOUT = {  # what a tensor must not be, for its dimensions to mean what they say
    "is_meta": "it has no values (meta or fake tensor)",
    "is_nested": "its parts have different lengths, so that it has no channels",
    "is_quantized": "its numbers are quantised",
}


def summarize_channels(tensor: torch.Tensor, dim: int = 1) -> ChannelSummary:
    """Counts, extremes and sums of each channel of a tensor.

    Args:
        tensor: dense, real, of at least one dimension.
        dim: the dimension of channels; 1 of images, the last of sequences (see `channel_dim`).

    Raises:
        NotSummarizable: it has no real values, or no such dimension.
    """
    _check(tensor, dim)
    values = tensor.detach().movedim(dim, 0)
    if not values.is_floating_point() or values.element_size() == 1:
        values = values.float()
    others = tuple(range(1, values.dim()))
    channels = values.shape[0]
    count = values.numel() // channels if channels else 0
    if count == 0:
        return ChannelSummary.empty(channels)
    if not others:
        values, others = values[:, None], (1,)
    low, high = values.amin(others), values.amax(others)
    nonfinite = torch.zeros(channels, dtype=torch.int64)
    if not bool((low.isfinite() & high.isfinite()).all()):
        finite = values.isfinite()
        nonfinite = (~finite).sum(others)
        low = torch.where(finite, values, math.inf).amin(others)
        high = torch.where(finite, values, -math.inf).amax(others)
        positive = (finite & (values > 0)).sum(others)
        values = torch.where(finite, values, 0)
        zero = (values == 0).sum(others) - nonfinite
    else:
        positive, zero = (values > 0).sum(others), (values == 0).sum(others)
    beyond = torch.zeros(channels, dtype=torch.int64)
    if max(-float(low.min()), float(high.max())) >= BEYOND:
        beyond = (values.abs() >= BEYOND).sum(others)
    wide = values if values.dtype == torch.float64 else values.float()
    if max(-float(low.min()), float(high.max())) > 1e12:  # whose squares fp32 cannot add up
        wide = values.double()
    norm = torch.linalg.vector_norm
    return ChannelSummary(
        values=count,
        minimum=low.double().cpu().numpy(),
        maximum=high.double().cpu().numpy(),
        total=wide.sum(others).double().cpu().numpy(),
        total_squares=norm(wide, 2, others).double().square().cpu().numpy(),
        total_absolute=norm(wide, 1, others).double().cpu().numpy(),
        zero=zero.cpu().numpy(),
        positive=positive.cpu().numpy(),
        nonfinite=nonfinite.cpu().numpy(),
        beyond=beyond.cpu().numpy(),
    )


def channel_dim(tensor: torch.Tensor, *, channels_first: bool) -> int:
    """Which dimension of an activation holds its units.

    A unit is a channel (dimension 1) of images and rows of features. Sequences, shape
    [batch, length, features], have their features last unless the model works on channels.

    Args:
        channels_first: whether the model has layers that take sequences with channels first.
    """
    last = tensor.dim() == 3 and not channels_first
    return tensor.dim() - 1 if last or tensor.dim() < 2 else 1


def _check(tensor: torch.Tensor, dim: int) -> None:
    for name, reason in _WITHOUT.items():
        if getattr(tensor, name):
            raise NotSummarizable(reason)
    if tensor.layout != torch.strided or type(tensor).__name__ in ("FakeTensor", "DTensor"):
        raise NotSummarizable("it is not held here as one dense tensor")
    if tensor.is_complex():
        raise NotSummarizable(f"its dtype ({tensor.dtype}) has no single order of values")
    if not -tensor.dim() <= dim < tensor.dim():
        raise NotSummarizable(f"it has {tensor.dim()} dimensions and no dimension {dim}")
