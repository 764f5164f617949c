"""The model that the demo trains."""

from __future__ import annotations

from torch import nn

from torchatlas._optional import require
from torchatlas.errors import TorchAtlasError


def build_resnet18(classes: int, *, pretrained: bool = False) -> nn.Module:
    """torchvision's ResNet-18 with a last layer for `classes` classes.

    Args:
        pretrained: start from the ImageNet weights (downloaded by torchvision) with a new last
            layer.

    Raises:
        TorchAtlasError: the weights could not be downloaded.
        MissingDependency: torchvision is not installed.
    """
    models = require("torchvision.models", "to build a ResNet-18", "data")
    if not pretrained:
        scratch: nn.Module = models.resnet18(num_classes=classes)
        return scratch
    try:
        model = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
    except (OSError, RuntimeError) as error:  # no network, or what came is not what was asked for
        raise TorchAtlasError(
            f"the ImageNet weights of ResNet-18 could not be downloaded ({error}); check the "
            "network, or leave out --pretrained to train from scratch"
        ) from error
    model.fc = nn.Linear(model.fc.in_features, classes)
    trained: nn.Module = model
    return trained
