"""Measures how long each node of the forward pass takes, with as little in the way as can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from torchatlas.capture.batches import Batch
from torchatlas.capture.calls import Call, CallStack
from torchatlas.capture.op_names import op_name
from torchatlas.capture.tensors import tensors_in
from torchatlas.capture.unchanged import unchanged

Times = dict[str, list[tuple[Any, Any]]]
"""Start and end marks of every call, by node id."""


def forward_times(
    model: nn.Module, batch: Batch, steps: int = 3, *, dispatched: bool = False
) -> dict[str, float]:
    """Median seconds of each module call and op, by node id; a module's include its children's.

    One pass warms up. Modules are timed in passes with module hooks alone, ops in passes of their
    own, so that timing the ops does not slow the modules down. Gradients are off.

    Args:
        steps: passes of each kind that are timed.
        dispatched: time aten ops outside any op that the user wrote as well (of TorchScript and
            vmap, say), in a third kind of pass, which slows the others too much to be shared.
    """
    model = getattr(model, "_orig_mod", model)
    clock = _Clock(batch)
    modules: dict[str, list[float]] = defaultdict(list)
    ops: dict[str, list[float]] = defaultdict(list)
    loose: dict[str, list[float]] = defaultdict(list)
    with unchanged(model, training=False), torch.no_grad():
        for step in range(steps + 1):
            timed: list[tuple[_Timer, dict[str, list[float]]]] = [
                (_ModuleTimer(model, clock), modules),
                (_OpTimer(model, clock), ops),
            ]
            if dispatched:
                timed.append((_DispatchedTimer(model, clock), loose))
            for timer, found in timed:
                with timer.running(), torch.compiler.set_stance("force_eager"):
                    model(*batch.args, **batch.kwargs)
                if step > 0:
                    for node_id, seconds in clock.seconds(timer.times).items():
                        found[node_id].append(seconds)
    return {node_id: median(seconds) for node_id, seconds in {**loose, **ops, **modules}.items()}


class _Clock:
    """Marks moments on the device that does the work: CUDA events, else the processor's clock."""

    def __init__(self, batch: Batch) -> None:
        self.cuda = any(tensor.is_cuda for tensor in tensors_in((batch.args, batch.kwargs)))

    def mark(self) -> Any:
        """A moment, to be read with `seconds` after the pass."""
        if not self.cuda:
            return perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event

    def seconds(self, times: Times) -> dict[str, float]:
        """Seconds between the marks, summed over the calls of a node."""
        if self.cuda:
            torch.cuda.synchronize()
            return {
                node_id: sum(start.elapsed_time(end) for start, end in marks) / 1e3
                for node_id, marks in times.items()
            }
        return {
            node_id: sum(end - start for start, end in marks) for node_id, marks in times.items()
        }


class _Timer:
    """One timed pass."""

    def __init__(self, model: nn.Module, clock: _Clock) -> None:
        self.calls = CallStack(model.named_modules())
        self.clock = clock
        self.times: Times = defaultdict(list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Follow the calls of this pass."""
        with self.calls.watching(self):
            yield

    def entered(self, call: Call, args: tuple[Any, ...]) -> None:
        """A module call begins."""

    def left(self, call: Call, kwargs: dict[str, Any], outputs: Any) -> None:
        """A module call ends."""


class _ModuleTimer(_Timer):
    """Times module calls."""

    def __init__(self, model: nn.Module, clock: _Clock) -> None:
        super().__init__(model, clock)
        self._starts: list[Any] = []

    def entered(self, call: Call, args: tuple[Any, ...]) -> None:  # noqa: ARG002
        self._starts.append(self.clock.mark())

    def left(self, call: Call, kwargs: dict[str, Any], outputs: Any) -> None:  # noqa: ARG002
        self.times[call.id].append((self._starts.pop(), self.clock.mark()))


class _OpTimer(_Timer):
    """Times the ops that the user wrote."""

    @contextmanager
    def running(self) -> Iterator[None]:
        with super().running(), _OpWatcher(self):
            yield


class _OpWatcher(TorchFunctionMode):
    def __init__(self, timer: _OpTimer) -> None:
        super().__init__()
        self.timer = timer

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = op_name(func)
        if name is None:
            return func(*args, **(kwargs or {}))
        node_id = self.timer.calls.op_id(name)
        start = self.timer.clock.mark()
        out = func(*args, **(kwargs or {}))
        self.timer.times[node_id].append((start, self.timer.clock.mark()))
        return out


class _DispatchedTimer(_Timer):
    """Times the aten ops that no op of the user's holds, under the names that the tracer gives."""

    @contextmanager
    def running(self) -> Iterator[None]:
        with super().running(), _DispatchWatcher(self) as aten, _UserOps(self, aten):
            yield


class _UserOps(TorchFunctionMode):
    """Knows when an op of the user's runs, and counts it so that ids come out the same."""

    def __init__(self, timer: _DispatchedTimer, aten: _DispatchWatcher) -> None:
        super().__init__()
        self.timer, self.aten = timer, aten

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = op_name(func)
        if name is None:
            return func(*args, **(kwargs or {}))
        self.timer.calls.op_id(name)
        outer, self.aten.inside = self.aten.inside, True
        try:
            return func(*args, **(kwargs or {}))
        finally:
            self.aten.inside = outer


class _DispatchWatcher(TorchDispatchMode):
    def __init__(self, timer: _DispatchedTimer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.timer, self.inside = timer, False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.inside:
            return func(*args, **(kwargs or {}))
        node_id = self.timer.calls.op_id(str(func.overloadpacket))
        start = self.timer.clock.mark()
        out = func(*args, **(kwargs or {}))
        self.timer.times[node_id].append((start, self.timer.clock.mark()))
        return out
