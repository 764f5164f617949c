"""FLOPs and parameters of torchvision's models beside those that torchvision publishes of them.

    python -m tests.zoo.torchvision_flops

runs every model that has published figures and writes docs/flops-torchvision.md. No weights are
loaded: neither number depends on their values, but for the second stage of detectors, see `Cost`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models

from torchatlas.capture.trace import Trace, trace
from torchatlas.capture.weights import model_info
from torchatlas.run import ROOT, Graph

FAMILIES: dict[str, Any] = {
    "classification": models,
    "segmentation": models.segmentation,
    "video": models.video,
    "optical flow": models.optical_flow,
    "detection": models.detection,
}
DETECTOR_SIZES = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": 320,
    "keypointrcnn_resnet50_fpn": 1333,
    "ssd300_vgg16": 300,
    "ssdlite320_mobilenet_v3_large": 320,
}
"""Side of the square image that the published number was counted with; 800 for the others."""
HEADS_RAN = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": (0, 0),
    "fasterrcnn_mobilenet_v3_large_fpn": (0, 0),
    "fasterrcnn_resnet50_fpn": (1000, 0),
    "fasterrcnn_resnet50_fpn_v2": (1000, 0),
    "keypointrcnn_resnet50_fpn": (1000, 1),
    "maskrcnn_resnet50_fpn": (1000, 0),
    "maskrcnn_resnet50_fpn_v2": (1000, 100),
}
"""How many proposals and detections the published number was counted with: the whole numbers that
explain it to the last digit."""
ROUNDING = 5.001e-4
"""Published numbers have three decimals."""
PAGE = Path(__file__).parents[2] / "docs" / "flops-torchvision.md"


@dataclass(frozen=True)
class Cost:
    """What a model costs, in billions of multiply-adds, and its parameters.

    A two-stage detector runs its heads once a proposal, or once a detection, and how many there
    are depends on the weights and the image. `giga_macs` is therefore that of the first stage, and
    of the heads as often as they ran for the published number; `as_run` is that of the run with
    random weights.
    """

    name: str
    family: str
    shape: tuple[int, ...]
    complete: bool
    giga_macs: float
    as_run: float
    published_giga_macs: float
    parameters: int
    published_parameters: int
    note: str = ""


def names(family: str) -> list[str]:
    """The models of a family that have published figures."""
    return [
        name
        for name in models.list_models(module=FAMILIES[family])
        if len(list(models.get_model_weights(name)))
    ]


def measure(name: str, family: str) -> Cost:
    """One model, traced on an input like the one that its published number was counted with."""
    weights = models.get_model_weights(name).DEFAULT
    model = build(name, family, weights).eval()
    traced, shape = run(model, name, family, weights)
    if traced.error is not None:
        raise traced.error
    graph = traced.graph
    as_run = (graph.nodes[ROOT].flops or 0) / 2e9
    giga_macs = _at_published(graph, *HEADS_RAN[name]) if name in HEADS_RAN else as_run
    frozen = _frozen(model) if name.endswith("_fpn") else 0
    return Cost(
        name,
        family,
        shape,
        graph.capture.status == "complete",
        giga_macs,
        as_run,
        weights.meta["_ops"],
        model_info(model).parameter_count - frozen,
        weights.meta["num_params"],
        _note(name, frozen),
    )


def build(name: str, family: str, weights: Any) -> nn.Module:
    """The model as its published weights would have it, without loading them."""
    settings: dict[str, Any] = {"weights": None}
    if name == "vit_h_14":
        settings["image_size"] = weights.transforms.keywords["crop_size"]
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False
    if name == "googlenet":
        settings["aux_logits"] = False
    if family in ("segmentation", "detection"):
        settings["weights_backbone"] = None
    if family == "segmentation":
        settings["num_classes"] = len(weights.meta["categories"])
        settings |= {} if name.startswith("lraspp") else {"aux_loss": True}
    if family == "detection":
        return models.get_model(name, **settings)
    if name.startswith("regnet"):  # computes with its weights while it is made
        return models.get_model(name, **settings).to("meta")
    with torch.device("meta"):
        return models.get_model(name, **settings)


def run(model: nn.Module, name: str, family: str, weights: Any) -> tuple[Trace, tuple[int, ...]]:
    """The trace, and the shape of the image or of the clip."""
    if family == "detection":  # which boxes overlap depends on values
        size = DETECTOR_SIZES.get(name, 800)
        torch.manual_seed(0)
        return trace(model, ([torch.rand(3, size, size)],)), (3, size, size)
    if family == "classification":
        size = weights.transforms.keywords["crop_size"]
        shape: tuple[int, ...] = (1, 3, size, size)
    elif family == "segmentation":
        shape = (1, 3, 520, 520)
    elif family == "video":
        shape = (1, 3, 16, *weights.transforms.keywords["crop_size"])
    else:
        shape = (1, 3, 512, 512)
    inputs = 2 if family == "optical flow" else 1
    return trace(model, (torch.empty(shape, device="meta"),) * inputs), shape


def _at_published(graph: Graph, proposals: int, detections: int) -> float:
    """With the heads run that often, in billions of multiply-adds."""
    boxes, others = 0.0, 0.0  # a proposal and a detection
    all_heads = 0.0
    runs = 1
    for node in graph.nodes.values():
        if node.parent != "roi_heads" or node.kind != "module" or node.flops is None:
            continue
        all_heads += node.flops
        if node.name.endswith("_head"):
            runs = node.outputs[0].shape[0]  # its predictor comes next and runs as often
        if node.name.startswith("box_"):
            boxes += node.flops / runs
        else:
            others += node.flops / runs
    first_stage = (graph.nodes[ROOT].flops or 0) - all_heads
    return (first_stage + proposals * boxes + detections * others) / 2e9


def _frozen(model: nn.Module) -> int:
    """Parameters of the backbone's norms, which are buffers where weights are loaded."""
    backbone: Any = model.backbone
    return sum(
        parameter.numel()
        for module in backbone.modules()
        if isinstance(module, nn.BatchNorm2d)
        for parameter in module.parameters()
    )


def _note(name: str, frozen: int) -> str:
    notes = []
    if name == "googlenet":
        notes.append("without its auxiliary heads, as published")
    if name in HEADS_RAN:
        proposals, detections = HEADS_RAN[name]
        notes.append(f"at {proposals:,} proposals, {detections} detections")
    if frozen:
        notes.append(f"{frozen:,} parameters of frozen norms left out, as published")
    return "; ".join(notes)


def _table(costs: list[Cost]) -> str:
    lines = [
        "| model | input | GMAC | published | difference | parameters | published | note |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for cost in costs:
        off = cost.giga_macs - cost.published_giga_macs
        lines.append(
            f"| {cost.name} | {'×'.join(map(str, cost.shape))} | {cost.giga_macs:,.3f} | "
            f"{cost.published_giga_macs:,.3f} | {'0' if abs(off) < ROUNDING else f'{off:+.3f}'} | "
            f"{cost.parameters:,} | {cost.published_parameters:,} | {cost.note} |"
        )
    return "\n".join(lines)


_HEAD = """\
# FLOPs and parameters of torchvision's models

Written by `python -m tests.zoo.torchvision_flops` with torch {torch} and torchvision {torchvision};
`tests/zoo/test_torchvision_flops.py` checks every row (`make test-all`). How FLOPs are counted:
[measures/flops.md](measures/flops.md).

torchvision publishes a count with each set of weights (`weights.meta["_ops"]`) in billions of
multiply-adds, which it calls GFLOPS; half of our FLOPs is that number. Its inputs are those of its
own extended tests: noise of 512×512 pixels put through the transforms of the weights, 16 frames for
video, and for detectors a size of their own. A difference of 0 is one that rounding to three
decimals explains.

- All but the detectors ran on meta tensors, which have shapes and no values, in evaluation mode;
  auxiliary heads do not run there.
- **Two-stage detectors** run their box head once a proposal and their mask or keypoint head once a
  detection, and both depend on weights and image. The notes give the numbers that explain the
  published figure to its last digit: what the trained weights make of noise. (The two with
  MobileNet drop proposals that score below 0.05, and are left with none.) We count the first stage,
  and each head for one of its inputs, and compare at those numbers. That they are whole and the
  result exact is the check; that they were so in that run is inferred. With the random weights of
  this run the totals were:
{as_run}
- Backbones of detectors without `_v2` have frozen norms when weights are loaded, which hold buffers
  and no parameters; without weights they are ordinary ones. Theirs are left out of the count.
- Quantised models have no row: torchvision gives them the numbers of the models they come from.
"""


def main() -> None:
    """Run all and write the page."""
    import torchvision

    costs = {family: [measure(name, family) for name in names(family)] for family in FAMILIES}
    as_run = "\n".join(
        f"  - {cost.name}: {cost.as_run:,.3f} GMAC"
        for cost in costs["detection"]
        if cost.name in HEADS_RAN
    )
    head = _HEAD.format(
        torch=torch.__version__.partition("+")[0],
        torchvision=torchvision.__version__.partition("+")[0],
        as_run=as_run,
    )
    parts = [head]
    for family, rows in costs.items():
        parts.append(f"## {family.capitalize()}\n\n{_table(rows)}\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
