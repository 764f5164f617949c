"""FLOPs and parameters of torchvision's models, against what torchvision publishes of them."""

from __future__ import annotations

import pytest
from tests.zoo.torchvision_flops import FAMILIES, PAGE, ROUNDING, measure, names

QUICK = {
    "resnet18",
    "mobilenet_v3_small",
    "densenet121",
    "googlenet",
    "vit_b_16",
    "swin_t",
    "regnet_y_400mf",
    "lraspp_mobilenet_v3_large",
    "fcn_resnet50",
    "r3d_18",
    "mvit_v1_b",
    "raft_small",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "ssdlite320_mobilenet_v3_large",
}
CASES = [
    pytest.param(name, family, id=name, marks=() if name in QUICK else pytest.mark.slow)
    for family in FAMILIES
    for name in names(family)
]


@pytest.mark.parametrize(("name", "family"), CASES)
def test_a_model_costs_what_torchvision_says(name: str, family: str) -> None:
    cost = measure(name, family)
    assert cost.complete
    assert cost.giga_macs == pytest.approx(cost.published_giga_macs, abs=ROUNDING, rel=0)
    assert cost.parameters == cost.published_parameters


def test_the_page_has_a_row_for_every_model() -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [case.id for case in CASES if f"| {case.id} |" not in page]
    assert missing == []
