"""What does importing TorchAtlas add to importing torch?"""

from __future__ import annotations

from statistics import median

from benchmarks.process import run_python
from benchmarks.result import Result

RUNS = 7
CLOCK = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
TORCH = CLOCK.format("import torch")
ATLAS = CLOCK.format("import torch, torchatlas; torchatlas.visualize_model")


def measure_imports() -> list[Result]:
    """Take turns, so that a busy moment of the machine hits both."""
    pairs = [(_seconds(TORCH), _seconds(ATLAS)) for _ in range(RUNS)]
    torch_s, atlas_s = (median(times) for times in zip(*pairs, strict=True))
    return [
        Result(
            "importing torch and torchatlas with its main call, median",
            atlas_s,
            "s",
            f"torch alone: {torch_s:.2f} s",
            atlas_s / torch_s,
            limit=torch_s + 0.15,
        )
    ]


def _seconds(script: str) -> float:
    return float(run_python("-c", script).output.splitlines()[-1])
