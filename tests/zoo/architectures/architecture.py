"""One architecture: how it is built, and with what it is called."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

Inputs = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments of a model."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A model by name, small enough to be run in a test.

    Attributes:
        library: "torchvision", "timm" or "transformers".
        name: what the library calls it.
        make: builds it with random weights and gives inputs for it.
        quick: whether it is a part of every run of the tests; the others are slow ones.
        cut: outputs that hang on no input in the model itself: a part of their name, and why.
        settles: what the model does at its first call alone, so that a later one takes another
            path; it is traced at its second. None for a model whose calls are all alike.
    """

    library: str
    name: str
    make: Callable[[], tuple[nn.Module, Inputs]]
    quick: bool = False
    cut: Mapping[str, str] = field(default_factory=dict)
    settles: str | None = None

    @property
    def id(self) -> str:
        """How tests call it."""
        return f"{self.library}:{self.name}"

    def build(self) -> tuple[nn.Module, Inputs]:
        """The model in evaluation mode and its inputs, the same at every call."""
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library says of its own defaults
            model, (args, kwargs) = self.make()
            model.eval()
            if self.settles is not None:
                with torch.no_grad():
                    model(*args, **kwargs)
        return model, (args, kwargs)
