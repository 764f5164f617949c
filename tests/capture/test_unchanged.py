"""Whatever is measured, the model, its gradients and the random generators are as before."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.module import _global_forward_hooks, _global_forward_pre_hooks

from torchatlas.capture.batches import Batches
from torchatlas.capture.evaluate import evaluate_split
from torchatlas.capture.observe import observe
from torchatlas.capture.profile import forward_times
from torchatlas.capture.trace import trace
from torchatlas.errors import CaptureError


class Net(nn.Module):
    """Everything that a pass can change: BatchNorm, dropout, spectral norm, a mixed mode."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.first = torch.nn.utils.parametrizations.spectral_norm(nn.Linear(4, 8))
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(8, 3)
        self.fails = fails
        self.norm.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.last(self.drop(self.norm(self.first(x)).relu()))
        if self.fails:
            raise ValueError("fails on purpose")
        return x


def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(12, 4, generator=generator)
    return inputs, torch.randint(0, 3, (12,), generator=generator)


def measure_trace(model: nn.Module) -> None:
    trace(model, data()[0])


def measure_observe(model: nn.Module) -> None:
    batches = Batches(data(), model)
    observe(model, batches, trace(model, batches.first().args).graph)


def measure_evaluate(model: nn.Module) -> None:
    evaluate_split(model, Batches(data(), model))


def measure_times(model: nn.Module) -> None:
    forward_times(model, Batches(data(), model).first(), steps=1)


def state_of(model: nn.Module) -> dict[str, Any]:
    return {
        "flags": [module.training for module in model.modules()],
        "values": copy.deepcopy(model.state_dict()),
        "gradients": {
            n: None if p.grad is None else p.grad.clone() for n, p in model.named_parameters()
        },
        "gradient_objects": [id(p.grad) for p in model.parameters()],
        "hooks": [
            (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks))
            for m in model.modules()
        ],
        "global_hooks": (len(_global_forward_hooks), len(_global_forward_pre_hooks)),
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state()[1].copy(),
        "python": random.getstate(),
        "grad_mode": torch.is_grad_enabled(),
    }


def assert_same(before: Any, after: Any) -> None:
    if isinstance(before, dict):
        assert before.keys() == after.keys()
        for key in before:
            assert_same(before[key], after[key])
    elif isinstance(before, torch.Tensor):
        assert torch.equal(before, after)
    elif isinstance(before, np.ndarray):
        assert np.array_equal(before, after)
    else:
        assert before == after


MEASUREMENTS = [measure_trace, measure_observe, measure_evaluate, measure_times]


@pytest.mark.parametrize("measure", MEASUREMENTS)
@pytest.mark.parametrize("training", [True, False])
def test_the_model_comes_back_as_it_was(
    measure: Callable[[nn.Module], None], training: bool
) -> None:
    torch.manual_seed(1)
    model = Net()
    if not training:
        model.eval()
    model(data()[0]).sum().backward()
    before = state_of(model)
    measure(model)
    assert_same(before, state_of(model))


@pytest.mark.parametrize("measure", MEASUREMENTS)
def test_also_when_the_model_raises(measure: Callable[[nn.Module], None]) -> None:
    torch.manual_seed(1)
    model = Net(fails=True)
    before = state_of(model)
    if measure in (measure_evaluate, measure_times):
        with pytest.raises((ValueError, CaptureError), match="fails on purpose"):
            measure(model)
    else:  # these keep the exception and what was seen before it
        measure(model)
    assert_same(before, state_of(model))


def test_outputs_are_bit_identical_after_being_measured() -> None:
    torch.manual_seed(1)
    model, (inputs, _) = Net().eval(), data()
    before = model(inputs)
    for measure in MEASUREMENTS:
        measure(model)
    assert torch.equal(before, model(inputs))


class Grows(nn.Module):
    """Sets a buffer that was None, and resizes another in place."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("seen", None)
        self.register_buffer("cache", torch.zeros(2))
        self.last = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen = x.mean(0)
        self.cache.resize_(5)
        return self.last(self.norm(x))


@pytest.mark.parametrize("measure", MEASUREMENTS)
def test_buffers_that_appear_or_grow_are_put_back(measure: Callable[[nn.Module], None]) -> None:
    model = Grows()
    before = copy.deepcopy(model.state_dict())
    measure(model)
    assert_same(before, model.state_dict())
    assert model.seen is None


def test_what_modules_keep_as_attributes_is_as_before() -> None:
    class Keeps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls, self.cache, self.seen, self.spare = 0, {"a": 1}, [1], set[int]()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            self.cache["b"] = x
            self.seen.append(2)
            self.spare.add(3)
            self.scale = x.sum()
            return x * self.scale

    model = Keeps()
    cache, seen = model.cache, model.seen
    traced = trace(model, torch.ones(3))
    assert (model.calls, model.cache, model.seen, model.spare) == (0, {"a": 1}, [1], set())
    assert model.cache is cache
    assert model.seen is seen
    assert not hasattr(model, "scale")
    assert traced.verify().ok


class Rescales(nn.Module):
    """Halves its weight at its first call, and notes that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.rescaled = nn.Parameter(torch.ones(3)), False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.rescaled:
            with torch.no_grad():
                self.weight.div_(2)
            self.rescaled = True
        return x * self.weight


def test_a_weight_that_forward_writes_to_agrees_with_what_the_model_noted_of_it() -> None:
    model, x = Rescales(), torch.ones(1, 3)
    version = model.weight._version
    assert trace(model, x).verify().ok
    assert (model.weight.tolist(), model.rescaled) == ([1.0, 1.0, 1.0], False)
    assert model.weight._version == version
    forward_times(model, Batches(x, model).first(), steps=1)
    assert (model.weight.tolist(), model.rescaled) == ([0.5, 0.5, 0.5], True)
    assert torch.equal(model(x), torch.full((1, 3), 0.5))
