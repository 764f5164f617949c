"""How much slower is a training step with the recorder looking on?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from benchmarks.result import Result

BATCH_SIZE = 64
ROUNDS = 5
STEPS = 12


def measure_recorder(folder: Path) -> list[Result]:
    """Steps of the demo's model, in turns with and without a recorder of the usual budget."""
    from torchvision.models import resnet18

    import torchatlas as ta

    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batch = torch.randn(BATCH_SIZE, 3, 32, 32), torch.randint(0, 10, (BATCH_SIZE,))
    list(_steps(model, optimizer, batch, None))
    plain_s: list[float] = []
    recorded_s: list[float] = []
    with ta.record(folder, model, optimizer=optimizer) as recorder:
        list(_steps(model, optimizer, batch, recorder))
    for number in range(ROUNDS):
        plain_s += _steps(model, optimizer, batch, None)
        with ta.record(folder / str(number), model, optimizer=optimizer) as recorder:
            recorded_s += _steps(model, optimizer, batch, recorder)
    plain_ms, recorded_ms = 1000 * median(plain_s), 1000 * median(recorded_s)
    return [
        Result(
            "a training step of the demo with the recorder, median",
            recorded_ms,
            "ms",
            f"without: {plain_ms:.1f} ms",
            recorded_ms / plain_ms,
        ),
        Result(
            "the same, mean (with the steps on which distributions are taken)",
            1000 * sum(recorded_s) / len(recorded_s),
            "ms",
            f"without: {1000 * sum(plain_s) / len(plain_s):.1f} ms",
            sum(recorded_s) / sum(plain_s),
        ),
    ]


def _steps(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: tuple[torch.Tensor, torch.Tensor],
    recorder: Any,
) -> Iterator[float]:
    """Seconds of each step, the recorder's hooks and its `log` included."""
    inputs, labels = batch
    for _ in range(STEPS):
        began = time.perf_counter()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if recorder is not None:
            recorder.log(loss=loss)
        else:
            loss.item()
        yield time.perf_counter() - began
