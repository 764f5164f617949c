"""`torchatlas demo`: train, record, look, and say what was found."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from torchatlas._progress import progress
from torchatlas.api import record, visualize_model
from torchatlas.atlas import Atlas
from torchatlas.demo.images import Images, load_cifar10_images, load_digits_images
from torchatlas.demo.resnet import build_resnet18
from torchatlas.demo.training import train_epoch
from torchatlas.errors import TorchAtlasError
from torchatlas.run import Finding
from torchatlas.store import save_run

BATCH_SIZE = 64
LEARNING_RATE = 1e-3
_LINE_WIDTH = 100
_MARKS = {"error": "▲", "warning": "◆", "info": "○"}

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What can be chosen; `root` is where CIFAR-10 lies or is downloaded to."""

    data: str = "digits"
    root: Path = Path("data")
    epochs: int = 10
    seed: int = 0
    device: str = "cpu"
    pretrained: bool = False
    out: Path = Path("torchatlas-demo")

    @property
    def run_folder(self) -> Path:
        """Where the run is recorded."""
        return self.out / "run"

    @property
    def report(self) -> Path:
        """Where the report is saved."""
        return self.out / "report.html"


def run_demo(options: DemoOptions, say: Say = print) -> Atlas:
    """Train a ResNet-18, save its report and open it if there is a display.

    Args:
        say: takes each line for the person at the terminal.

    Returns:
        The atlas of the trained model.

    Raises:
        TorchAtlasError: data, weights or device are not to be had, or nothing can be written.
        KeyboardInterrupt: stopped by hand, after saying how to open what was recorded.
    """
    device = _device(options.device)
    images = _images(options)
    torch.manual_seed(options.seed)
    model = build_resnet18(len(images.classes), pretrained=options.pretrained).to(device)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    say(f"Training a ResNet-18 on {_sizes(images)} for {options.epochs} epochs on {device}")
    try:
        _train(model, images, loss_function, optimizer, options, say)
        atlas = visualize_model(
            model.eval(),
            images.train,
            test=images.test,
            loss=loss_function,
            optimizer=optimizer,
            classes=images.classes,
            run=options.run_folder,
        )
    except KeyboardInterrupt:
        say(_how_to_open(options))
        raise
    save_run(atlas.run, options.run_folder)
    _say_results(atlas, say)
    say(f"\nReport: {atlas.save(options.report)}")
    if has_display():
        webbrowser.open(options.report.resolve().as_uri())
    return atlas


def _images(options: DemoOptions) -> Images:
    if options.data == "digits":
        return load_digits_images()
    return load_cifar10_images(options.root)


def _train(
    model: nn.Module,
    images: Images,
    loss_function: nn.Module,
    optimizer: torch.optim.Optimizer,
    options: DemoOptions,
    say: Say,
) -> None:
    loader = _training_loader(images, options.seed)
    example = next(iter(DataLoader(images.train, batch_size=BATCH_SIZE)))
    with record(options.run_folder, model, optimizer=optimizer, example=example) as recorder:
        recorder.note(data=options.data, seed=options.seed, epochs=options.epochs)
        for number in range(1, options.epochs + 1):
            with progress() as start:
                advance = start(f"Epoch {number} of {options.epochs}", len(loader))
                epoch = train_epoch(model, loader, loss_function, optimizer, recorder, advance)
                recorder.evaluate({"test": images.test}, loss=loss_function)
            say(f"Epoch {number} - running loss: {epoch.running_loss:.4f}")


def _training_loader(images: Images, seed: int) -> DataLoader[Any]:
    count = len(images.train)  # type: ignore[arg-type]
    return DataLoader(
        images.train,
        batch_size=BATCH_SIZE,
        shuffle=True,
        generator=torch.Generator().manual_seed(seed),
        drop_last=count % BATCH_SIZE == 1,  # BatchNorm cannot learn from a single example
    )


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise TorchAtlasError(
            f"the device {name!r} cannot be used here ({reason}); try --device cpu"
        ) from error
    return device


def _sizes(images: Images) -> str:
    train, test = len(images.train), len(images.test)  # type: ignore[arg-type]
    return f"{train:,} images ({test:,} more to test on)"


def _say_results(atlas: Atlas, say: Say) -> None:
    names = {
        "train": "Model on Integrated Data (the training images)",
        "test": "Model on Test Data",
    }
    for split, name in names.items():
        say(f"{name} - accuracy: {_accuracy(atlas, split)}")
    say(f"\nFindings: {len(atlas.findings) or 'none'}")
    for finding in atlas.findings:
        say(_finding_text(finding))
    for gap in atlas.gaps:
        say(f"  ? not measured: {gap.what}: {gap.reason}")


def _accuracy(atlas: Atlas, split: str) -> str:
    table = atlas.tables.get("evaluation")
    for row in table.rows() if table else []:
        if row["split"] == split and row["metric"] == "accuracy":
            return f"{row['value']:.2%}"
    return "not measured"


def _finding_text(finding: Finding) -> str:
    width = min(shutil.get_terminal_size().columns, _LINE_WIDTH)
    indent = " " * 4
    body = f"{finding.detail} {finding.advice}"
    text = textwrap.fill(body, width, initial_indent=indent, subsequent_indent=indent)
    return f"  {_MARKS[finding.severity]} {finding.title}\n{text}"


def _how_to_open(options: DemoOptions) -> str:
    installed = shutil.which("torchatlas") is not None
    command = shlex.join(
        [
            *(["torchatlas"] if installed else [sys.executable, "-m", "torchatlas"]),
            *("report", str(options.run_folder), "-o", str(options.report)),
        ]
    )
    return f"\nStopped. What was recorded is in {options.run_folder}. See it with:\n  {command}"


def has_display() -> bool:
    """Whether a person is likely to see a browser window open here."""
    if os.environ.get("CI"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
