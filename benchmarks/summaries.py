"""What does it cost to know how all values of a model are spread?

Everything is done to the same tensors, one thread, in turns, in one process:

- a copy of all of them, as a bound for anything that reads each value once: `clone` in a fresh
  process of its own, where it touches its memory for the first time, and `clone` in between the
  others (several times as fast where the allocator has kept the memory of the turn before);
- every value, and a sample of at most 65,536 a tensor, with TorchAtlas;
- what `torch.utils.tensorboard.SummaryWriter.add_histogram` computes, without writing a file: its
  own `summary.histogram` with its own default bins;
- what `wandb.watch` computes, with its own `TorchHistory`, a run that keeps nothing in the place of
  one that is logged.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch

from benchmarks.clock import Timed, in_turn
from benchmarks.result import Result

SAMPLE = 65_536
CLONE_LIMIT = 2.5
TENSORBOARD_LIMIT = 1 / 10
WANDB_LIMIT = 1 / 4
_COPY = "clone in a fresh process"


def measure_summaries() -> list[Result]:
    """Summaries of all parameters of ResNet-50 beside what people use."""
    tensors = _parameters()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = in_turn({name: Timed(call(tensors)) for name, call in _CALLS.items()})
    finally:
        torch.set_num_threads(threads)
    ms = {name: 1000 * t.fastest_s for name, t in times.items() if not t.error}
    ms["fresh copy"] = _clone_in_a_fresh_process()
    values = sum(tensor.numel() for tensor in tensors)
    what = f"summaries of {len(tensors)} tensors with {values / 1e6:.1f} M values, one thread"
    found = [
        _beside(what, ms, "every value", "fresh copy", _COPY, CLONE_LIMIT),
        _beside(what, ms, "every value", "clone", "clone in between"),
        _beside(what, ms, "every value", "tensorboard", "add_histogram", TENSORBOARD_LIMIT),
        _beside(what, ms, "every value", "wandb", "wandb.watch", WANDB_LIMIT),
        _beside(f"{what}, at most {SAMPLE:,} a tensor", ms, "sample", "fresh copy", _COPY),
        _beside("the same by channel (dimension 0)", ms, "channels", "fresh copy", _COPY),
    ]
    for name, timed in times.items():
        if timed.error:
            print(f"{name}: {timed.error}")
    return found


def _beside(
    what: str, ms: dict[str, float], ours: str, other: str, title: str, limit: float | None = None
) -> Result:
    if other not in ms:
        return Result(what, ms[ours], "ms", f"{title}: could not be run")
    beside = f"{title}: {ms[other]:.0f} ms"
    return Result(what, ms[ours], "ms", beside, ms[ours] / ms[other], ratio_limit=limit)


_CLONING = """
import time
import torch
from benchmarks.summaries import _parameters
torch.set_num_threads(1)
tensors, seconds = _parameters(), []
for _ in range(8):
    began = time.perf_counter()
    copies = [tensor.clone() for tensor in tensors]
    seconds.append(time.perf_counter() - began)
    del copies
print(1000 * min(seconds[1:]))
"""


def _clone_in_a_fresh_process() -> float:
    """Milliseconds."""
    done = subprocess.run([sys.executable, "-c", _CLONING], capture_output=True, check=True)
    return float(done.stdout)


def _parameters() -> list[torch.Tensor]:
    from torchvision.models import resnet50

    torch.manual_seed(0)
    return [parameter.detach() for parameter in resnet50().parameters()]


Call = Callable[[], Any]


def _clone(tensors: list[torch.Tensor]) -> Call:
    return lambda: [tensor.clone() for tensor in tensors]


def _every_value(tensors: list[torch.Tensor]) -> Call:
    from torchatlas.capture.summarize import summarize_all

    return lambda: summarize_all(tensors)


def _sample(tensors: list[torch.Tensor]) -> Call:
    from torchatlas.capture.summarize import summarize_all

    return lambda: summarize_all(tensors, sample=SAMPLE)


def _channels(tensors: list[torch.Tensor]) -> Call:
    from torchatlas.capture.summarize_channels import summarize_channels

    return lambda: [summarize_channels(tensor, 0) for tensor in tensors]


def _tensorboard(tensors: list[torch.Tensor]) -> Call:
    from torch.utils.tensorboard.summary import histogram

    bins = _default_bins()
    return lambda: [histogram("x", tensor.numpy(), bins) for tensor in tensors]  # type: ignore[no-untyped-call]


def _default_bins() -> list[float]:
    """As `SummaryWriter.__init__` makes them: powers of 1.1 from 1e-12 to 1e20, both signs."""
    value, rising = 1e-12, []
    while value < 1e20:
        rising.append(value)
        value *= 1.1
    return [-edge for edge in reversed(rising)] + [0.0] + rising


class _Kept:
    """In the place of a run: takes what it is given and forgets it."""

    _torch: Any = None

    def _log(self, *_: Any, **__: Any) -> None:
        pass


def _wandb(tensors: list[torch.Tensor]) -> Call:
    wandb: Any = import_module("wandb")
    history = import_module("wandb.integration.torch.wandb_torch").TorchHistory()
    before = wandb.run
    run: Any = _Kept()

    def call() -> None:
        wandb.run = run
        try:
            for number, tensor in enumerate(tensors):
                history.log_tensor_stats(tensor, f"p/{number}")
        finally:
            wandb.run = before

    return call


_CALLS: dict[str, Callable[[list[torch.Tensor]], Call]] = {
    "clone": _clone,
    "every value": _every_value,
    "sample": _sample,
    "channels": _channels,
    "tensorboard": _tensorboard,
    "wandb": _wandb,
}


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(measure_summaries()))
