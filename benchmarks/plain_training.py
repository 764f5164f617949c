"""The demo's training without TorchAtlas: what a person would write, to compare with.

`python -m benchmarks.plain_training EPOCHS` trains, evaluates on the test images after each epoch,
and on both splits at the end.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from torchatlas.demo.images import load_digits_images
from torchatlas.demo.resnet import build_resnet18

BATCH_SIZE = 64


def main(epochs: int) -> None:
    """Train as the demo does, with its images, model, loss, optimizer and batch size."""
    torch.manual_seed(0)
    images = load_digits_images()
    train = DataLoader(images.train, BATCH_SIZE, shuffle=True)
    test = DataLoader(images.test, BATCH_SIZE)
    model = build_resnet18(len(images.classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        train_epoch(model, train, optimizer)
        print(f"test accuracy {accuracy(model, test):.3f}")
    print(f"train accuracy {accuracy(model, train):.3f}")


def train_epoch(
    model: nn.Module, batches: DataLoader[Any], optimizer: torch.optim.Optimizer
) -> None:
    """Train on every batch once."""
    model.train()
    running_loss = 0.0
    for inputs, labels in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        running_loss += loss.item()
    print(f"running loss {running_loss / len(batches):.4f}")


@torch.no_grad()
def accuracy(model: nn.Module, batches: DataLoader[Any]) -> float:
    """Share of the examples that the model names rightly."""
    model.eval()
    right = sum(int((model(inputs).argmax(1) == labels).sum()) for inputs, labels in batches)
    return right / len(batches.dataset)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(int(sys.argv[1]))
