"""torchvision: every classifier, detector, segmentation, video and optical flow model."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from tests.zoo.architectures.architecture import Architecture, Inputs
from torch import nn
from torchvision import models

QUICK = ("shufflenet_v2_x0_5", "lraspp_mobilenet_v3_large")

SIZES = {"inception_v3": 96, "maxvit_t": 224}
"""Height and width of classifiers' images; 64 for the others."""


def classifier(name: str) -> tuple[nn.Module, Inputs]:
    """An image to class scores."""
    size = SIZES.get(name, 64)
    settings: dict[str, Any] = {}
    if name.startswith("vit_"):
        size = 56 if name == "vit_h_14" else 64
        settings["image_size"] = size
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False
    return models.get_model(name, weights=None, **settings), ((torch.rand(1, 3, size, size),), {})


def detector(name: str) -> tuple[nn.Module, Inputs]:
    """Two images of different sizes to boxes; also those of low score, or there would be none."""
    by_box = name.startswith(("fasterrcnn", "maskrcnn", "keypointrcnn"))
    settings: dict[str, Any] = {"box_score_thresh" if by_box else "score_thresh": 0.0}
    if not name.startswith("ssd"):
        settings |= {"min_size": 64, "max_size": 96}
    model = models.get_model(name, weights=None, weights_backbone=None, **settings)
    return model, (([torch.rand(3, 64, 80), torch.rand(3, 72, 64)],), {})


def segmenter(name: str) -> tuple[nn.Module, Inputs]:
    """An image to a class for each pixel."""
    model = models.get_model(name, weights=None, weights_backbone=None)
    return model, ((torch.rand(1, 3, 64, 64),), {})


def video(name: str) -> tuple[nn.Module, Inputs]:
    """Frames to class scores."""
    if name.startswith("mvit"):  # the sizes are a part of its weights
        return models.get_model(name, weights=None), ((torch.rand(1, 3, 16, 224, 224),), {})
    frames, size = (16, 224) if name == "s3d" else (8, 64)  # it averages over 7 x 7 in the end
    return models.get_model(name, weights=None), ((torch.rand(1, 3, frames, size, size),), {})


def optical_flow(name: str) -> tuple[nn.Module, Inputs]:
    """Two frames to the movement between them, in three updates."""
    frames = (torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128))
    return models.get_model(name, weights=None), (frames, {"num_flow_updates": 3})


TORCHVISION = tuple(
    Architecture("torchvision", name, partial(make, name), name in QUICK)
    for module, make in (
        (models, classifier),
        (models.detection, detector),
        (models.segmentation, segmenter),
        (models.video, video),
        (models.optical_flow, optical_flow),
    )
    for name in models.list_models(module=module)
)
