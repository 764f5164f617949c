"""Runs a model once and writes down what it did: the architecture graph."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
    UnsupportedOperatorException,
)
from torch.nn.parameter import UninitializedParameter

from torchatlas.capture.backward import backward_graph
from torchatlas.capture.losses import Loss
from torchatlas.capture.members import Members
from torchatlas.capture.tensors import map_tensors
from torchatlas.capture.tracer import AtenListener, Level, Tracer, compiler_is_loaded
from torchatlas.capture.unchanged import Arguments, unchanged
from torchatlas.capture.verify import Tape, Verification, judge
from torchatlas.errors import CaptureError
from torchatlas.run import CaptureReport, Graph

Mode = Literal["real", "fake", "auto"]

_NEEDS_VALUES = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """One recorded pass through a model.

    Attributes:
        graph: the architecture graph; partial when forward raised.
        error: the exception that forward raised, untouched; None when it ran through.
    """

    graph: Graph
    error: Exception | None = None
    _again: _Pass | None = field(default=None, repr=False, compare=False)

    def verify(self) -> Verification:
        """Do the recorded ops, run again from inputs and parameters alone, give the same outputs?

        The model runs once more under the same random state, and its aten ops are written down.
        Those that the edges of the graph lead to the outputs are then executed by themselves, and
        what comes out is compared with what the model returned: bit for bit, else within the
        tolerance of the dtype. The edges are also held against the bytes of memory that each aten
        op read and wrote: what an op reads must be led to it from the node that left it there, and
        an edge must stand for something that was handed over. Values that left for the host and
        came back are taken as they were; so are tensors that no op made.

        Returns:
            `ok`, `max_abs_diff` (in the unit of the outputs), `compared` (tensors) and `reason`.
        """
        if self._again is None:
            return Verification(False, None, 0, "there is nothing to run again: no model")
        return self._again.verify(self)

    def backward(self, loss: Loss | None = None, targets: Any = None) -> Graph:
        """What autograd would do on the way back: its steps, what each goes back through and keeps.

        The model runs once more under the same random state, with gradients on. Backward itself
        does not run: nothing is added to `.grad`, and what autograd kept is let go again.

        Args:
            loss: `f(outputs, targets) -> scalar`. Left out, the gradients enter at the outputs.
            targets: what the loss is called with.

        Returns:
            A graph of its own. Nodes of kind "backward" are the steps (`grad_fn`), in the order in
            which they run and in the same module calls as the ops; `attributes["forward"]` is the
            id of the op in `.graph`. `AccumulateGrad` ends are `grad:` and the name of the
            parameter. `saved` lists what the steps keep for the way back.
            `capture.unreached_parameters` are those that no gradient reaches. Where nothing has
            a gradient the graph is empty and `capture.notes` says why.
        """
        if self._again is None:
            report = CaptureReport(notes=("there is nothing to run again: no model",))
            return Graph({}, (), report)
        return self._again.backward(self, loss, targets)


def _autocast_state() -> dict[str, tuple[bool, torch.dtype]]:
    """Where autocast is on, or was asked about: device, whether it is on, and its dtype."""
    kinds = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    return {
        kind: (torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in kinds
    }


@dataclass(slots=True)
class _Pass:
    """What it takes to run a traced pass again: model, inputs and random state."""

    model: nn.Module
    arguments: Arguments
    training: list[bool]
    level: Level
    fake: bool
    gradients: bool
    python_state: Any = field(default_factory=random.getstate)
    numpy_state: Any = field(default_factory=np.random.get_state)
    torch_state: torch.Tensor = field(default_factory=torch.get_rng_state)
    autocast: dict[str, tuple[bool, torch.dtype]] = field(default_factory=_autocast_state)

    def run(self, listener: AtenListener | None = None, members: Members | None = None) -> Tracer:
        """One pass; the model and its inputs are as before afterwards."""
        was_loaded = compiler_is_loaded()
        tracer = self._run_once(listener, members=members)
        if compiler_is_loaded() and not was_loaded:  # forward compiled something: not this time
            tracer = self._run_once(listener)
        return tracer

    def verify(self, trace: Trace) -> Verification:
        """See `Trace.verify`."""
        if self.fake:
            why = "it was traced on fake tensors, which have no values; trace with mode='real'"
            return Verification(False, None, 0, why)
        if trace.error is not None:
            return Verification(False, None, 0, f"forward raised: {trace.graph.capture.error}")
        tape = Tape(self.model)
        tracer = self.run(tape)
        return judge(trace.graph, tracer, tape)

    def backward(self, trace: Trace, loss: Loss | None, targets: Any) -> Graph:
        """See `Trace.backward`."""
        graphs: list[Graph] = []

        def look(tracer: Tracer) -> None:
            graphs.append(backward_graph(tracer, loss, targets))

        with torch.inference_mode(False):
            self._run_once(None, look, gradients=True)
        return _with_missing_ops_noted(graphs[0], trace.graph)

    def _run_once(
        self,
        listener: AtenListener | None,
        look: Callable[[Tracer], None] | None = None,
        *,
        gradients: bool | None = None,
        members: Members | None = None,
    ) -> Tracer:
        """One pass; `look` sees it before anything is put back."""
        with unchanged(self.model, members=members) as members, ExitStack() as stack:
            wanted = self.gradients if gradients is None else gradients
            stack.enter_context(torch.set_grad_enabled(wanted))
            for device, (enabled, dtype) in self.autocast.items():
                stack.enter_context(torch.autocast(device, dtype, enabled=enabled))
            for module, flag in zip(members.modules.values(), self.training, strict=False):
                if module.training is not flag:
                    module.training = flag
            random.setstate(self.python_state)
            np.random.set_state(self.numpy_state)
            torch.set_rng_state(self.torch_state)
            args, kwargs = self.arguments.fresh()
            if self.fake:
                faking = stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
                faker = _Faker(members, faking)
                args, kwargs = _made_fake((args, kwargs), faker)
                stack.enter_context(faker.weights(members))
                members = Members.of(self.model)  # with the fake parameters
            tracer = Tracer(self.model, level=self.level, listener=listener, members=members)
            if isinstance(listener, Tape):
                listener.start(args, kwargs)
            try:
                tracer.run(args, kwargs)
                if isinstance(listener, Tape):
                    listener.stop(tracer.outputs, copy=tracer.writes.used)
                if look is not None:
                    look(tracer)
            finally:
                tracer.writes.restore()
        return tracer


def _made_fake(value: Any, faker: _Faker) -> Any:
    try:
        return map_tensors(value, faker)
    except TypeError as error:
        raise CaptureError(f"{error}; trace with mode='real'") from error


class _Faker:
    """Makes a fake tensor of a real one, where the model's parameters are."""

    def __init__(self, members: Members, mode: FakeTensorMode) -> None:
        self.mode = mode
        # fake tensors keep their device and must meet
        self.place = "meta" if members.on_meta else None

        self.made: dict[int, torch.Tensor] = {}

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        return self.mode.from_tensor(tensor.to(self.place))

    @contextmanager
    def weights(self, members: Members) -> Iterator[None]:
        """Have fake parameters and buffers in the model, so that writes to them are seen."""
        held: list[tuple[Any, dict[str, Any]]] = [
            (own, dict(own))
            for module in members.modules.values()
            if not isinstance(module, torch.jit.ScriptModule)
            for own in (module._parameters, module._buffers)
        ]
        try:
            for own, _ in held:
                for name, tensor in own.items():
                    if tensor is not None:
                        own[name] = self._once(tensor)
            yield
        finally:
            for own, before in held:
                own.clear()
                own.update(before)

    def _once(self, tensor: torch.Tensor) -> torch.Tensor:
        """One fake tensor for each, so that tied weights stay tied."""
        if id(tensor) not in self.made:
            self.made[id(tensor)] = self.mode.from_tensor(tensor)
        return self.made[id(tensor)]


def trace(
    model: nn.Module,
    args: Any = (),
    kwargs: dict[str, Any] | None = None,
    *,
    mode: Mode = "auto",
    level: Level = "user",
) -> Trace:
    """Run the model once and return its architecture graph.

    The model, its inputs and the random generators are as before afterwards. A model in evaluation
    mode runs without gradients, as it would when it is used, so that no activation is kept; where
    forward then raises, because it needs gradients itself, it runs again with them.

    Args:
        args: positional arguments of the model, as `torch.export.export` takes them: a tuple (a
            single tensor is taken as its only argument).
        kwargs: keyword arguments of the model.
        mode: "real" runs on the values given, "fake" without computing or allocating any, "auto"
            takes fake when a parameter is on the meta device and real otherwise. Where control
            flow asks for values, fake falls back to real and `graph.capture.notes` says so.
        level: "user" shows the ops as they were written, with the aten ops beneath them;
            "executed" shows each aten op that ran, with torch's fused paths on.

    Returns:
        The trace. When the model raises, the graph up to there is kept: `graph.capture` names
        the failing node and `error` holds the exception. It keeps the model and the inputs, so
        that `.verify()` can run them again.

    Raises:
        CaptureError: `model` is no module, or the mode or level is unknown.
    """
    model = check_model(model)
    if mode not in ("real", "fake", "auto"):
        raise CaptureError(f"mode is 'real', 'fake' or 'auto', not {mode!r}")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise CaptureError(
            f"kwargs is a {type(kwargs).__name__}; keyword arguments are a dict of name and value"
        )
    if level not in ("user", "executed"):
        raise CaptureError(f"level is 'user' or 'executed', not {level!r}")
    if not isinstance(args, tuple):
        args = (args,)
    members = Members.of(model)
    fake = mode == "fake" or (mode == "auto" and members.on_meta)
    gradients = torch.is_grad_enabled()
    training = [module.training for module in members.modules.values()]
    inference = gradients and not any(training)
    arguments = Arguments(members, args, kwargs or {})
    again = _Pass(model, arguments, training, level, fake, gradients and not inference)
    with _garbage_collected_rarely():
        tracer, note = again.run(members=members), None
        if inference and tracer.error is not None:  # forward itself may need gradients (a force)
            again.gradients = True
            tracer = again.run()
        if fake and isinstance(tracer.error, _NEEDS_VALUES) and not members.on_meta:
            note = f"traced with real values: fake tensors have none, {tracer.failed} asks for them"
            again.fake = False
            tracer = again.run()
        return Trace(_with_note(tracer.graph(), note), tracer.error, again)


def check_model(model: Any) -> nn.Module:
    """The module to be measured: what was handed over, without the wrapper of torch.compile.

    Raises:
        CaptureError: it is no module, or one whose parameters have no shape yet.
    """
    if not isinstance(model, nn.Module):
        raise CaptureError(
            f"the model is a {type(model).__name__}, not a torch.nn.Module; "
            "hand over the module itself, not its class or its state_dict"
        )
    inner = getattr(model, "_orig_mod", model)
    assert isinstance(inner, nn.Module)
    for name, parameter in Members.of(inner).parameters.items():
        if isinstance(parameter, UninitializedParameter):
            raise CaptureError(
                f"{name} has no shape yet (a lazy module); run one batch through the model first"
            )
    return inner


def _with_missing_ops_noted(backward: Graph, forward: Graph) -> Graph:
    through = {node.attributes.get("forward") for node in backward.nodes.values()}
    missing = sorted(str(node_id) for node_id in through - {None} if node_id not in forward.nodes)
    if not missing:
        return backward
    note = (
        "with gradients on, forward ran ops that the traced pass did not (it was traced with them "
        f"off, or it does not always do the same): {', '.join(missing[:3])}"
    )
    return _with_note(backward, f"{note} and {len(missing) - 3} more" if missing[3:] else note)


@contextmanager
def _garbage_collected_rarely() -> Iterator[None]:
    """The graph is many small objects that stay: looking through all of them again is slow.

    Of traces that overlap in several threads, the first raises the thresholds and the last one
    puts them back.
    """
    with _GC_LOCK:
        if not _gc_before:
            before = gc.get_threshold()
            gc.set_threshold(max(before[0], 100_000) if before[0] else 0, 50, 1_000)
        else:
            before = _gc_before[-1]
        _gc_before.append(before)
    try:
        yield
    finally:
        with _GC_LOCK:
            _gc_before.pop()
            if not _gc_before:
                gc.set_threshold(*before)


_GC_LOCK = threading.Lock()
_gc_before: list[tuple[int, int, int]] = []


def _with_note(graph: Graph, note: str | None) -> Graph:
    if note is None:
        return graph
    report: CaptureReport = graph.capture
    return replace(graph, capture=replace(report, notes=(note, *report.notes)))
