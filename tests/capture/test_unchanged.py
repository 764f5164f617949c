"""Whatever is measured, the model, its gradients and the random generators are as before."""

from __future__ import annotations

import copy
import gc
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


def test_an_input_that_is_written_to_under_gradients_is_no_part_of_a_graph_afterwards() -> None:
    class Writes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.full((3,), 2.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mul_(self.weight)

    x = torch.ones(3)
    traced = trace(Writes(), x)
    assert traced.error is None
    assert (x.tolist(), x.requires_grad, x.grad_fn, x._version) == ([1.0] * 3, False, None, 0)
    assert traced.verify().ok


def sparse() -> torch.Tensor:
    return torch.eye(3).to_sparse()


@pytest.mark.parametrize("make", [sparse, lambda: torch.full((3,), float("nan"))])
def test_buffers_of_any_kind_leave_the_others_as_they_were(
    make: Callable[[], torch.Tensor],
) -> None:
    model = nn.Sequential(nn.BatchNorm1d(3))
    model.register_buffer("odd", make())
    before, version = model[0].running_mean.clone(), model.odd._version
    trace(model, torch.randn(4, 3))
    assert torch.equal(model[0].running_mean, before)
    assert model.odd._version == version


def test_a_backward_that_was_pending_still_runs() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    loss = model(torch.randn(4, 3)).sum()
    trace(model, torch.randn(4, 3))
    loss.backward()
    assert model[0].weight.grad is not None


class Does(nn.Module):
    """Runs a function as its forward."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, *args: Any) -> Any:
        return self._forward(self, *args)


def set_data(_: Any, x: torch.Tensor) -> torch.Tensor:
    x.data = x.data * 2
    return x


@pytest.mark.parametrize(
    "forward",
    [
        lambda _, x: x.unsqueeze_(0) * 2,
        lambda _, x: x.requires_grad_(True) * 2,
        lambda _, x: x.requires_grad_(True).pow(2).sum().backward(),
        set_data,
    ],
)
def test_an_input_comes_back_with_shape_gradient_and_values(forward: Callable[..., Any]) -> None:
    x = torch.randn(3, 4)
    values = x.clone()
    assert trace(Does(forward).eval(), x).error is None
    assert (x.shape, x.requires_grad, x.grad) == ((3, 4), False, None)
    assert torch.equal(x, values)


def test_the_history_of_an_input_is_not_touched() -> None:
    weight = torch.ones(2, requires_grad=True)
    x = weight * 2
    trace(Does(lambda _, x: x.mul_(3) + 1), x)
    x.sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [2.0, 2.0]


def test_parameters_keep_their_data_and_their_need_of_a_gradient() -> None:
    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        self.layer.weight.data = self.layer.weight.data * 2
        self.layer.requires_grad_(False)
        return self.layer(x)

    model = Does(forward, layer=nn.Linear(3, 3))
    weight = model.layer.weight.detach().clone()
    trace(model, torch.ones(1, 3))
    assert torch.equal(model.layer.weight, weight)
    assert model.layer.weight.requires_grad


def test_what_forward_registers_is_taken_out_again() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = None

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.fc is None:
                self.fc = nn.Linear(3, 2)
                self.register_forward_hook(lambda *_: None)
            return self.fc(x)

    model = Late()
    assert trace(model, torch.ones(1, 3)).verify().ok
    assert model.fc is None
    assert list(model.state_dict()) == []
    assert len(model._forward_hooks) == 0


def test_a_sentinel_is_handed_over_itself() -> None:
    default = object()

    class Asks(nn.Module):
        def forward(self, x: torch.Tensor, mask: Any = default) -> torch.Tensor:
            return x + 1 if mask is default else x * 2

    assert "/add:0" in trace(Asks(), torch.ones(2), {"mask": default}).graph.nodes


def test_traces_that_overlap_leave_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    inner = Does(lambda _, x: x + 1)
    outer = Does(lambda _, x: (trace(inner, x.detach()), gc.get_threshold()[0], x * 2)[2])
    trace(outer, torch.ones(2))
    assert gc.get_threshold() == before


def test_verification_runs_in_the_mode_and_autocast_of_the_trace() -> None:
    model, x = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)).train(), torch.ones(2, 4)
    with torch.autocast("cpu", torch.bfloat16):
        traced = trace(model, x)
    model.eval()
    assert traced.graph.nodes["0"].outputs[0].dtype == "bfloat16"
    assert traced.verify().ok
    assert not model.training


def test_a_parameter_that_forward_turns_into_a_buffer_is_one_again() -> None:
    class Fuses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            weight = self._parameters.pop("w", None)
            if weight is not None:
                self.register_buffer("fused", weight.detach())
            return x * self.fused

    model = Fuses()
    trace(model, torch.ones(2))
    assert list(model.state_dict()) == ["w"]
    assert isinstance(model.w, nn.Parameter)


def test_weights_and_buffers_lie_in_memory_as_before() -> None:
    square = torch.arange(4.0).view(2, 2)

    class Turns(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(square.clone())
            self.register_buffer("turned", square.clone())
            self.register_buffer("halved", square.clone())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.w.data = self.w.data.t()
            self.turned.t_()
            self.halved.data = self.halved.half()
            return x @ self.w + self.turned + self.halved

    model = Turns()
    trace(model, torch.ones(2, 2))
    for tensor in (model.w, model.turned, model.halved):
        assert torch.equal(tensor, square)
        assert (tensor.dtype, tensor.stride()) == (torch.float32, (2, 1))
