"""Inputs as text, and inputs that a model's library says it takes."""

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.capture.example_input import ExampleInput, derived_input, example_input
from torchatlas.capture.named_model import named_model


@pytest.mark.parametrize(
    ("text", "shape", "dtype"),
    [
        ("1x3x8x8", (1, 3, 8, 8), torch.float32),
        ("5", (5,), torch.float32),
        ("1x16:int64", (1, 16), torch.int64),
        ("2x2:float16", (2, 2), torch.float16),
        ("2:bool", (2,), torch.bool),
        ("2x2:complex64", (2, 2), torch.complex64),
    ],
)
def test_an_input_has_the_shape_and_dtype_named(text, shape, dtype):
    (made,) = example_input([text]).args
    assert (tuple(made.shape), made.dtype) == (shape, dtype)


def test_inputs_by_name_stand_beside_those_in_order():
    made = example_input(["2x4", "mask=2x4:bool"])
    assert [tuple(tensor.shape) for tensor in made.args] == [(2, 4)]
    assert list(made.kwargs) == ["mask"]
    assert str(made) == "2x4, mask=2x4:bool"
    assert made.origin == "given"


@pytest.mark.parametrize(
    "text",
    ["", "1x", "ax3", "1x3:nn", "1x3:imaginary", "1,3", "=1x3", "a b=1x3", "1x3:", "a=", "²"],
)
def test_an_input_of_another_form_says_how(text):
    with pytest.raises(ta.TorchAtlasError, match=r"is no input: write its shape .* with name="):
        example_input([text])


def test_a_name_that_is_given_twice_is_no_input():
    with pytest.raises(ta.TorchAtlasError, match="--input gives mask twice"):
        example_input(["mask=2", "mask=3"])


class Two(nn.Module):
    """Needs one argument and takes another."""

    def forward(self, x, y=None, *, flag=None):
        return x if y is None else x + y


def test_as_data_never_takes_an_argument_for_a_target():
    x, y = torch.ones(2), torch.zeros(2)
    assert ExampleInput((x,)).as_data(Two()) == (x,)
    bound = ExampleInput((x, y), {"flag": x}).as_data(Two())
    assert list(bound) == ["x", "y", "flag"]
    assert list(ExampleInput((x, y)).as_data(Two())) == ["x", "y"]
    assert ExampleInput((x, y)).as_data(nn.Bilinear(2, 2, 2)) == (x, y)


def test_more_arguments_than_the_model_has_are_an_error():
    x = torch.ones(2)
    with pytest.raises(ta.TorchAtlasError, match="3 inputs were given, and Two takes 2: x, y"):
        ExampleInput((x, x, x)).as_data(Two())
    with pytest.raises(ta.TorchAtlasError, match="x was given in order and by name"):
        ExampleInput((x,), {"x": x}).as_data(Two())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torchvision:resnet18", "1x3x224x224"),
        ("torchvision:inception_v3", "1x3x299x299"),
        ("torchvision:lraspp_mobilenet_v3_large", "1x3x520x520"),
        ("torchvision:ssdlite320_mobilenet_v3_large", "3x320x320"),
        ("torchvision:mc3_18", "1x3x16x112x112"),
        ("torchvision:raft_small", "1x3x128x128, 1x3x128x128"),
        ("timm:test_vit", "1x3x160x160"),
        ("transformers:distilbert", "input_ids=1x16:int64"),
        ("transformers:t5", "input_ids=1x16:int64, decoder_input_ids=1x4:int64"),
        ("transformers:resnet", "pixel_values=1x3x224x224"),
    ],
)
def test_a_library_says_what_its_model_takes(name, expected):
    found = derived_input(name, named_model(name))
    assert str(found) == expected
    assert found.origin != "given"


TYPES = (
    "audio-spectrogram-transformer",
    "bart",
    "bert",
    "blip",
    "canine",
    "clip",
    "encodec",
    "gpt2",
    "hubert",
    "mamba",
    "segformer",
    "speech_to_text",
    "videomae",
    "vit",
    "wav2vec2",
    "whisper",
)


@pytest.mark.slow
@pytest.mark.parametrize("model_type", TYPES)
def test_what_is_derived_runs(model_type):
    name = f"transformers:{model_type}"
    model = named_model(name).eval()
    found = derived_input(name, model)
    assert found is not None
    graph = ta.trace(model, found.args, found.kwargs, mode="fake").graph
    assert graph.capture.error is None


def test_of_a_model_of_ones_own_nothing_is_known():
    assert derived_input("package.module:callable", nn.Linear(2, 2)) is None
    assert derived_input("transformers:time_series_transformer", nn.Linear(2, 2)) is None
