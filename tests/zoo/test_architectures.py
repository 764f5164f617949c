"""Models of torchvision, timm and transformers: traced without a loss, and verified.

`python -m tests.zoo.architectures` writes the same into the table of docs/architectures.md.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from tests.zoo.architectures import ARCHITECTURES, Architecture, follow
from torch import nn

TABLE = Path(__file__).parents[2] / "docs" / "architectures.md"


def parametrised() -> list[object]:
    slow = pytest.mark.slow
    return [
        pytest.param(item, id=item.id, marks=() if item.quick else slow) for item in ARCHITECTURES
    ]


@pytest.mark.parametrize("architecture", parametrised())
def test_it_is_followed_without_a_loss(architecture: Architecture) -> None:
    followed = follow(architecture)
    assert followed.problems == ()
    assert followed.verification is not None
    assert followed.verification.compared > 0


PROMISED = {"torchvision": 60, "timm": 60, "transformers": 30}


def test_there_are_as_many_as_promised_and_each_once() -> None:
    counted = Counter(item.library for item in ARCHITECTURES)
    assert counted >= Counter(PROMISED)
    assert len({item.id for item in ARCHITECTURES}) == len(ARCHITECTURES)
    quick = Counter(item.library for item in ARCHITECTURES if item.quick)
    assert quick == dict.fromkeys(PROMISED, 2)


def test_the_table_has_a_row_for_each_of_these() -> None:
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \|", TABLE.read_text(encoding="utf-8"), re.M)
    assert rows == [(item.library, item.name) for item in ARCHITECTURES]


class LeavesForTheHost(nn.Module):
    """Its second output is made of numbers that left as NumPy's."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x * 2, torch.from_numpy(x.numpy() * 2) + 1


class Raises(nn.Module):
    """Fails in the middle."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ones(3) @ (x * 2)


def planted(model: nn.Module, **cut: str) -> Architecture:
    return Architecture("tests", "planted", lambda: (model, ((torch.ones(2),), {})), cut=cut)


def test_a_loss_is_seen() -> None:
    (problem,) = follow(planted(LeavesForTheHost())).problems
    assert problem.startswith("output:1: no path of tensors leads to it from an input")
    assert follow(planted(LeavesForTheHost(), output="made by NumPy")).problems == ()
    (problem,) = follow(planted(Raises())).problems
    assert problem.startswith("forward raised at /matmul:0: RuntimeError: ")
    (problem,) = follow(planted(nn.ReLU(), output="made by NumPy")).problems
    assert problem == "output hangs on an input, and the list says that it is made by NumPy"
