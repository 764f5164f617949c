"""What is switched on around the trace: it is seen through, and still on afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Runs, Snapshot, check, edges_of
from torch import nn
from torch.nn.modules.module import register_module_forward_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

import torchatlas as ta

EDGES = {
    ("input:x", "layer/linear:0"),
    ("layer/linear:0", "/getitem:0"),
    ("/getitem:0", "/mul_:0"),
    ("/mul_:0", "/sum:0"),
    ("/sum:0", "output:0"),
}


def writes_through_a_view(self: Any, x: Any) -> Any:
    h = self.layer(x)
    h[:, 1:].mul_(2)
    return h.sum()


def case(only: bool = True) -> Case:
    model = Runs(writes_through_a_view, layer=nn.Linear(4, 4))
    return Case(model, torch.ones(2, 4), edges=EDGES, only=only)


class Counting(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.append(getattr(func, "__name__", "?"))
        return func(*args, **(kwargs or {}))


class CountingBelow(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


@contextmanager
def profiling() -> Iterator[None]:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]):
        yield


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "around",
    [
        torch.no_grad,
        torch.inference_mode,
        torch.autograd.detect_anomaly,
        torch.autograd.graph.save_on_cpu,
        lambda: torch.device("cpu"),
        lambda: torch.autocast("cpu", torch.bfloat16),
        lambda: FlopCounterMode(display=False),
        CountingBelow,
        Counting,
        profiling,
    ],
    ids=lambda around: getattr(around, "__name__", None),
)
def test_contexts_of_torch(around: Callable[[], AbstractContextManager[Any]]) -> None:
    with around():
        check(case())


def test_a_function_mode_of_the_user_sees_the_same_as_without_the_trace() -> None:
    model, x = Runs(writes_through_a_view, layer=nn.Linear(4, 4)), torch.ones(2, 4)
    with Counting() as plain:
        model(x)
    with Counting() as traced:
        ta.trace(model, x)
    assert set(plain.seen) <= set(traced.seen)


def test_global_hooks_of_the_user_run_and_stay() -> None:
    seen = []
    handle = register_module_forward_hook(lambda module, *_: seen.append(type(module).__name__))
    try:
        check(case())
        assert seen[:2] == ["Linear", "Runs"]
        Runs(writes_through_a_view, layer=nn.Linear(4, 4))(torch.ones(2, 4))
        assert seen[-2:] == ["Linear", "Runs"]
    finally:
        handle.remove()


def test_gradients_that_were_there_stay_and_backward_works_afterwards() -> None:
    made = case()
    made.model(made.args).backward()
    assert all(p.grad is not None for p in made.model.parameters())
    before = [p.grad.clone() for p in made.model.parameters()]
    check(made)
    made.model(made.args).backward()
    for parameter, gradient in zip(made.model.parameters(), before, strict=True):
        assert torch.equal(parameter.grad, 2 * gradient)


def test_backward_inside_forward_leaves_no_gradient() -> None:
    """Test-time training: forward takes a step of its own."""

    def forward(self: Any, x: Any) -> Any:
        with torch.enable_grad():
            self.layer(x).sum().backward()
        return self.layer(x) - self.layer.weight.grad.sum()

    model = Runs(forward, layer=nn.Linear(4, 4))
    x = torch.ones(2, 4)
    before = Snapshot(model, x)
    traced = ta.trace(model, x)
    before.assert_same(Snapshot(model, x))
    assert traced.error is None
    assert ("layer#1/linear:0", "/sub:0") in edges_of(traced.graph)
    assert all(p.grad is None for p in model.parameters())


def test_outputs_are_those_of_an_untraced_pass_bit_for_bit() -> None:
    """Random layers too: the trace runs under the same generator and gives it back."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.BatchNorm1d(4)).train()
    x = torch.randn(8, 4)
    torch.manual_seed(3)
    plain = model(x).detach()
    torch.manual_seed(3)
    ta.trace(model, x)
    model[2].reset_running_stats()
    assert torch.equal(model(x).detach(), plain)
