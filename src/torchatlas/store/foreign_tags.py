"""What the tags of TensorBoard logs say: which metric on which data, which tensor of which layer.

A log has names alone. Where a part of a name is a word for data (`train`, `val`, ...) it is the
split; every other name stays whole.
"""

from __future__ import annotations

import re

SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing", "eval", "dev")
"""Words for data, as folders and tags have them."""

_QUANTITIES = (
    ("gradient", re.compile(r"^(?:.*[._-])?(?:grad|grads|gradient|gradients)$")),
    ("update", re.compile(r"^(?:updates?|deltas?)$")),
    ("activation", re.compile(r"^(?:acts?|activations?|outputs?|features?)$")),
    ("parameter", re.compile(r"^(?:params?|parameters?|weights?|bias|biases|variables?)$")),
)
_PARAMETER = re.compile(r"(?:^|[./_])(?:weight|bias|kernel|gamma|beta|embeddings?)(?:_\d+)?$")


def is_split(word: str) -> bool:
    """Whether a word stands for data."""
    return word.lower() in SPLITS


def scalar_name(tag: str, folder_split: str | None = None) -> tuple[str, str | None]:
    """Name and split of a scalar: `loss/train`, `train/loss` and `train_loss` are all loss, train.

    Args:
        folder_split: what the folder of the file is about, where it says so.
    """
    first, slash, rest = tag.partition("/")
    if slash and rest and is_split(first):
        return rest, folder_split or first
    front, slash, last = tag.rpartition("/")
    if slash and front and is_split(last):
        return front, folder_split or last
    first, line, rest = last.partition("_")
    if line and rest and is_split(first):
        return f"{front}{slash}{rest}", folder_split or first
    return tag, folder_split


def distribution_name(tag: str) -> tuple[str, str]:
    """Quantity and tensor of a histogram: `fc.weight/grad` is the gradient of fc.weight.

    A tag that says neither gives "other" and the tag itself.
    """
    parts = tag.split("/")
    for place in (0, len(parts) - 1):
        for quantity, pattern in _QUANTITIES:
            rest = "/".join(parts[:place] + parts[place + 1 :])
            if rest and pattern.match(parts[place].lower()):
                is_last_name = place and quantity == "parameter" and "." not in rest
                return quantity, tag if is_last_name else rest
    if _PARAMETER.search(tag):
        return "parameter", tag
    return "other", tag


def owner_of(tensor: str) -> str:
    """The node that a tensor belongs to by its name; the model where it has no front."""
    for separator in (".", "/"):
        if separator in tensor:
            return tensor.rpartition(separator)[0]
    return "."
