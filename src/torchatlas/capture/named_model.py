"""Models that are given as text, on a command line."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from torchatlas._optional import require
from torchatlas.capture.transformers_model import transformers_maker
from torchatlas.errors import TorchAtlasError

LARGE_BYTES = 4 * 2**30
"""Models of libraries whose parameters take more are made without values: sizes can still be seen,
and nobody who names a model of 7 billion parameters wants its random numbers."""


def named_model(name: str) -> nn.Module:
    """The model that a name stands for, with random weights.

    Args:
        name: `torchvision:NAME`, `timm:NAME`, `transformers:CONFIG_OR_FOLDER` (a model type as
            `bert`, a configuration class as `BertConfig`, or a folder with a `config.json`, whose
            weights are loaded if they are there), or `package.module:callable`. Nothing is
            downloaded. A library's model with more than `LARGE_BYTES` of parameters has no values
            (it is on the meta device).

    Raises:
        TorchAtlasError: the name has another form, or nothing that gives a model is found by it.
        MissingDependency: the library is not installed.
    """
    place, colon, what = name.partition(":")
    if not colon or not place or not what:
        raise TorchAtlasError(
            f"{name!r} names no model: write torchvision:resnet18, timm:NAME, "
            "transformers:CONFIG_OR_FOLDER or package.module:callable"
        )
    library = _LIBRARIES.get(place)
    model = library(what) if library is not None else _called(place, what)
    if not isinstance(model, nn.Module):
        raise TorchAtlasError(f"{name} gave a {type(model).__name__}, not a torch.nn.Module")
    return model


def _torchvision_model(name: str) -> Any:
    models = require("torchvision.models", "to build its models", "data")
    if name not in models.list_models():
        raise TorchAtlasError(
            f"torchvision has no model {name!r}; torchvision.models.list_models() names them"
        )
    takes_backbone = any(
        name in models.list_models(module=module)
        for module in (models.detection, models.segmentation)
    )
    settings: dict[str, Any] = {"weights_backbone": None} if takes_backbone else {}
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False  # theirs takes half a minute
    return built(f"torchvision:{name}", lambda: models.get_model(name, weights=None, **settings))


def _timm_model(name: str) -> Any:
    timm = require("timm", "to build its models", "zoo")
    if ":" in name or not timm.is_model(name.partition(".")[0]):
        raise TorchAtlasError(
            f"timm has no model {name!r}; timm.list_models() names them, and models of a hub are "
            "not downloaded"
        )
    return built(f"timm:{name}", lambda: timm.create_model(name, pretrained=False))


def _transformers_model(name: str) -> Any:
    return built(f"transformers:{name}", transformers_maker(name))


_LIBRARIES: dict[str, Callable[[str], Any]] = {
    "torchvision": _torchvision_model,
    "timm": _timm_model,
    "transformers": _transformers_model,
}


def built(name: str, make: Callable[[], nn.Module]) -> nn.Module:
    """What a library's own code makes; without values where they would take `LARGE_BYTES`.

    Raises:
        TorchAtlasError: it raised.
    """
    try:
        outline = _without_values(make)
        return make() if outline is None else outline
    except Exception as error:
        raise TorchAtlasError(
            f"{name} could not be built: {type(error).__name__}: {error}"
        ) from error


def _without_values(make: Callable[[], nn.Module]) -> nn.Module | None:
    """The model on the meta device, if it is that large; None for any other."""
    try:
        with torch.device("meta"):
            outline = make()
    except Exception:  # noqa: BLE001 (it computes with its weights: then it is made with values)
        return None
    size = sum(parameter.numel() * parameter.itemsize for parameter in outline.parameters())
    return outline if size > LARGE_BYTES else None


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
