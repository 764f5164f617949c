"""How fast is a log of TensorBoard read, beside TensorBoard's own reader?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import Timed, in_turn
from benchmarks.result import Result

SCALARS, HISTOGRAMS, BINS = 100_000, 2_000, 400
SERIES = 8
RUNS = 1_000
ROUNDS = 2


def measure_events(folder: Path) -> list[Result]:
    """A log of 25 MB read to tables; what is appended to it; a thousand runs listed."""
    return [*_reading(folder / "log"), _following(folder / "log"), _listing(folder / "runs")]


def write_log(folder: Path) -> int:
    """Write a log as TensorFlow does, scalars and histograms as tensors; gives its bytes."""
    from torchatlas.store.events import FILE_VERSION, Event, Value, encode
    from torchatlas.store.records import frame

    folder.mkdir(parents=True)
    edges = np.linspace(-3, 3, BINS + 1)
    counts = np.histogram(np.random.default_rng(0).normal(size=100_000), edges)[0]
    rows = np.stack([edges[:-1], edges[1:], counts], 1)
    records = [frame(encode(Event(1.7e9, file_version=FILE_VERSION)))]
    known: set[str] = set()

    def add(step: int, value: Value) -> None:
        new = frozenset({value.tag} - known)
        known.add(value.tag)
        records.append(frame(encode(Event(1.7e9 + step / 10, step, (value,)), new)))

    for index in range(SCALARS):
        add(index // SERIES, Value(f"train/metric_{index % SERIES}", np.array(1 / (index + 1))))
    for index in range(HISTOGRAMS):
        add(10 * (index // 20), Value(f"layer{index % 20}.weight", rows, "histograms"))
    content = b"".join(records)
    (folder / "events.out.tfevents.1700000000.host.1.0.v2").write_bytes(content)
    return len(content)


def _reading(folder: Path) -> list[Result]:
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

    from torchatlas.store import load_run
    from torchatlas.store.event_log import EventLog
    from torchatlas.store.log_folder import sources_of

    size = write_log(folder)

    def theirs() -> Any:
        return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()

    def series() -> Any:
        log = EventLog(lambda: sources_of(folder))
        log.poll(1)
        return log

    calls: dict[str, Callable[[], Any]] = {
        "theirs": theirs,
        "series": series,
        "run": lambda: load_run(folder),
    }
    times = in_turn({name: Timed(call) for name, call in calls.items()}, rounds=ROUNDS)
    their_s = times["theirs"].fastest_s
    beside = f"EventAccumulator.Reload: {their_s:.2f} s"
    what = f"reading {size / 1e6:.1f} MB of events ({SCALARS:,} scalars, {HISTOGRAMS:,} histograms)"
    series_s, run_s = times["series"].fastest_s, times["run"].fastest_s
    return [
        Result(what, series_s, "s", beside, series_s / their_s, ratio_limit=0.1),
        Result(
            "the same, to tables with a summary a histogram",
            run_s,
            "s",
            beside,
            run_s / their_s,
            ratio_limit=0.1,
        ),
    ]


def _following(folder: Path) -> Result:
    """A poll of the same log after a scalar more, beside reading the log anew."""
    from torchatlas.store import GrowingRun
    from torchatlas.store.events import Event, Value, encode
    from torchatlas.store.records import frame

    growing = GrowingRun(folder)
    first_s = in_turn({"first": Timed(lambda: GrowingRun(folder).poll())}, rounds=1)[
        "first"
    ].fastest_s
    growing.poll()
    record = frame(encode(Event(1.8e9, SCALARS, (Value("train/metric_0", np.array(0.5)),))))
    (path,) = folder.iterdir()

    def append() -> bool:
        with path.open("ab") as file:
            file.write(record)
        return growing.poll()

    poll_s = in_turn({"poll": Timed(append)})["poll"].fastest_s
    return Result(
        "following the same log: one scalar more",
        1000 * poll_s,
        "ms",
        f"reading it anew: {1000 * first_s:.0f} ms",
        poll_s / first_s,
        ratio_limit=0.1,
    )


def _listing(folder: Path) -> Result:
    from torchatlas.run import Run, TensorSummary
    from torchatlas.store import Recording, list_runs

    summary = TensorSummary.of(np.random.default_rng(0).normal(size=4096))
    for number in range(RUNS):
        with Recording(folder / f"run{number:04}") as recording:
            recording.describe(Run(f"run {number}", "2026-01-01T00:00:00+00:00"))
            for step in range(20):
                recording.add_scalar("loss", "train", 1 / (step + 1), step)
            recording.add_summary("parameter", "fc.weight", 4096, summary, 20)
    list_s = in_turn({"list": Timed(lambda: list_runs(folder))})["list"].fastest_s
    return Result(f"listing {RUNS:,} runs", list_s, "s", limit=1.0)
