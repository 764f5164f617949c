"""The models of the gallery: a report of each, and pictures of the reports.

Usage:
    python examples/gallery.py OUT                        # reports of all models
    python examples/gallery.py OUT --only llama swin      # of some
    python examples/gallery.py OUT --pictures             # and pictures, those of docs/gallery.md

Models have random weights and no download is made. They want `torchvision` and `transformers`;
pictures want `playwright`, `pillow` and a Chromium (its path in CHROMIUM, or `chromium` on the
path).
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn

import torchatlas as ta

Made = tuple[nn.Module, Any]


class DoubleConv(nn.Sequential):
    """Two convolutions, each with its norm."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """Down, across and up, with a skip connection at every level."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128), classes: int = 4) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.stem = DoubleConv(3, widths[0])
        self.down = nn.ModuleList(DoubleConv(narrow, wide) for narrow, wide in pairs)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(w, n, 2, 2) for n, w in reversed(pairs))
        self.merge = nn.ModuleList(DoubleConv(wide, narrow) for narrow, wide in reversed(pairs))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(self.pool(x))
        for up, merge, skip in zip(self.up, self.merge, reversed(skips), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


class Translator(nn.Module):
    """An LSTM reads a sentence; a cell writes another, looking back at what was read."""

    def __init__(self, words: int = 200, width: int = 64, steps: int = 4) -> None:
        super().__init__()
        self.steps = steps
        self.source = nn.Embedding(words, width)
        self.target = nn.Embedding(words, width)
        self.encoder = nn.LSTM(width, width, num_layers=2, batch_first=True)
        self.cell = nn.LSTMCell(2 * width, width)
        self.score = nn.Linear(width, width, bias=False)
        self.words = nn.Linear(2 * width, words)

    def forward(self, sentence: torch.Tensor) -> torch.Tensor:
        memory, (state, cell) = self.encoder(self.source(sentence))
        hidden, carry = state[-1], cell[-1]
        word = torch.zeros_like(sentence[:, 0])
        written = []
        for _ in range(self.steps):
            weight = torch.softmax(memory @ self.score(hidden).unsqueeze(-1), dim=1)
            context = (weight * memory).sum(1)
            hidden, carry = self.cell(torch.cat([self.target(word), context], -1), (hidden, carry))
            logits = self.words(torch.cat([hidden, context], -1))
            written.append(logits)
            word = logits.argmax(-1)
        return torch.stack(written, dim=1)


def resnet() -> Made:
    from torchvision.models import resnet18

    return resnet18(weights=None), torch.randn(2, 3, 128, 128)


def unet() -> Made:
    return UNet(), torch.randn(1, 3, 64, 64)


def llama() -> Made:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=1000,
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=32,
        num_attention_heads=8,
        num_key_value_heads=4,
    )
    return LlamaForCausalLM(config), {"input_ids": torch.randint(0, 1000, (1, 16))}


def swin() -> Made:
    from torchvision.models import swin_t

    return swin_t(weights=None), torch.randn(1, 3, 224, 224)


def detector() -> Made:
    from torchvision.models.detection import fasterrcnn_resnet50_fpn

    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, min_size=160, max_size=160)
    return model.eval(), ([torch.rand(3, 160, 160)],)


def translator() -> Made:
    return Translator(), torch.randint(0, 200, (2, 9))


def mixture() -> Made:
    from transformers import MixtralConfig, MixtralForCausalLM

    config = MixtralConfig(
        vocab_size=1000,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=8,
        num_attention_heads=8,
        num_key_value_heads=4,
        num_local_experts=8,
    )
    return MixtralForCausalLM(config), {"input_ids": torch.randint(0, 1000, (1, 16))}


MODELS: dict[str, Callable[[], Made]] = {
    "resnet": resnet,
    "unet": unet,
    "llama": llama,
    "swin": swin,
    "detector": detector,
    "translator": translator,
    "mixture": mixture,
}


def report(name: str, out: Path) -> Path:
    """Measure one model and save its report."""
    torch.manual_seed(0)
    model, inputs = MODELS[name]()
    path = out / f"{name}.html"
    start = time.perf_counter()
    atlas = ta.visualize_model(model.eval(), inputs)
    atlas.save(path)
    print(f"{path}  {len(atlas.graph.nodes)} nodes  {time.perf_counter() - start:.1f} s")
    return path


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()


def picture(
    chromium: Any,
    page: Path,
    to: Path,
    *,
    theme: str = "light",
    size: tuple[int, int] = (1440, 900),
    address: str = "",
    act: str = "",
) -> None:
    """A picture of a report, after a script was run in it."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        device_scale_factor=1,
        reduced_motion="reduce",
    )
    tab = context.new_page()
    tab.goto(f"{page.as_uri()}{address}")
    tab.evaluate("window.torchatlas.ready")
    if act:
        tab.evaluate(act)
    tab.wait_for_timeout(400)
    tab.screenshot(path=to)
    context.close()


def open_all(*groups: str) -> str:
    """A script that opens groups."""
    return "".join(f"window.torchatlas.expand('{group}');" for group in groups)


def smaller(path: Path) -> None:
    """The picture with 256 colours, which is enough for lines and letters."""
    from PIL import Image

    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


PICTURES: dict[str, dict[str, Any]] = {
    "resnet": {"act": open_all("layer1", "layer2"), "address": "#node=layer1.0.conv1"},
    "unet": {"theme": "dark"},
    "llama": {
        "theme": "dark",
        "address": "#node=model.layers.5.mlp.down_proj&color=activations",
    },
    "swin": {"act": open_all("features", "features.5"), "size": (1920, 1080)},
    "detector": {"act": open_all("backbone", "backbone.body"), "theme": "dark"},
    "translator": {},
    "mixture": {"address": "#node=model.layers.2.mlp"},
}
"""How each report is shown in the documentation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--pictures", action="store_true", help="pictures of the reports too")
    asked = parser.parse_args()
    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    pages = {name: report(name, out) for name in asked.only}
    if not asked.pictures:
        return
    with browser() as chromium:
        for name, page in pages.items():
            to = out / f"{name}.png"
            picture(chromium, page, to, **PICTURES[name])
            smaller(to)
            print(to)


if __name__ == "__main__":
    main()
