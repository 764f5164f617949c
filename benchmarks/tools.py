"""The tools that trace a model, each by its leanest call that still covers the whole model.

None of them draws here: torchview writes its graph down without a layout, and TorchLens keeps
what is known of the tensors and not the tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from benchmarks.models import Arguments

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to trace.

    Attributes:
        title: its name in a table.
        of: gives a call without arguments that traces the model.
        ready: open around each call, and not timed.
    """

    title: str
    of: Callable[[nn.Module, Arguments], Call]
    ready: Callable[[], AbstractContextManager[None]] = nullcontext


def without_grad(call: Call) -> Call:
    """The same call under `torch.no_grad`."""

    def run() -> Any:
        with torch.no_grad():
            return call()

    return run


def _torchatlas(model: nn.Module, args: Arguments) -> Call:
    import torchatlas as ta

    fake = any(parameter.is_meta for parameter in model.parameters())
    return lambda: ta.trace(model, args, mode="fake" if fake else "real")


def _torchview(model: nn.Module, args: Arguments) -> Call:
    """To every depth: the usual depth of 3 records as much and leaves most of it out."""
    import torchview

    device = args[0].device  # unless told, it moves the model to a GPU where there is one
    return lambda: torchview.draw_graph(model, input_data=args, depth=math.inf, device=device)


def _torchlens(model: nn.Module, args: Arguments) -> Call:
    """No activations, no autograd graph, and none of the analyses that can be left out.

    It is `layers_to_save=None` that keeps no activations; `save=None` keeps them all.
    """
    import torchlens
    from torchlens.options import CaptureOptions

    lean = CaptureOptions(
        layers_to_save=None,
        inference_only=True,
        save_raw_input=False,
        save_raw_output=False,
        capture_tensor_grad_hooks=False,
        recurrence_detection=False,
        compute_input_output_distances=False,
    )
    return lambda: torchlens.trace(model, args, capture=lean)


@contextmanager
def _torch_wrapped() -> Iterator[None]:
    """TorchLens replaces torch's functions at its first call and leaves them so: undone after each.

    Otherwise all that is timed after it would go through what it put there.
    """
    from torchlens.backends.torch.wrappers import unwrap_torch, wrap_torch

    wrap_torch()
    try:
        yield
    finally:
        unwrap_torch()


TOOLS = {
    "torchatlas": Tool("TorchAtlas", _torchatlas),
    "torchview": Tool("torchview", _torchview),
    "torchlens": Tool("TorchLens", _torchlens, _torch_wrapped),
}
