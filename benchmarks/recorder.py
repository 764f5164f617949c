"""How much slower is a training step with the recorder looking on, and with what people use?

Steps of a ResNet-18 on 32x32 images, in turns in one process: plain; with `ta.record` and its usual
budget; and with distributions of parameters and gradients every ten steps, by `ta.record`, by
`wandb.watch(log="all", log_freq=10)` offline, and by TensorBoard's `add_histogram`. Every turn is a
multiple of ten steps and begins with one. Learning rate 0: all turns do the same arithmetic.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from benchmarks.memory import peak_growth_bytes
from benchmarks.result import Result

BATCH_SIZE = 64
EVERY = 10
STEPS = 20
ROUNDS = 3
HISTOGRAMS: dict[str, Any] = {
    "every": EVERY,
    "quantities": ("parameter", "gradient"),
    "activations": None,
}
RATIO_LIMIT = 1.02
MEMORY_LIMIT = 1.2

Step = Callable[[], None]


@dataclass(slots=True)
class Training:
    """A model in training, its optimizer and one batch."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    inputs: torch.Tensor
    labels: torch.Tensor
    done: int = 0
    after: Callable[[torch.Tensor, int], Any] = field(default=lambda loss, _: loss.item())

    def step(self) -> None:
        """One step, with whatever looks on."""
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(self.inputs), self.labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.done += 1
        self.after(loss, self.done)


def measure_recorder(folder: Path) -> list[Result]:
    """Ratios of mean step times, medians over the turns, each beside the plain turn next to it."""
    training = _training()
    for _ in range(EVERY):
        training.step()
    lookers = {
        "plain": _plain,
        "budget": lambda t, f: _recorded(t, f),
        "recorder": lambda t, f: _recorded(t, f, **HISTOGRAMS),
        "wandb": _wandb,
        "tensorboard": _tensorboard,
    }
    seconds: dict[str, list[float]] = {name: [] for name in lookers}
    for turn in range(ROUNDS):
        for name, looker in lookers.items():
            try:
                seconds[name].append(_turn(training, looker, folder / f"{name}-{turn}"))
            except ImportError as error:
                print(f"{name}: {error}")
    return [*_results(seconds), *_memory(training, folder / "memory")]


def _turn(training: Training, looker: Any, folder: Path) -> float:
    """Seconds a step, over whole periods of ten."""
    training.done = 0
    gc.collect()
    with looker(training, folder):
        began = time.perf_counter()
        for _ in range(STEPS):
            training.step()
        return (time.perf_counter() - began) / STEPS


def _results(seconds: dict[str, list[float]]) -> list[Result]:
    plain = seconds["plain"]
    plain_ms = 1000 * median(plain)

    def ratio(name: str) -> float | None:
        pairs = zip(seconds[name], plain, strict=True) if seconds[name] else ()
        ratios = [mine / other for mine, other in pairs]
        return median(ratios) if ratios else None

    def result(what: str, name: str, limit: float | None = None) -> list[Result]:
        found = ratio(name)
        if found is None:
            return []
        beside = f"the plain step: {plain_ms:.1f} ms"
        return [Result(what, found * plain_ms, "ms", beside, found, ratio_limit=limit)]

    what = f"a training step, ResNet-18, 32x32, batch {BATCH_SIZE}"
    histograms = f"histograms of parameters and gradients every {EVERY} steps"
    return [
        *result(f"{what}, with the recorder as it comes (budget 1 %)", "budget", RATIO_LIMIT),
        *result(f"{what}, {histograms}: the recorder", "recorder", RATIO_LIMIT),
        *result("the same with wandb.watch, offline", "wandb"),
        *result("the same with TensorBoard's add_histogram", "tensorboard"),
    ]


def _memory(training: Training, folder: Path) -> list[Result]:
    """What the recorder adds to the peak of a training, beside the summaries that it keeps."""

    def run() -> None:
        for _ in range(EVERY):
            training.step()

    training.done = 0
    plain = min(growth for _ in range(3) if (growth := peak_growth_bytes(run)) is not None)
    with _recorded(training, folder, **HISTOGRAMS):
        run()  # what is allocated once
        grown = min(growth for _ in range(3) if (growth := peak_growth_bytes(run)) is not None)
    kept = sum(path.stat().st_size for path in folder.glob("*tfevents*")) / 6
    added = max(grown - plain, 0)
    return [
        Result(
            "memory that the recorder adds to the peak of ten steps",
            added / 2**20,
            "MiB",
            f"summaries kept of one look: {kept / 2**20:.2f} MiB",
            added / kept,
            ratio_limit=MEMORY_LIMIT,
        )
    ]


def _training() -> Training:
    from torchvision.models import resnet18

    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9)
    inputs, labels = torch.randn(BATCH_SIZE, 3, 32, 32), torch.randint(0, 10, (BATCH_SIZE,))
    return Training(model, optimizer, inputs, labels)


@contextmanager
def _after(training: Training, call: Callable[[torch.Tensor, int], Any]) -> Iterator[None]:
    plain, training.after = training.after, call
    try:
        yield
    finally:
        training.after = plain


@contextmanager
def _plain(training: Training, folder: Path) -> Iterator[None]:  # noqa: ARG001
    yield


@contextmanager
def _recorded(training: Training, folder: Path, **options: Any) -> Iterator[None]:
    import torchatlas as ta

    with (
        ta.record(folder, training.model, optimizer=training.optimizer, **options) as recorder,
        _after(training, lambda loss, _: recorder.log(loss=loss)),
    ):
        yield


@contextmanager
def _wandb(training: Training, folder: Path) -> Iterator[None]:
    os.environ["WANDB_SILENT"] = "true"
    import wandb

    folder.mkdir(parents=True)
    run = wandb.init(mode="offline", dir=str(folder), project="benchmark")
    try:
        wandb.watch(training.model, log="all", log_freq=EVERY)
        with _after(training, lambda loss, _: run.log({"loss": loss.item()})):
            yield
        wandb.unwatch(training.model)
    finally:
        run.finish()


@contextmanager
def _tensorboard(training: Training, folder: Path) -> Iterator[None]:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))

    def write(loss: torch.Tensor, step: int) -> None:
        writer.add_scalar("loss", loss.item(), step)
        if step % EVERY == 0:
            for name, weight in training.model.named_parameters():
                writer.add_histogram(name, weight, step)
                writer.add_histogram(f"{name}.grad", weight.grad, step)

    with writer, _after(training, write):
        yield


if __name__ == "__main__":
    import tempfile

    from benchmarks.report import table

    with tempfile.TemporaryDirectory() as name:
        print(table(measure_recorder(Path(name))))
