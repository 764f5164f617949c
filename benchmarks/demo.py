"""How long does the demo take, how much memory does it hold, and how large is its report?"""

from __future__ import annotations

from pathlib import Path

from benchmarks.process import run_python
from benchmarks.result import Result

EPOCHS = 10


def measure_demo(folder: Path) -> list[Result]:
    """Run the demo into `folder`, and the same training without TorchAtlas."""
    demo = run_python("-m", "torchatlas", "demo", "--epochs", str(EPOCHS), "--out", str(folder))
    plain = run_python("-m", "benchmarks.plain_training", str(EPOCHS))
    report = folder / "report.html"
    plain_memory = plain.peak_bytes / 2**20
    return [
        Result(
            f"the demo, {EPOCHS} epochs, from start to report",
            demo.wall_s,
            "s",
            f"the same training and evaluation without TorchAtlas: {plain.wall_s:.1f} s",
            demo.wall_s / plain.wall_s,
            limit=120,
        ),
        Result(
            "its peak memory (resident)",
            demo.peak_bytes / 2**20,
            "MiB",
            f"without TorchAtlas: {plain_memory:.0f} MiB",
            demo.peak_bytes / plain.peak_bytes,
        ),
        Result("its report", report.stat().st_size / 1e6, "MB", limit=3.0),
    ]
