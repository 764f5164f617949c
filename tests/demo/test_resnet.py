"""The demo's model, from scratch and with weights from ImageNet."""

from urllib.error import URLError

import pytest
import torch
from torchvision import models

from torchatlas.demo.resnet import build_resnet18
from torchatlas.errors import TorchAtlasError

LOADER = "torchvision.models._api.load_state_dict_from_url"


def test_the_last_layer_has_an_output_a_class():
    model = build_resnet18(10)
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_pretrained_weights_are_kept_but_for_the_last_layer(monkeypatch):
    weights = models.resnet18().state_dict()
    monkeypatch.setattr(LOADER, lambda *args, **kwargs: weights)
    model = build_resnet18(10, pretrained=True)
    assert torch.equal(model.layer4[1].conv2.weight, weights["layer4.1.conv2.weight"])
    assert model.fc.weight.shape == (10, 512)


@pytest.mark.parametrize("problem", [URLError("no route to host"), RuntimeError("invalid hash")])
def test_a_failed_download_says_what_to_do(monkeypatch, problem):
    def fail(*args, **kwargs):
        raise problem

    monkeypatch.setattr(LOADER, fail)
    with pytest.raises(TorchAtlasError) as caught:
        build_resnet18(10, pretrained=True)
    assert str(caught.value) == (
        f"the ImageNet weights of ResNet-18 could not be downloaded ({problem}); check the "
        "network, or leave out --pretrained to train from scratch"
    )
