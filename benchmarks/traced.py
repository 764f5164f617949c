"""What runs in a fresh process: one measurement, printed as JSON.

`python -m benchmarks.traced model NAME | large TOOL | first TOOL | chain TOOL LENGTH`
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.clock import Timed, clocked_s, in_a_line, in_turn
from benchmarks.memory import peak_growth_bytes
from benchmarks.models import build, chain, llama_7b_on_meta, perceptron
from benchmarks.tools import TOOLS, without_grad

LATER_CALLS = 15
CHAIN_ROUNDS = 3


def of_model(name: str) -> dict[str, Any]:
    """Times and memory of the forward pass and of every tool, gradients on and off.

    torchview and TorchLens, called as here, run the model under `torch.no_grad` always.
    """
    model, args = build(name)
    calls = {
        "forward": Timed(lambda: model(*args)),
        "forward_no_grad": Timed(without_grad(lambda: model(*args))),
    }
    for tool_name, tool in TOOLS.items():
        calls[tool_name] = Timed(tool.of(model, args), tool.ready)
    ours = calls["torchatlas"]
    calls["torchatlas_no_grad"] = Timed(without_grad(ours.call))
    times = in_turn(calls)
    memory: dict[str, int | None] = {}
    for call_name, timed in calls.items():
        if not times[call_name].error:
            with timed.ready():
                memory[call_name] = peak_growth_bytes(timed.call)
    return {
        "times": {key: asdict(value) for key, value in times.items()},
        "memory": memory,
        "nodes": len(ours.call().graph.nodes),
    }


def of_large(tool_name: str) -> dict[str, Any]:
    """The first trace of a Llama-7B without memory for its weights, in seconds and bytes."""
    model, args = llama_7b_on_meta()
    tool = TOOLS[tool_name]
    took: list[float] = []

    def call() -> Any:
        began = time.perf_counter()
        result = tool.of(model, args)()
        took.append(time.perf_counter() - began)
        return result

    with tool.ready():
        memory = peak_growth_bytes(call)
    return {"seconds": took[0], "memory": memory}


def of_first(tool_name: str) -> dict[str, Any]:
    """The first trace of a process, and the median of later ones, after a plain forward pass.

    Every tool is imported before. What `import torchatlas` puts off is a part of its first call,
    and so are TorchLens's wrappers of its own.
    """
    model, args = perceptron()
    model(*args)
    importlib.import_module(tool_name)
    tool = TOOLS[tool_name]
    gc.collect()
    began = time.perf_counter()
    call = tool.of(model, args)
    with tool.ready():
        call()
        first_s = time.perf_counter() - began
    later = [clocked_s(Timed(call, tool.ready)) for _ in range(LATER_CALLS)]
    return {"first_s": first_s, "later_s": median(later)}


def of_chain(tool_name: str, length: str) -> dict[str, Any]:
    """Seconds of a chain of ops, the fastest of some; the most that Python allocated at once."""
    tool = TOOLS[tool_name]
    short, long = chain(10), chain(int(length))
    clocked_s(Timed(tool.of(*short), tool.ready))
    timed = Timed(tool.of(*long), tool.ready)
    seconds = [clocked_s(timed) for _ in range(CHAIN_ROUNDS)]
    with timed.ready():
        tracemalloc.start()
        timed.call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return {"seconds": min(seconds), "memory": peak}


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "model": of_model,
    "large": of_large,
    "first": of_first,
    "chain": of_chain,
}


def main(what: str, *arguments: str) -> None:
    """Print the figures, or what went wrong, as the last line."""
    warnings.simplefilter("ignore")  # of the tools; what they print is not what is measured
    try:
        figures = MEASURES[what](*arguments)
    except Exception as error:
        if what == "model":
            raise
        figures = {"error": in_a_line(error)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
