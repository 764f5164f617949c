"""The images that the demo trains on: scikit-learn's digits, or CIFAR-10 through torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from torch.utils.data import Dataset, Subset, TensorDataset

from torchatlas._optional import require
from torchatlas.errors import DataError

IMAGE_SIZE = 32
CLASSES = 10
_TEST_SHARE = 0.2
_CIFAR10_MEAN, _CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True, slots=True)
class Images:
    """Normalised images of shape [3, 32, 32] with the index of their class, in two splits."""

    train: Dataset[Any]
    test: Dataset[Any]
    classes: tuple[str, ...]


def load_digits_images() -> Images:
    """The 1,797 digits of scikit-learn, 8x8 enlarged to 32x32, always split in the same way.

    Raises:
        MissingDependency: scikit-learn is not installed.
    """
    datasets = require("sklearn.datasets", "to load the digits", "data")
    selection = require("sklearn.model_selection", "to split the digits", "data")
    pixels, labels = datasets.load_digits(return_X_y=True)
    train, test = selection.train_test_split(
        range(len(labels)), test_size=_TEST_SHARE, stratify=labels, random_state=0
    )
    small = torch.from_numpy(pixels).float().reshape(-1, 1, 8, 8)
    images = functional.interpolate(small, size=(IMAGE_SIZE, IMAGE_SIZE), mode="bilinear")
    seen = images[train]  # what is normalised by may not depend on the test images
    images = ((images - seen.mean()) / seen.std()).repeat(1, 3, 1, 1)
    whole = TensorDataset(images, torch.from_numpy(labels).long())
    names = tuple(str(digit) for digit in range(CLASSES))
    return Images(Subset(whole, train), Subset(whole, test), names)


def load_cifar10_images(root: str | Path) -> Images:
    """CIFAR-10, from `root` if it is there, else downloaded to it by torchvision.

    Raises:
        DataError: it is neither there nor can it be downloaded.
        MissingDependency: torchvision is not installed.
    """
    datasets = require("torchvision.datasets", "to load CIFAR-10", "data")
    transforms = require("torchvision.transforms", "to load CIFAR-10", "data")
    steps = [transforms.ToTensor(), transforms.Normalize(_CIFAR10_MEAN, _CIFAR10_STD)]
    transform = transforms.Compose(steps)
    try:
        train, test = (
            datasets.CIFAR10(root, train=split, download=True, transform=transform)
            for split in (True, False)
        )
    except (OSError, RuntimeError, EOFError) as error:  # no network, no right to write, damaged
        raise DataError(
            f"CIFAR-10 is not in {root} and could not be downloaded there ({error}). Put "
            "cifar-10-python.tar.gz into that folder, or leave out --data cifar10: the digits "
            "need no network"
        ) from error
    return Images(train, test, tuple(train.classes))
