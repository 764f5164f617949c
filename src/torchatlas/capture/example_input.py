"""Inputs for a model that is given by name: as text, or derived from the model itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from torchatlas._optional import require
from torchatlas.capture.tensors import tensors_in
from torchatlas.errors import TorchAtlasError

_WORDS = 16
"""Length of a text that nobody gave."""

_SAMPLES = 16_000
"""Of a wave: a second at the rate that models of speech take."""

_FORM = re.compile(r"(?:(?P<name>[^\W\d]\w*)=)?(?P<shape>\d+(?:x\d+)*)(?::(?P<dtype>\w+))?")


@dataclass(frozen=True, slots=True)
class ExampleInput:
    """What to call a model with, and where that was taken from."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    origin: str = "given"

    def __str__(self) -> str:
        """As it is written after `--input`, several divided by commas."""
        values = [("", value) for value in self.args]
        values += [(f"{name}=", value) for name, value in self.kwargs.items()]
        return ", ".join(
            f"{name}{_shape(tensor)}" for name, value in values for tensor in tensors_in(value)
        )

    def as_data(self, model: nn.Module) -> Any:
        """The same as data of `visualize_model`: a tuple of arguments, or a dict by their names.

        Raises:
            TorchAtlasError: there are more than the model takes, or one is there twice.
        """
        in_order = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(model.forward).parameters.values()
        places = [p for p in parameters if p.kind in in_order]
        needed = sum(p.default is p.empty for p in places)
        if not self.kwargs and len(self.args) <= max(needed, 1):
            return self.args
        names = [p.name for p in places]
        if len(names) < len(self.args):
            raise TorchAtlasError(
                f"{len(self.args)} inputs were given, and {type(model).__name__} takes "
                f"{len(names)}: {', '.join(names)}"
            )
        bound = dict(zip(names, self.args, strict=False))
        for name in bound.keys() & self.kwargs.keys():
            raise TorchAtlasError(f"{name} was given in order and by name")
        return bound | self.kwargs


def example_input(texts: Sequence[str]) -> ExampleInput:
    """Random inputs of the shapes that texts give.

    Args:
        texts: each a shape and, if it is not float32, a dtype: `1x3x224x224`, `1x16:int64`. With
            a name before it, `mask=1x16:bool`, it is the argument of that name.

    Raises:
        TorchAtlasError: a text has another form, no dtype has that name, or a name is there twice.
    """
    args: list[torch.Tensor] = []
    kwargs: dict[str, torch.Tensor] = {}
    for text in texts:
        match = _FORM.fullmatch(text)
        dtype = getattr(torch, match["dtype"] or "float32", None) if match else None
        if match is None or not isinstance(dtype, torch.dtype):
            raise TorchAtlasError(
                f"{text!r} is no input: write its shape and, if it is not float32, its dtype, "
                "as 1x3x224x224 or 1x16:int64, with name= before it for an argument by name"
            )
        shape = [int(size) for size in match["shape"].split("x")]
        if match["name"] in kwargs:
            raise TorchAtlasError(f"--input gives {match['name']} twice")
        if match["name"]:
            kwargs[match["name"]] = _random(shape, dtype)
        else:
            args.append(_random(shape, dtype))
    return ExampleInput(tuple(args), kwargs)


def derived_input(name: str, model: nn.Module) -> ExampleInput | None:
    """An input of the kind and size that a library's model was made for; None where unknown.

    Args:
        name: by which `named_model` made the model.
    """
    library, _, what = name.partition(":")
    if library == "torchvision":
        return _of_torchvision(what)
    if library == "timm":
        return _of_timm(model)
    if library == "transformers":
        return _of_transformers(model)
    return None


def _of_torchvision(name: str) -> ExampleInput | None:
    models = require("torchvision.models", "to build its models", "data")
    origin = f"what torchvision's weights of {name} take"
    if name in models.list_models(module=models.detection):
        return ExampleInput(([torch.rand(3, 320, 320)],), {}, "an image, as detectors take them")
    if name in models.list_models(module=models.optical_flow):
        frames = (torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128))
        return ExampleInput(frames, {}, "the smallest frames that it takes")
    weights = list(models.get_model_weights(name))
    if not weights:
        return None
    transform = weights[-1].transforms()
    size = getattr(transform, "crop_size", None) or getattr(transform, "resize_size", None)
    if not size:
        return None
    height, width = (*size, *size)[:2]
    if name in models.list_models(module=models.video):
        return ExampleInput((torch.rand(1, 3, 16, height, width),), {}, origin)
    return ExampleInput((torch.rand(1, 3, height, width),), {}, origin)


def _of_timm(model: Any) -> ExampleInput | None:
    settings = getattr(model, "pretrained_cfg", None) or {}
    size = settings.get("input_size")
    if not size:
        return None
    return ExampleInput((torch.rand(1, *size),), {}, "what timm gives as its input size")


def _of_transformers(model: Any) -> ExampleInput | None:
    """By the name of its first input, with what its configuration says of sizes."""
    makers = {
        "input_ids": _words,
        "pixel_values": _images,
        "pixel_values_videos": _films,
        "input_values": _waves,
        "input_features": _spectrograms,
    }
    make = makers.get(getattr(model, "main_input_name", ""))
    if make is None:
        return None
    names = inspect.signature(model.forward).parameters
    found = {name: value for name, value in make(model.config).items() if name in names}
    if "decoder_input_ids" in names and model.config.is_encoder_decoder:
        found["decoder_input_ids"] = _ids(model.config, 4)
    return ExampleInput((), found, "what its configuration says of sizes")


def _words(config: Any) -> dict[str, Any]:
    found = {"input_ids": _ids(config, _WORDS)}
    vision = getattr(config, "vision_config", None)
    token = getattr(config, "image_token_id", getattr(config, "image_token_index", None))
    if vision is not None and token is None:
        found |= _images(vision)
    return found


def _ids(config: Any, length: int) -> torch.Tensor:
    """Indices of words, and not the first ones, which mean padding and the like."""
    text = config.get_text_config()
    count = getattr(text, "vocab_size", None) or 256
    longest = getattr(text, "max_position_embeddings", None) or length
    return torch.randint(min(4, count - 1), count, (1, max(1, min(length, longest))))


def _images(config: Any) -> dict[str, Any]:
    vision = getattr(config, "vision_config", None) or config
    size = getattr(vision, "image_size", None) or 224
    height, width = size if isinstance(size, list | tuple) else (size, size)
    shape = [1, getattr(vision, "num_channels", None) or 3, int(height), int(width)]
    if getattr(vision, "num_frames", None):
        shape.insert(1, vision.num_frames)
    return {"pixel_values": torch.rand(shape)}


def _films(config: Any) -> dict[str, Any]:
    frames = _first_of(config, ("frames_per_clip", "num_frames"), 16)
    size = _first_of(config, ("crop_size", "image_size"), 224)
    return {"pixel_values_videos": torch.rand(1, frames, 3, size, size)}


def _waves(config: Any) -> dict[str, Any]:
    bands, length = (getattr(config, name, None) for name in ("num_mel_bins", "max_length"))
    if bands and length and not hasattr(config, "conv_dim"):  # a spectrogram by that name
        return {"input_values": torch.randn(1, length, bands)}
    if hasattr(config, "conv_dim"):
        return {"input_values": torch.randn(1, _SAMPLES)}
    return {"input_values": torch.randn(1, _first_of(config, ("audio_channels",), 1), _SAMPLES)}


def _spectrograms(config: Any) -> dict[str, Any]:
    bands, length = (
        getattr(config, name, None) for name in ("num_mel_bins", "max_source_positions")
    )
    if bands and length and not hasattr(config, "input_feat_per_channel"):  # bands come first
        return {"input_features": torch.randn(1, bands, 2 * length)}
    known = ("input_feat_per_channel", "feature_projection_input_dim", "num_mel_bins")
    return {"input_features": torch.randn(1, 128, _first_of(config, known, 80))}


def _first_of(config: Any, names: Sequence[str], otherwise: int) -> int:
    """The first of the settings that the configuration has."""
    values = (getattr(config, name, None) for name in names)
    return next((value for value in values if isinstance(value, int) and value), otherwise)


def _random(shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, dtype=dtype)
    return torch.randint(0, 2, list(shape)).to(dtype)


def _shape(tensor: torch.Tensor) -> str:
    shape = "x".join(map(str, tensor.shape))
    return shape if tensor.dtype == torch.float32 else f"{shape}:{str(tensor.dtype)[6:]}"
