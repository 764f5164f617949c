"""Models and inputs by name: what is found, and what is said of anything else."""

import re

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.capture.named_model import example_input, named_model


class NoModel:
    """What a user may name by mistake."""


def tiny_model():
    return nn.Linear(4, 3)


def test_a_model_of_ones_own_is_called():
    assert isinstance(named_model(f"{__name__}:tiny_model"), nn.Linear)


def test_torchvision_models_go_by_their_name():
    assert type(named_model("torchvision:resnet18")).__name__ == "ResNet"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet18", "'resnet18' names no model: write torchvision:resnet18 or package.module:c"),
        (":x", "':x' names no model"),
        ("torchvision:resnet19", "torchvision has no model 'resnet19'; "),
        ("no.such.module:f", "no.such.module:f was not found: No module named 'no'"),
        (f"{__name__}:nothing", f"{__name__}:nothing was not found: module "),
        (f"{__name__}:NoModel", f"{__name__}:NoModel gave a NoModel, not a torch.nn.Module"),
    ],
)
def test_a_name_of_no_model_says_why(name, message):
    with pytest.raises(ta.TorchAtlasError, match=re.escape(message)):
        named_model(name)


@pytest.mark.parametrize(
    ("text", "shape", "dtype"),
    [
        ("1x3x8x8", (1, 3, 8, 8), torch.float32),
        ("5", (5,), torch.float32),
        ("1x16:int64", (1, 16), torch.int64),
        ("2x2:float16", (2, 2), torch.float16),
        ("2:bool", (2,), torch.bool),
    ],
)
def test_an_input_has_the_shape_and_dtype_named(text, shape, dtype):
    made = example_input(text)
    assert (tuple(made.shape), made.dtype) == (shape, dtype)


@pytest.mark.parametrize("text", ["", "1x", "ax3", "1x3:nn", "1x3:imaginary", "1,3"])
def test_an_input_of_another_form_says_how(text):
    with pytest.raises(ta.TorchAtlasError, match=r"is no input: write its shape"):
        example_input(text)
