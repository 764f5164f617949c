"""What the benchmark of tracing makes of what its processes found."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.capture import chain_results, first_result, large_results, model_results
from benchmarks.models import MODELS
from benchmarks.report import table


def _figures(**changed: Any) -> dict[str, Any]:
    seconds = {
        "forward": (0.10, 0.14, 0.12),
        "forward_no_grad": (0.08, 0.08),
        "torchatlas": (0.12, 0.18, 0.15),
        "torchatlas_no_grad": (0.10, 0.12),
        "torchview": (0.11, 0.20),
        "torchlens": (1.2, 1.4),
    }
    times: dict[str, Any] = {name: {"seconds": found} for name, found in seconds.items()}
    memory = dict.fromkeys(seconds, 2**21) | {"torchatlas": 3 * 2**20}
    return {"times": times | changed, "memory": memory, "nodes": 1234}


def test_a_trace_is_held_against_forward_in_both_modes_and_against_torchview() -> None:
    forward, no_grad, torchview, torchlens, memory = model_results(MODELS["gpt2"], _figures())
    assert forward.what == "GPT-2 small, 1 x 512 tokens: a trace (1,234 nodes)"
    assert (round(forward.ratio or 0, 3), forward.ratio_limit, forward.kept) == (1.2, 1.3, True)
    assert (round(no_grad.ratio or 0, 3), no_grad.ratio_limit, no_grad.kept) == (1.25, 1.3, True)
    assert (round(torchview.ratio or 0, 3), torchview.kept) == (1.091, False)
    assert (round(torchlens.ratio or 0, 3), torchlens.kept) == (0.1, None)
    assert (memory.value, memory.ratio, memory.kept) == (3.0, 1.5, None)


def test_fastest_and_median_stand_side_by_side() -> None:
    forward, _, torchview, *_ = model_results(MODELS["gpt2"], _figures())
    assert forward.beside == "a forward pass: 100 ms (medians 150 ms and 120 ms: 1.25)"
    assert torchview.beside.endswith("; a trace without gradients, as this runs: 100 ms (0.91)")


def test_a_tool_that_raises_is_a_line_without_a_ratio() -> None:
    raised = {"seconds": (), "error": "ValueError: no"}
    torchview = model_results(MODELS["gpt2"], _figures(torchview=raised))[2]
    found = (torchview.beside, torchview.ratio, torchview.kept)
    assert found == ("torchview: ValueError: no", None, None)
    with pytest.raises(RuntimeError, match=r"the trace of GPT-2 small.* failed: ValueError: no"):
        model_results(MODELS["gpt2"], _figures(torchatlas=raised))


def test_memory_that_cannot_be_measured_has_no_line() -> None:
    figures = _figures()
    figures["memory"] = dict.fromkeys(figures["memory"])
    assert len(model_results(MODELS["gpt2"], figures)) == 4


def test_a_large_model_has_limits_in_seconds_and_bytes() -> None:
    time, memory = large_results(
        {
            "torchatlas": {"seconds": 5.1, "memory": 2**30},
            "torchview": {"seconds": 9.5, "memory": 2**20},
            "torchlens": {"error": "TypeError: no"},
        }
    )
    assert (time.limit, time.kept, memory.kept) == (5.0, False, False)
    assert time.beside == "torchview: 9.5 s; TorchLens: TypeError: no"
    assert memory.beside == "torchview: 1.0 MiB; TorchLens: TypeError: no"


def test_without_our_own_figure_the_benchmark_stops() -> None:
    failed = {"error": "TypeError: no"}
    with pytest.raises(RuntimeError, match="the trace of Llama-7B failed: TypeError: no"):
        large_results({"torchatlas": failed})
    with pytest.raises(RuntimeError, match="the first trace by TorchAtlas failed: TypeError: no"):
        first_result("torchatlas", [failed])


def test_a_first_call_is_the_median_of_processes() -> None:
    found = [{"first_s": first, "later_s": 0.1} for first in (0.5, 0.3, 0.9)]
    ours, other = first_result("torchatlas", found), first_result("torchview", found)
    assert (round(ours.value, 3), ours.limit, ours.kept) == (0.4, 0.3, False)
    assert (round(other.value, 3), other.limit) == (0.4, None)


def test_an_op_of_a_long_graph_may_cost_little_more_than_one_of_a_short() -> None:
    found = {
        1_000: {"seconds": 0.1, "memory": 1_000_000},
        20_000: {"seconds": 2.0, "memory": 28_000_000},
    }
    time, memory = chain_results("torchatlas", found)
    assert (round(time.value), round(time.ratio or 0, 3), time.kept) == (100, 1.0, True)
    assert time.what.endswith("as their number to the power of 1.00")
    assert (memory.value, round(memory.ratio or 0, 3), memory.kept) == (1_400, 1.4, False)
    assert "1.30 x, **missed**" in table([memory])
    assert [result.kept for result in chain_results("torchview", found)] == [None, None]


def test_a_chain_that_a_tool_cannot_trace_is_a_line() -> None:
    found = {1_000: {"seconds": 0.1, "memory": 10}, 5_000: {"error": "RecursionError: too deep"}}
    (line,) = chain_results("torchview", found)
    assert (line.what, line.beside) == ("torchview: a chain of 5,000", "RecursionError: too deep")
    with pytest.raises(RuntimeError, match="the trace of 5,000 ops failed: RecursionError"):
        chain_results("torchatlas", found)
