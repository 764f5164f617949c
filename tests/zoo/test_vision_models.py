"""Models of torchvision and timm: detection, segmentation, video, and a few classifiers."""

from __future__ import annotations

import pytest
import torch
import torchvision
from tests.zoo.cases import Case, Collection, Make, check
from torch import nn

case = Collection()


@case
def detection() -> Case:
    """A list of images goes in and a list of dicts comes out."""
    make = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn
    model: nn.Module = make(
        weights=None, weights_backbone=None, min_size=64, max_size=64, box_score_thresh=0.0
    )
    model.eval()([torch.rand(3, 64, 64)])  # it works out its scales in the first call
    return Case(
        model,
        ([torch.rand(3, 64, 64)],),
        edges={
            ("input:images.0", "transform/sub:0"),
            ("transform/sub:0", "transform/div:0"),
            ("transform/copy_:0", "backbone.body.0.0/conv2d:0"),
            ("backbone.body.0.1/batch_norm:0", "backbone.body.0.2/hardswish:0"),
            ("rpn.head.conv.0.0/conv2d:0", "rpn.head.conv.0.1/relu:0"),
            ("rpn.head.conv.0.1/relu:0", "rpn.head.cls_logits/conv2d:0"),
            ("rpn.head.conv.0.1/relu:0", "rpn.head.bbox_pred/conv2d:0"),
            ("roi_heads.box_head.fc6/linear:0", "roi_heads.box_head/relu:0"),
            ("roi_heads.box_head/relu:1", "roi_heads.box_predictor/flatten:0"),
            ("roi_heads.box_predictor/flatten:0", "roi_heads.box_predictor.cls_score/linear:0"),
            ("roi_heads.box_predictor.cls_score/linear:0", "roi_heads/softmax:0"),
        },
        only=False,
        flip=False,
    )


@case
def segmentation() -> Case:
    make = torchvision.models.segmentation.lraspp_mobilenet_v3_large
    return Case(
        make(weights=None, weights_backbone=None).eval(),
        (torch.rand(1, 3, 64, 64),),
        edges={
            ("input:input", "backbone.0.0/conv2d:0"),
            ("classifier.low_classifier/conv2d:0", "classifier/add:0"),
            ("classifier.high_classifier/conv2d:0", "classifier/add:0"),
            ("classifier/add:0", "/interpolate:0"),
            ("/interpolate:0", "output:out"),
        },
        only=False,
        flip=False,
    )


@case
def video() -> Case:
    return Case(
        torchvision.models.video.mc3_18(weights=None).eval(),
        (torch.rand(1, 3, 2, 16, 16),),
        edges={
            ("input:x", "stem.0/conv3d:0"),
            ("stem.0/conv3d:0", "stem.1/batch_norm:0"),
            ("stem.2/relu:0", "layer1.0.conv1.0/conv3d:0"),
            ("stem.2/relu:0", "layer1.0/add_:0"),
            ("layer1.0.conv2.1/batch_norm:0", "layer1.0/add_:0"),
            ("/flatten:0", "fc/linear:0"),
            ("fc/linear:0", "output:0"),
        },
        only=False,
        flip=False,
    )


@case
def a_residual_network() -> Case:
    return Case(
        torchvision.models.resnet18(weights=None).eval(),
        (torch.rand(1, 3, 32, 32),),
        edges={
            ("maxpool/max_pool2d:0", "layer1.0.conv1/conv2d:0"),
            ("maxpool/max_pool2d:0", "layer1.0/add_:0"),
            ("layer1.0.bn2/batch_norm:0", "layer1.0/add_:0"),
            ("layer1.0/add_:0", "layer1.0.relu#1/relu:0"),
            ("layer2.0.downsample.1/batch_norm:0", "layer2.0/add_:0"),
        },
        only=False,
        flip=False,
    )


@case
def a_network_that_concatenates() -> Case:
    """DenseNet hands a list of all earlier features to every layer."""
    model = torchvision.models.DenseNet(4, (2, 2), 8, num_classes=3).eval()
    layer = "features.denseblock1.denselayer2"
    return Case(
        model,
        (torch.rand(1, 3, 32, 32),),
        edges={
            ("features.pool0/max_pool2d:0", f"{layer}/cat:0"),
            ("features.denseblock1.denselayer1.conv2/conv2d:0", f"{layer}/cat:0"),
            (f"{layer}/cat:0", f"{layer}.norm1/batch_norm:0"),
            ("features.pool0/max_pool2d:0", "features.denseblock1/cat:0"),
            (f"{layer}.conv2/conv2d:0", "features.denseblock1/cat:0"),
        },
        only=False,
    )


@case
def shifted_windows() -> Case:
    model = torchvision.models.SwinTransformer([2, 2], 8, [2], [1], [2, 2], num_classes=3).eval()
    return Case(
        model,
        (torch.rand(1, 3, 16, 16),),
        edges={
            ("input:x", "features.0.0/conv2d:0"),
            ("features.0.0/conv2d:0", "features.0.1/permute:0"),
            ("features.0.1/permute:0", "features.0.2/layer_norm:0"),
            ("head/linear:0", "output:0"),
        },
        only=False,
    )


@case
def a_model_of_timm() -> Case:
    timm = pytest.importorskip("timm")
    model = timm.models.VisionTransformer(
        img_size=16, patch_size=8, embed_dim=8, depth=2, num_heads=2, num_classes=3
    ).eval()
    return Case(
        model,
        (torch.rand(1, 3, 16, 16),),
        edges={
            ("input:x", "patch_embed.proj/conv2d:0"),
            ("cls_token", "/expand:0"),
            ("blocks.0/add:1", "blocks.1.norm1/layer_norm:0"),
            ("blocks.0/add:1", "blocks.1/add:0"),
            ("blocks.1.attn.qkv/linear:0", "blocks.1.attn/reshape:0"),
            ("head/linear:0", "output:0"),
        },
        only=False,
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
