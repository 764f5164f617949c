"""timm: a small model of each of its families, on small images where the model takes them."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from tests.zoo.architectures.architecture import Architecture, Inputs
from torch import nn

QUICK = ("test_vit", "test_efficientnet")

OF_ANY_SIZE = (
    "caformer_s18",
    "convmixer_768_32",
    "cpubone_nano",
    "crossvit_9_240",
    "cs3darknet_s",
    "csatv2",
    "cspnext_tiny",
    "davit_tiny",
    "densenet121",
    "dla34",
    "dpn48b",
    "edgenext_xx_small",
    "efficientvim_m1",
    "efficientvit_b0",
    "ese_vovnet19b_slim_dw",
    "fasternet_t0",
    "fastvit_t8",
    "focalnet_tiny_srf",
    "gernet_s",
    "ghostnet_050",
    "ghostnetv2_100",
    "ghostnetv3_050",
    "hardcorenas_a",
    "hgnetv2_b0",
    "hrnet_w18_small",
    "iformer_t",
    "inception_next_atto",
    "lambda_resnet26t",
    "lcnet_035",
    "lcnetv2_small",
    "legacy_seresnet18",
    "legacy_xception",
    "lowformer_b0",
    "mambaout_femto",
    "mobilenetv3_small_050",
    "mobilenetv4_conv_small",
    "mobilenetv5_base",
    "mobileone_s0",
    "mobilevit_xxs",
    "mobilevitv2_050",
    "nextvit_small",
    "nf_resnet26",
    "pnasnet5large",
    "poolformer_s12",
    "pvt_v2_b0",
    "rdnet_tiny",
    "regnetx_002",
    "regnetz_005",
    "repghostnet_050",
    "repvgg_a0",
    "repvit_m0_9",
    "res2net50_14w_8s",
    "resnest14d",
    "resnet10t",
    "resnetv2_18",
    "rexnet_100",
    "sam2_hiera_tiny",
    "selecsls42",
    "shvit_s1",
    "skresnet18",
    "starnet_s050",
    "swiftformer_xs",
    "test_byobnet",
    "test_convnext",
    "test_efficientnet",
    "test_nfnet",
    "test_resnet",
    "tiny_vit_5m_224",
    "tinynet_e",
    "tresnet_m",
    "twins_pcpvt_small",
    "vgg11",
    "xception41p",
)
"""They take an image as it comes, without being told; these get one of 64 x 64."""

BUILT_FOR_A_SIZE = (
    "beit_base_patch16_224",
    "cait_xxs24_224",
    "coat_lite_tiny",
    "coat_tiny",
    "convit_tiny",
    "efficientformerv2_s0",
    "efficientvit_m0",
    "eva02_tiny_patch14_224",
    "flexivit_small",
    "gcvit_xxtiny",
    "gemma4_vit_167m",
    "gmixer_12_224",
    "gmlp_ti16_224",
    "hiera_tiny_224",
    "levit_128s",
    "mixer_s32_224",
    "mvitv2_tiny",
    "naflexvit_base_patch16_gap",
    "nest_tiny",
    "pit_ti_224",
    "qwen3_vit_88m",
    "resmlp_12_224",
    "samvit_base_patch16",
    "sequencer2d_s",
    "swin_tiny_patch4_window7_224",
    "swinv2_cr_tiny_224",
    "swinv2_tiny_window8_256",
    "test_coatnet",
    "test_maxvit",
    "test_vit",
    "test_vit2",
    "test_vit_relpos",
    "tnt_s_patch16_224",
    "twins_svt_small",
    "visformer_tiny",
    "vit_small_patch16_dinov3",
    "vit_tiny_r_s16_p8_224",
    "vitamin_small_224",
    "volo_d1_224",
    "xcit_nano_12_p16_224",
)
"""They are told the size when they are built, and get 64 x 64, too."""

LARGER: dict[str, int | None] = {
    "botnet26t_256": None,
    "efficientformer_l1": None,
    "halonet26t": None,
    "inception_resnet_v2": 96,
    "inception_v3": 96,
    "inception_v4": 96,
}
"""Height and width for those that do not take 64; None for the size that they are trained on."""


def make_model(name: str, size: int | None, settings: dict[str, Any]) -> tuple[nn.Module, Inputs]:
    """The model and an image."""
    import timm  # takes seconds to load

    model = timm.create_model(name, pretrained=False, **settings)
    height = size or model.default_cfg["input_size"][-1]
    return model, ((torch.rand(1, 3, height, height),), {})


def _architecture(name: str, size: int | None, **settings: Any) -> Architecture:
    make = partial(make_model, name, size, settings)
    return Architecture("timm", name, make, name in QUICK)


TIMM = (
    *(_architecture(name, 64) for name in OF_ANY_SIZE),
    *(_architecture(name, 64, img_size=64) for name in BUILT_FOR_A_SIZE),
    *(_architecture(name, size) for name, size in LARGER.items()),
)
