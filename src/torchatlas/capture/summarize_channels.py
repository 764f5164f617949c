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
    if values.dtype != torch.float64:
        values = values.float()
    low, high = values.amin(others), values.amax(others)
    nonfinite = torch.zeros(channels, dtype=torch.int64)
    if not bool((low.isfinite() & high.isfinite()).all()):
        finite = values.isfinite()
        nonfinite = _count(~finite, others)
        low = torch.where(finite, values, math.inf).amin(others)
        high = torch.where(finite, values, -math.inf).amax(others)
        values = torch.where(finite, values, 0)
    positive, negative = _signs(values, others)
    size = max(-float(low.min()), float(high.max()))
    beyond = torch.zeros(channels, dtype=torch.int64)
    if size >= BEYOND:
        beyond = _count(values.abs() >= BEYOND, others)
    if size > 1e12:  # whose squares fp32 cannot add up
        values = values.double()
    return ChannelSummary(
        values=count,
        minimum=low.double().cpu().numpy(),
        maximum=high.double().cpu().numpy(),
        total=values.sum(others).double().cpu().numpy(),
        total_squares=(values * values).sum(others).double().cpu().numpy(),
        total_absolute=values.abs().sum(others).double().cpu().numpy(),
        zero=(count - positive - negative).cpu().numpy() - nonfinite.cpu().numpy(),
        positive=positive.cpu().numpy(),
        nonfinite=nonfinite.cpu().numpy(),
        beyond=beyond.cpu().numpy(),
    )


def _signs(values: torch.Tensor, others: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """How many values of each channel are above and below zero.

    Sums of signs in fp32 are exact up to 2 ** 24 values, and many times as fast as of truth values.
    """
    signs = values.sign()
    if values.numel() // max(len(values), 1) >= 2**24:
        signs = signs.double()
    difference = signs.sum(others)
    together = signs.abs_().sum(others)
    return ((together + difference) / 2).long(), ((together - difference) / 2).long()


def _count(true: torch.Tensor, others: tuple[int, ...]) -> torch.Tensor:
    """How many are true, of each channel."""
    wide = true.double() if true.numel() // max(len(true), 1) >= 2**24 else true.float()
    return wide.sum(others).long()


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
