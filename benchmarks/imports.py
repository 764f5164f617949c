"""What does importing TorchAtlas add to importing torch?"""

from __future__ import annotations

from benchmarks.process import run_python
from benchmarks.result import Result

RUNS = 7
CLOCK = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
TORCH = CLOCK.format("import torch")
ATLAS = CLOCK.format("import torch, torchatlas; torchatlas.visualize_model")


def measure_imports() -> list[Result]:
    """The fastest of several turns: what else the machine does can only add."""
    pairs = [(_seconds(TORCH), _seconds(ATLAS)) for _ in range(RUNS)]
    torch_s, atlas_s = (min(times) for times in zip(*pairs, strict=True))
    return [
        Result(
            "importing torch and torchatlas with its main call, fastest of 7",
            atlas_s,
            "s",
            f"torch alone: {torch_s:.2f} s",
            atlas_s / torch_s,
            limit=torch_s + 0.15,
        )
    ]


def _seconds(script: str) -> float:
    return float(run_python("-c", script).output.splitlines()[-1])
