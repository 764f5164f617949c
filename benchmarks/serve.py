"""What the live page costs: a list of 1,000 runs; 10 million points, first seen and zoomed into.

Run: python -m benchmarks.serve [--runs 1000] [--points 10000000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.report import table
from benchmarks.result import Result
from torchatlas.run import Run
from torchatlas.run.summary import FloatArray, IntArray
from torchatlas.serve.followed_run import FollowedRun
from torchatlas.serve.listing import Listing
from torchatlas.store import Recording, save_run
from torchatlas.store.events import Event, Value, encode
from torchatlas.store.protobuf import varint_field
from torchatlas.store.records import frame

LIST_LIMIT_S = 1.0

T = TypeVar("T")


def measure_serve(folder: Path, runs: int = 1_000, points: int = 10_000_000) -> list[Result]:
    """Figures of the list and of a long run, each on files made for it in a folder."""
    return [*measure_list(folder / "runs", runs), *measure_long(folder, points)]


def measure_list(folder: Path, runs: int) -> list[Result]:
    """Seconds until all runs are listed, the first time and again, and until all were looked at."""
    for number in range(runs):
        with Recording(folder / f"run-{number:04}") as recording:
            recording.describe(Run(f"run {number}", "2026-01-01T00:00:00+00:00"))
            for step in range(50):
                recording.add_scalar("loss", "train", 1 / (step + 1), step)
    listing, first_s = _timed(lambda: Listing([folder]))
    rows, listed_s = _timed(listing.rows)
    assert len(rows) == runs
    started_s = time.perf_counter()
    while not all(row.glance for row in listing.rows()):
        time.sleep(0.05)
    looked_s = time.perf_counter() - started_s
    again_s = statistics.median(_timed(lambda: _look_again(listing))[1] for _ in range(5))
    listing.close()
    name = f"{runs:,} runs"
    return [
        Result(f"{name}: listed", (first_s + listed_s) * 1000, "ms", limit=LIST_LIMIT_S * 1000),
        Result(f"{name}: listed again", again_s * 1000, "ms"),
        Result(f"{name}: each one's loss read, in the background", looked_s * 1000, "ms"),
    ]


def measure_long(folder: Path, points: int) -> list[Result]:
    """Seconds and bytes from a run of very many points to its first picture, and of a zoom."""
    run = folder / "long"
    save_run(Run("long", "2026-01-01T00:00:00+00:00"), run)
    write_points(run / "events.out.tfevents.1.host.1.0.rank0", points)
    followed, read_s = _timed(lambda: FollowedRun(run))
    document, first_s = _timed(followed.document)
    shown = len(document["document"]["run"]["tables"]["scalars"]["cells"]["step"])
    middle, width = points // 2, points // 100
    hundredth, hundredth_s = _timed(lambda: followed.detail("loss", middle, middle + width))
    _, closest_s = _timed(lambda: followed.detail("loss", middle, middle + 5_000))
    return [
        Result(f"{points:,} points: read", read_s, "s"),
        Result(f"{points:,} points: first picture", first_s * 1000, "ms"),
        Result("points sent for it", shown, "points"),
        Result("zoom to a hundredth", hundredth_s * 1000, "ms"),
        Result(f"points sent for it (of {width:,})", len(hundredth[0]["x"]), "points"),
        Result("zoom to 5,000 steps", closest_s * 1000, "ms"),
    ]


def write_points(path: Path, points: int) -> None:
    """An event file of one long series, with a spike that must be seen."""
    rng = np.random.default_rng(0)
    values = 1 + rng.normal(size=points).cumsum() / np.sqrt(points)
    values[points // 3] = 99.0
    with path.open("wb") as file:
        file.write(frame(encode(Event(0.0, file_version="brain.Event:2"), frozenset())))
        file.write(frame(_record(0, values[0], frozenset({"loss/train"}))))
        bounds = [1, *(128**power for power in range(1, 5) if 128**power < points), points]
        for first, last in pairwise(bounds):  # steps of as many bytes
            for start in range(first, last, 100_000):
                steps = np.arange(start, min(start + 100_000, last))
                file.write(_records(steps, values[steps]))


def _record(step: int, value: float, new: frozenset[str] = frozenset()) -> bytes:
    return encode(Event(float(step), step, (Value("loss/train", np.array(value), "scalars"),)), new)


def _records(steps: IntArray, values: FloatArray) -> bytes:
    """Records of steps of as many bytes: copies of the first, in which all that differs is set."""
    first = _record(int(steps[0]), 1.0)
    rows = np.tile(np.frombuffer(first, np.uint8), (len(steps), 1))
    rows[:, 1:9] = steps.astype("<f8")[:, None].view(np.uint8)
    size = len(varint_field(2, int(steps[0]))) - 1
    for place in range(size):
        rows[:, 10 + place] = (steps >> 7 * place & 127) + (128 if place < size - 1 else 0)
    rows[:, -8:] = values.astype("<f8")[:, None].view(np.uint8)  # stands last in these records
    return b"".join(map(frame, map(bytes, rows)))


def _look_again(listing: Listing) -> None:
    listing._due_s = 0.0
    listing.refresh()


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started_s = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started_s


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--points", type=int, default=10_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure_serve(Path(folder), options.runs, options.points)))


if __name__ == "__main__":
    main()
