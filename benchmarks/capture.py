"""How long does a trace take, beside one forward pass and two other tools that draw graphs?

`python -m benchmarks.capture MODEL` prints the seconds of one model as JSON. Each model has a
process of its own, in which all are called in turn, so that whatever else the machine does falls
on all of them. A forward pass is taken with gradients on, as a plain call is, and as the trace is.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

from benchmarks.models import MODELS, MOST_TIMES_FORWARD, Chain, llama_7b_on_meta
from benchmarks.process import run_python
from benchmarks.result import Result

ROUNDS = 5
SLOW_S = 4.0
"""A tool that takes longer than this is called once more and not `ROUNDS` times."""

LENGTHS = (1_000, 2_000, 5_000, 10_000, 20_000)
Seconds = dict[str, float]


def measure_capture() -> list[Result]:
    """Every model of the list, a large one on fake tensors, the first call, and long graphs."""
    results: list[Result] = []
    for name in MODELS:
        results += _of_model(name, _in_process(name))
    results += _of_large(_in_process("large"))
    results += _of_first(_in_process("first"))
    return results + _of_lengths(_in_process("lengths"))


def fastest_of(calls: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> Seconds:
    """The fastest of some calls of each, in turn; the first call of each warms up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    slow = {name for name, call in calls.items() if _timed(call) > SLOW_S}
    for position in range(rounds):
        for name, call in calls.items():
            if position == 0 or name not in slow:
                times[name].append(_timed(call))
    return {name: min(found) for name, found in times.items()}


def growth(per_op: dict[int, float]) -> float:
    """How much more an op of the longest graph costs than one of the shortest."""
    return per_op[max(per_op)] / per_op[min(per_op)]


def _of_model(name: str, seconds: Seconds) -> list[Result]:
    trace_s, forward_s = seconds["trace"], seconds["forward"]
    what = f"the graph of {name} (`ta.trace`), fastest of {ROUNDS}"
    most = MOST_TIMES_FORWARD.get(name)
    limits = {
        "forward": None if most is None else most * forward_s,
        "torchview": seconds["torchview"],
    }
    beside = {
        "forward": "one forward pass",
        "no_grad": "one forward pass without gradients",
        "torchview": "torchview",
        "torchlens": "TorchLens, no activations saved",
    }
    return [
        Result(
            what,
            1e3 * trace_s,
            "ms",
            f"{text}: {1e3 * seconds[key]:,.0f} ms",
            trace_s / seconds[key],
            None if limits.get(key) is None else 1e3 * (limits[key] or 0.0),
        )
        for key, text in beside.items()
    ]


def _of_large(figures: Seconds) -> list[Result]:
    what = f"the graph of Llama-7B on fake tensors ({figures['nodes']:,.0f} nodes)"
    return [
        Result(what, figures["trace_s"], "s", limit=5.0),
        Result("its memory beyond the model on meta", figures["memory_MB"], "MB", limit=1000),
    ]


def _of_first(figures: Seconds) -> list[Result]:
    beside = f"the median of later ones: {1e3 * figures['later_s']:.1f} ms"
    what = "the first `ta.trace` of a process over later ones"
    return [Result(what, figures["first_s"] - figures["later_s"], "s", beside, limit=0.3)]


def _of_lengths(figures: Seconds) -> list[Result]:
    results = []
    for what, unit in (("time", "us"), ("memory", "kB")):
        per_op = {length: figures[f"{what}:{length}"] for length in LENGTHS}
        short, long = min(per_op), max(per_op)
        beside = f"of {short:,} ops: {per_op[short]:.1f} {unit}"
        name = f"{what} of a trace per op, of {long:,} ops"
        results.append(
            Result(name, per_op[long], unit, beside, growth(per_op), 1.3 * per_op[short])
        )
    return results


def _in_process(what: str) -> Seconds:
    output = run_python("-m", "benchmarks.capture", what).output
    figures: Seconds = json.loads(output.strip().splitlines()[-1])
    return figures


def _model(name: str) -> Seconds:
    import torchlens
    import torchview

    import torchatlas as ta

    torch.manual_seed(0)
    model, args = MODELS[name]()
    lean = torchlens.options.CaptureOptions(unwrap_when_done=True)
    return fastest_of(
        {
            "forward": lambda: model(*args),
            "no_grad": torch.no_grad()(lambda: model(*args)),
            "trace": lambda: ta.trace(model, args),
            "torchview": lambda: torchview.draw_graph(model, input_data=args, depth=100),
            "torchlens": lambda: torchlens.trace(model, args, save=None, capture=lean),
        }
    )


def _large() -> Seconds:
    import torchatlas as ta

    model, args = llama_7b_on_meta()
    before = _peak_bytes()
    began = time.perf_counter()
    graph = ta.trace(model, args).graph
    took = time.perf_counter() - began
    memory = (_peak_bytes() - before) / 1e6
    return {"trace_s": took, "memory_MB": memory, "nodes": len(graph.nodes)}


def _first() -> Seconds:
    import torchatlas as ta

    model, x = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU()), torch.randn(2, 8)
    model(x)
    times = [_timed(lambda: ta.trace(model, x)) for _ in range(11)]
    return {"first_s": times[0], "later_s": median(times[1:])}


def _lengths() -> Seconds:
    import torchatlas as ta

    x, found = torch.randn(4), dict[str, float]()
    ta.trace(Chain(10), x)
    for length in LENGTHS:
        chain = Chain(length)
        seconds = fastest_of({"trace": lambda chain=chain: ta.trace(chain, x)}, rounds=3)  # type: ignore[misc]
        found[f"time:{length}"] = 1e6 * seconds["trace"] / length
        tracemalloc.start()
        ta.trace(chain, x)
        found[f"memory:{length}"] = tracemalloc.get_traced_memory()[1] / 1e3 / length
        tracemalloc.stop()
    return found


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(what: str) -> None:
    """Print the figures of one thing as JSON."""
    special = {"large": _large, "first": _first, "lengths": _lengths}
    print(json.dumps(special[what]() if what in special else _model(what)))


if __name__ == "__main__":
    main(sys.argv[1])
