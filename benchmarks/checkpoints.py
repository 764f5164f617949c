"""How fast is a checkpoint looked at, all elements of it, beside reading and copying it?"""

from __future__ import annotations

import os
from pathlib import Path

import torch

from benchmarks.clock import Timed, in_turn
from benchmarks.memory import peak_growth_bytes
from benchmarks.result import Result

FILE_BYTES = 2_000_000_000
ROUNDS = 3
_WIDTH = 2048


def measure_checkpoints(folder: Path, size_bytes: int = FILE_BYTES) -> list[Result]:
    """Summaries of every element of a safetensors file, and the comparison of two such files.

    The file is read once before, so that all that is timed finds it in the page cache alike.
    """
    import torchatlas as ta

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.safetensors"
    _write(path, size_bytes)
    size = path.stat().st_size
    _read_and_clone(path)
    times = in_turn(
        {
            "ours": Timed(lambda: ta.weights(path)),
            "plain": Timed(lambda: _read_and_clone(path)),
            "compared": Timed(lambda: ta.compare(path, path)),
        },
        rounds=ROUNDS,
    )
    ours_s, plain_s, compared_s = (times[name].fastest_s for name in ("ours", "plain", "compared"))
    what = f"`ta.weights` of a safetensors file of {size / 1e9:.2f} GB, every element"
    results = [
        Result(
            f"{what}, fastest of {ROUNDS}",
            ours_s,
            "s",
            f"reading and cloning each tensor: {plain_s:.2f} s",
            ours_s / plain_s,
            ratio_limit=2.0,
        ),
        Result(
            f"`ta.compare` of two such files, tensor by tensor, fastest of {ROUNDS}",
            compared_s,
            "s",
            f"reading and cloning both: {2 * plain_s:.2f} s",
            compared_s / (2 * plain_s),
        ),
    ]
    grown = peak_growth_bytes(lambda: ta.weights(path))
    if grown is not None:
        largest = 4 * _WIDTH * 4 * _WIDTH / 2**20
        results.append(
            Result(
                "its peak memory over what was there (resident)",
                grown / 2**20,
                "MiB",
                f"the largest tensor: {largest:.0f} MiB",
                grown / 2**20 / largest,
                ratio_limit=2.0,
            )
        )
    path.unlink()
    return results


def _write(path: Path, size_bytes: int) -> None:
    """Blocks of a transformer, as many as fit; one tensor of all is drawn anew for each."""
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    shapes = {"attention.q": (_WIDTH, _WIDTH), "attention.o": (_WIDTH, _WIDTH)}
    shapes |= {"mlp.up": (4 * _WIDTH, _WIDTH), "mlp.down": (_WIDTH, 4 * _WIDTH)}
    block = sum(4 * rows * columns for rows, columns in shapes.values())
    blocks = max(1, size_bytes // block)
    state = {
        f"layers.{number}.{name}.weight": 0.02 * torch.randn(shape, generator=generator)
        for number in range(blocks)
        for name, shape in shapes.items()
    }
    save_file(state, path)


def _read_and_clone(path: Path) -> int:
    """Read every tensor into memory of its own, and clone it; nothing is looked at."""
    from torchatlas.store.safetensors_header import read_safetensors_header

    count = 0
    with path.open("rb", buffering=0) as file:
        for entry in read_safetensors_header(path).tensors:
            content = bytearray(entry.spec.size_bytes)
            file.seek(entry.start, os.SEEK_SET)
            file.readinto(content)
            count += torch.frombuffer(content, dtype=torch.float32).clone().numel()
    return count


if __name__ == "__main__":
    import tempfile

    from benchmarks.report import table

    with tempfile.TemporaryDirectory() as name:
        print(table(measure_checkpoints(Path(name))))
