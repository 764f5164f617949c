"""One epoch of training, as everybody writes it, with a recorder looking on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from torchatlas.capture.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Epoch:
    """Means over one epoch's batches, taken while the model learned from them."""

    running_loss: float
    accuracy: float


def train_epoch(
    model: nn.Module,
    loader: DataLoader[Any],
    loss_function: nn.Module,
    optimizer: torch.optim.Optimizer,
    recorder: Recorder,
    advance: Callable[[], None],
) -> Epoch:
    """Train on every batch once, log each step, and call `advance` after it."""
    device = next(model.parameters()).device
    model.train()
    running_loss, correct, seen = 0.0, 0, 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = loss_function(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        correct += int((outputs.argmax(1) == labels).sum())
        seen += len(labels)
        recorder.log(loss=loss)
        advance()
    epoch = Epoch(running_loss / len(loader), correct / seen)
    recorder.log(accuracy=epoch.accuracy)
    return epoch
