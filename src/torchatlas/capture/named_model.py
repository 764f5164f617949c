"""Models and inputs that are given as text, on a command line."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import torch
from torch import nn

from torchatlas._optional import require
from torchatlas.errors import TorchAtlasError


def named_model(name: str) -> nn.Module:
    """The model that a name stands for: `torchvision:NAME`, or `package.module:callable`.

    Raises:
        TorchAtlasError: the name has another form, or nothing that gives a model is found by it.
    """
    place, colon, what = name.partition(":")
    if not colon or not place or not what:
        raise TorchAtlasError(
            f"{name!r} names no model: write torchvision:resnet18 or package.module:callable"
        )
    model = _torchvision_model(what) if place == "torchvision" else _called(place, what)
    if not isinstance(model, nn.Module):
        raise TorchAtlasError(f"{name} gave a {type(model).__name__}, not a torch.nn.Module")
    return model


def example_input(text: str) -> torch.Tensor:
    """A random input of the shape that a text gives: `1x3x224x224`, or `1x16:int64` for indices.

    Raises:
        TorchAtlasError: the text has another form, or no dtype has that name.
    """
    shape_text, _, dtype_name = text.partition(":")
    dtype = getattr(torch, dtype_name or "float32", None)
    if not re.fullmatch(r"\d+(x\d+)*", shape_text) or not isinstance(dtype, torch.dtype):
        raise TorchAtlasError(
            f"{text!r} is no input: write its shape and, if it is not float32, its dtype, "
            "as 1x3x224x224 or 1x16:int64"
        )
    shape = [int(size) for size in shape_text.split("x")]
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, dtype=dtype)
    return torch.randint(0, 2, shape).to(dtype)


def _torchvision_model(name: str) -> Any:
    models = require("torchvision.models", "to build its models", "data")
    try:
        return models.get_model(name, weights=None)
    except ValueError as error:
        raise TorchAtlasError(
            f"torchvision has no model {name!r}; torchvision.models.list_models() names them"
        ) from error


def _called(module_name: str, attribute: str) -> Any:
    sys.path.insert(0, "")  # as `python -m` does, so that a module of one's own is found
    try:
        make = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise TorchAtlasError(f"{module_name}:{attribute} was not found: {error}") from error
    finally:
        sys.path.remove("")
    if isinstance(make, nn.Module):
        return make
    if not callable(make):
        raise TorchAtlasError(
            f"{module_name}:{attribute} is a {type(make).__name__}, and nothing that makes a model"
        )
    try:
        return make()
    except TypeError as error:
        raise TorchAtlasError(
            f"{module_name}:{attribute} could not be called without arguments: {error}"
        ) from error
