"""FLOPs and parameters of torchvision's models, against what torchvision publishes of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torchvision import models

from torchatlas.capture.trace import trace
from torchatlas.capture.weights import model_info
from torchatlas.run import ROOT

QUICK = ("resnet18", "mobilenet_v3_small", "densenet121", "vit_b_16", "swin_t", "regnet_y_400mf")
NAMES = [
    name for name in models.list_models(module=models) if len(list(models.get_model_weights(name)))
]


def on_meta(name: str, **settings: Any) -> torch.nn.Module:
    """The model without any memory. RegNet computes with its weights while it is made."""
    if name.startswith("regnet"):
        return models.get_model(name, weights=None, **settings).to("meta")
    with torch.device("meta"):
        return models.get_model(name, weights=None, **settings)


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES],
)
def test_a_classifier_costs_what_torchvision_says(name: str) -> None:
    weights = models.get_model_weights(name).DEFAULT
    size = weights.transforms.keywords["crop_size"]
    settings: dict[str, Any] = {}
    if name == "vit_h_14":
        settings["image_size"] = size
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False
    model = on_meta(name, **settings).eval()
    graph = trace(model, torch.empty(1, 3, size, size, device="meta")).graph
    assert graph.capture.status == "complete"
    giga_macs = (graph.nodes[ROOT].flops or 0) / 2e9
    assert giga_macs == pytest.approx(weights.meta["_ops"], rel=0.005, abs=0.001)
    if name not in ("googlenet", "inception_v3"):  # theirs are counted with auxiliary heads
        assert model_info(model).parameter_count == weights.meta["num_params"]
