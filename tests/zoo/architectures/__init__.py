"""Architectures of torchvision, timm and transformers that a trace must follow without a loss."""

from tests.zoo.architectures.architecture import Architecture, Inputs
from tests.zoo.architectures.following import Followed, follow
from tests.zoo.architectures.from_timm import TIMM
from tests.zoo.architectures.from_torchvision import TORCHVISION
from tests.zoo.architectures.from_transformers import TRANSFORMERS

ARCHITECTURES: tuple[Architecture, ...] = (*TORCHVISION, *TIMM, *TRANSFORMERS)
"""All of them, each built anew when it is asked for."""

__all__ = ["ARCHITECTURES", "Architecture", "Followed", "Inputs", "follow"]
