"""Hands the model back as it was: mode, buffers, gradients, RNG state, also after an exception."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def unchanged(model: nn.Module, *, training: bool | None = None) -> Iterator[None]:
    """Undo on leaving whatever a pass through the model changes.

    Training flags, buffers (BatchNorm statistics, vectors of spectral norm), `.grad`, and the
    random generators of torch on CPU and CUDA, of NumPy and of Python are put back. Parameters
    that forward itself writes to are not: a copy of every model would be needed.

    Args:
        training: run inside in this mode; None keeps each module's own.
    """
    flags = [(module, module.training) for module in model.modules()]
    buffers = [
        (buffer, None if buffer.is_meta else buffer.detach().clone()) for buffer in model.buffers()
    ]
    held = [(module, dict(module._buffers)) for module in model.modules()]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    try:
        with random_state_restored():
            for parameter, _ in gradients:
                parameter.grad = None
            if training is not None:
                model.train(training)
            yield
    finally:
        for module, flag in flags:
            module.training = flag
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for module, before in held:
                module._buffers.clear()
                module._buffers.update(before)
            for buffer, values in buffers:
                if values is None or _same(buffer, values):
                    continue
                if buffer.shape == values.shape:
                    buffer.copy_(values)
                else:
                    buffer.set_(values)  # type: ignore[call-overload]


@contextmanager
def random_state_restored() -> Iterator[None]:
    """Put every global random generator back on leaving."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    started = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    cuda = range(torch.cuda.device_count()) if started else ()
    try:
        with torch.random.fork_rng(devices=list(cuda)):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def _same(buffer: torch.Tensor, values: torch.Tensor) -> bool:
    """Whether nothing was written; keeps the version counter of untouched buffers still."""
    return torch.equal(buffer, values)
