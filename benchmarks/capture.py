"""What does a trace cost, beside a forward pass and two other tools that draw graphs?

`python -m benchmarks.capture --model gpt2` prints the table of one model, `--only chain` (or
`large`, `first`) that of one question; without options, everything. Every measurement has a
process of its own, so that first calls are first and memory is that of one thing.

The forward pass is timed with gradients on, as a plain call runs it and as a plain `ta.trace` does,
and under `torch.no_grad`, beside a trace under `torch.no_grad`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from benchmarks.clock import Times
from benchmarks.growth import exponent, per_op_ratio
from benchmarks.models import MODELS, Case
from benchmarks.process import run_python
from benchmarks.report import table
from benchmarks.result import Result
from benchmarks.tools import TOOLS

OTHERS = ("torchview", "torchlens")
FIRST_CALLS = 5
LENGTHS = (1_000, 2_000, 5_000, 10_000, 20_000)
LENGTHS_OF_OTHERS = (1_000, 5_000)
GROWTH_LIMIT = 1.3
MIB = 2**20

Figures = dict[str, Any]


def measure_capture() -> list[Result]:
    """Every model of the list, then one that fits no memory, the first call, and long graphs."""
    results = [result for name in MODELS for result in measure_model(name)]
    return [*results, *(result for measure in QUESTIONS.values() for result in measure())]


def measure_model(name: str) -> list[Result]:
    """A trace of one model beside its forward pass and the other tools."""
    return model_results(MODELS[name], _fresh("model", name))


def measure_large() -> list[Result]:
    """Llama-7B on fake tensors, its first trace in a process."""
    return large_results({name: _fresh("large", name) for name in TOOLS})


def measure_first() -> list[Result]:
    """The first trace of a process against later ones, in several processes in turn."""
    figures: dict[str, list[Figures]] = {name: [] for name in TOOLS}
    for _ in range(FIRST_CALLS):
        for name in TOOLS:
            figures[name].append(_fresh("first", name))
    return [first_result(name, found) for name, found in figures.items()]


def measure_chain() -> list[Result]:
    """Graphs of up to 20,000 ops, and shorter ones for the tools that take longer."""
    results = []
    for name in TOOLS:
        lengths = LENGTHS_OF_OTHERS if name in OTHERS else LENGTHS
        found = {length: _fresh("chain", name, str(length)) for length in lengths}
        results += chain_results(name, found)
    return results


QUESTIONS: dict[str, Callable[[], list[Result]]] = {
    "large": measure_large,
    "first": measure_first,
    "chain": measure_chain,
}


def model_results(case: Case, figures: Figures) -> list[Result]:
    """The lines of one model, out of what its process found.

    Raises:
        RuntimeError: TorchAtlas could not trace it.
    """
    times = {name: Times(**found) for name, found in figures["times"].items()}
    trace, quiet = times["torchatlas"], times["torchatlas_no_grad"]
    if error := trace.error or quiet.error:
        raise RuntimeError(f"the trace of {case.title} failed: {error}")
    what = f"{case.title}: a trace ({figures['nodes']:,} nodes)"
    limit = case.ratio_limit
    return [
        _beside(what, trace, "a forward pass", times["forward"], limit),
        _beside(
            f"{case.title}: a trace without gradients",
            quiet,
            "a forward pass without",
            times["forward_no_grad"],
            limit,
        ),
        _beside(what, trace, "torchview", times["torchview"], 1.0, quiet),
        _beside(what, trace, "TorchLens", times["torchlens"], None, quiet),
        *_memory_results(case.title, figures["memory"]),
    ]


def large_results(figures: Mapping[str, Figures]) -> list[Result]:
    """The lines of Llama-7B: time, and memory beyond the model on meta.

    Raises:
        RuntimeError: it could not be traced.
    """
    if error := figures["torchatlas"].get("error"):
        raise RuntimeError(f"the trace of Llama-7B failed: {error}")
    title = "Llama-7B, 1 x 512 tokens, fake tensors"
    seconds = {name: found.get("seconds") for name, found in figures.items()}
    memory = {name: _or_none(found.get("memory"), MIB) for name, found in figures.items()}
    errors = {name: found.get("error", "") for name, found in figures.items()}
    results = []
    for what, unit, found, limit in (
        ("its first trace in a process", "s", seconds, 5.0),
        ("peak memory beyond the model on meta", "MiB", memory, 1e9 / MIB),
    ):
        ours = found["torchatlas"]
        if ours is None:
            continue
        beside = "; ".join(
            f"{TOOLS[name].title}: {errors[name] or _figure(found[name], unit)}" for name in OTHERS
        )
        results.append(Result(f"{title}: {what}", ours, unit, beside, limit=limit))
    return results


def first_result(tool_name: str, found: list[Figures]) -> Result:
    """What the first trace of a process takes over later ones, the median of some processes.

    Raises:
        RuntimeError: there is a process in which the tool raised.
    """
    title = TOOLS[tool_name].title
    for one in found:
        if "error" in one:
            raise RuntimeError(f"the first trace by {title} failed: {one['error']}")
    over = median(one["first_s"] - one["later_s"] for one in found)
    later = median(one["later_s"] for one in found)
    return Result(
        f"{title}: the first trace in a process over later ones, median of {len(found)} processes",
        over,
        "s",
        f"a later one: {_ms(later)}",
        limit=None if tool_name in OTHERS else 0.3,
    )


def chain_results(tool_name: str, found: Mapping[int, Figures]) -> list[Result]:
    """Time and memory an op of long graphs beside short ones.

    Raises:
        RuntimeError: TorchAtlas could not trace one of them.
    """
    title = TOOLS[tool_name].title
    short, long = min(found), max(found)
    for length, one in found.items():
        if "error" in one and tool_name not in OTHERS:
            raise RuntimeError(f"the trace of {length:,} ops failed: {one['error']}")
        if "error" in one:
            return [Result(f"{title}: a chain of {length:,}", length, "ops", one["error"])]
    results = []
    for key, what, unit, factor in (("seconds", "time", "us", 1e6), ("memory", "memory", "B", 1.0)):
        costs = {length: float(one[key]) for length, one in found.items()}
        results.append(
            Result(
                f"{title}: {what} an op in a chain of {long:,}; from {short:,} on it grows as "
                f"their number to the power of {exponent(costs):.2f}",
                factor * costs[long] / long,
                unit,
                f"in a chain of {short:,}: {_figure(factor * costs[short] / short, unit)}",
                per_op_ratio(costs),
                ratio_limit=None if tool_name in OTHERS else GROWTH_LIMIT,
            )
        )
    return results


def _beside(
    what: str,
    trace: Times,
    other: str,
    times: Times,
    ratio_limit: float | None,
    quiet: Times | None = None,
) -> Result:
    """A trace beside something else: by the fastest turn of both, and with the medians of both.

    Args:
        quiet: the trace without gradients, where the other runs without and the trace does not.
    """
    trace_ms = 1e3 * trace.fastest_s
    if times.error:
        return Result(what, trace_ms, "ms", f"{other}: {times.error}")
    beside = (
        f"{other}: {_ms(times.fastest_s)} (medians {_ms(trace.median_s)} and "
        f"{_ms(times.median_s)}: {trace.median_s / times.median_s:.2f})"
    )
    if quiet is not None:
        ratio = quiet.fastest_s / times.fastest_s
        beside += f"; a trace without gradients, as this runs: {_ms(quiet.fastest_s)} ({ratio:.2f})"
    ratio = trace.fastest_s / times.fastest_s
    return Result(what, trace_ms, "ms", beside, ratio, ratio_limit=ratio_limit)


def _memory_results(title: str, memory: Mapping[str, int | None]) -> list[Result]:
    """Peak memory over what the process holds; nothing where it cannot be measured."""
    ours, forward = memory.get("torchatlas"), memory.get("forward")
    if ours is None or forward is None:
        return []
    names = {
        "forward_no_grad": "without gradients",
        "torchview": "torchview",
        "torchlens": "TorchLens",
    }
    others = (
        f"{text}: {_figure(memory[name], 'MiB', MIB)}"
        for name, text in names.items()
        if memory.get(name) is not None
    )
    beside = "; ".join([f"a forward pass: {_figure(forward, 'MiB', MIB)}", *others])
    ratio = ours / forward if forward else None
    return [Result(f"{title}: peak memory of a trace", ours / MIB, "MiB", beside, ratio)]


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.0f} ms" if seconds >= 0.01 else f"{1e3 * seconds:.1f} ms"


def _figure(value: float | None, unit: str, per: float = 1.0) -> str:
    if value is None:
        return "not measured"
    figure = value / per
    return f"{figure:,.0f} {unit}" if figure >= 10 else f"{figure:.1f} {unit}"


def _or_none(value: float | None, per: float) -> float | None:
    return None if value is None else value / per


def _fresh(*arguments: str) -> Figures:
    """What one measurement found, in a process of its own."""
    output = run_python("-m", "benchmarks.traced", *arguments).output
    figures: Figures = json.loads(output.splitlines()[-1])
    return figures


def main() -> None:
    """Print tables as they come; nothing is written down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capture", description=__doc__)
    parser.add_argument("--model", action="append", choices=MODELS, default=[])
    parser.add_argument("--only", action="append", choices=QUESTIONS, default=[])
    options = parser.parse_args()
    everything = not (options.model or options.only)
    for name in MODELS if everything else options.model:
        print(table(measure_model(name)), flush=True)
    for name in QUESTIONS if everything else options.only:
        print(table(QUESTIONS[name]()), flush=True)


if __name__ == "__main__":
    main()
