"""Runs a model once and writes down what it did: the architecture graph.

A `TorchFunctionMode` sees the ops as the user wrote them, with file and line; a
`TorchDispatchMode` beneath it sees what truly ran, writes in place and FLOPs included; global
module hooks give the groups. Only weak references to tensors are kept.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.parameter import UninitializedParameter
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from torchatlas.capture.builder import Draft, GraphBuilder, op_attributes
from torchatlas.capture.calls import Call, CallStack, user_source
from torchatlas.capture.flops import count_flops
from torchatlas.capture.tensors import map_tensors, named_tensors, tensor_spec, tensors_in
from torchatlas.capture.unchanged import unchanged
from torchatlas.errors import CaptureError
from torchatlas.run import ROOT, CaptureReport, Graph

Mode = Literal["real", "fake", "auto"]
OnOutput = Callable[[str, list[torch.Tensor]], None]
"""Told of each node that returned tensors, while they still hold what it returned."""

_READS_VALUES = {"item", "tolist", "numpy", "__array__", "array", "bool", "int", "float"}
_READS_A_TENSOR = {"T", "H", "mT", "mH", "real", "imag", "data"}
"""Tensor properties that give a tensor; the others give facts about one."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One recorded pass through a model.

    Attributes:
        graph: the architecture graph; partial when forward raised.
        error: the exception that forward raised, untouched; None when it ran through.
    """

    graph: Graph
    error: Exception | None = None


def trace(
    model: nn.Module,
    args: Any = (),
    kwargs: dict[str, Any] | None = None,
    *,
    mode: Mode = "auto",
) -> Trace:
    """Run the model once and return its architecture graph.

    Args:
        args: positional arguments of the model, as `torch.export.export` takes them: a tuple (a
            single tensor is taken as its only argument).
        kwargs: keyword arguments of the model.
        mode: "real" runs on the values given, "fake" without computing or allocating any, "auto"
            takes fake when a parameter is on the meta device and real otherwise.

    Returns:
        The trace. When the model raises, the graph up to there is kept: `graph.capture` names
        the failing node and `error` holds the exception.

    Raises:
        CaptureError: `model` is no module, or the mode is unknown.
    """
    model = check_model(model)
    if mode not in ("real", "fake", "auto"):
        raise CaptureError(f"mode is 'real', 'fake' or 'auto', not {mode!r}")
    if not isinstance(args, tuple):
        args = (args,)
    on_meta = any(parameter.is_meta for parameter in model.parameters())
    fake = mode == "fake" or (mode == "auto" and on_meta)
    tracer = Tracer(model)
    with unchanged(model), ExitStack() as stack:
        if fake:
            faking = stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
            place = "meta" if on_meta else None  # fake tensors keep their device and must meet
            args, kwargs = map_tensors(
                (args, kwargs or {}), lambda tensor: faking.from_tensor(tensor.to(place))
            )
        error = tracer.run(args, kwargs or {})
    return Trace(tracer.graph(), error)


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
    lazy = [n for n, p in model.named_parameters() if isinstance(p, UninitializedParameter)]
    if lazy:
        raise CaptureError(
            f"{lazy[0]} has no shape yet (a lazy module); run one batch through the model first"
        )
    inner = getattr(model, "_orig_mod", model)
    assert isinstance(inner, nn.Module)
    return inner


class Tracer:
    """Follows one forward pass; `on_output` may look at every tensor as it is made."""

    def __init__(self, model: nn.Module, on_output: OnOutput | None = None) -> None:
        self.model = getattr(model, "_orig_mod", model)  # torch.compile wraps the module
        self.calls = CallStack(self.model)
        self.builder = GraphBuilder(self.model)
        self.op: Draft | None = None
        self._failures: list[tuple[BaseException, str]] = []
        self.error: Exception | None = None
        self.outputs: Any = None
        self._on_output = on_output
        self._looking = False
        self._exception_before = sys.exception()

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception | None:
        """One forward pass; `outputs` holds what it returned. Gives the exception it raised."""
        self._add_inputs(args, kwargs)
        with (
            torch.compiler.set_stance("force_eager"),
            self.calls.watching(self),
            _DispatchWatcher(self),
            _FunctionWatcher(self),
        ):
            try:
                self.outputs = self.model(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 (kept, shown, and handed back as it is)
                self.error = error
        if self.error is None:
            self._add_outputs()
        return self.error

    def graph(self) -> Graph:
        """What was seen so far."""
        unlinked = tuple(self._unlinked()) if self.error is None else ()
        error = f"{type(self.error).__name__}: {self.error}" if self.error else None
        report = CaptureReport(
            status="partial" if self.error or unlinked else "complete",
            error=error,
            failed_node=self.failed,
            unlinked=unlinked,
            notes=tuple(self._notes()),
        )
        return self.builder.graph(report)

    def entered(self, call: Call, args: tuple[Any, ...]) -> None:
        """A module call begins."""
        stack = self.calls.stack
        parent = stack[-2].id if len(stack) > 1 else (ROOT if call.id != ROOT else None)
        with torch._C.DisableTorchFunction():
            draft = self.builder.add_module(call, parent)
            draft.inputs = [tensor_spec(tensor) for tensor in tensors_in(args)]
        call.id = draft.id

    def left(self, call: Call, kwargs: dict[str, Any], outputs: Any) -> None:
        """A module call ends; outputs are None when it raised."""
        draft = self.builder.drafts[call.id]
        raised = sys.exception()
        if raised is not None and raised is not self._exception_before:
            self._remember_failure(raised, call.id)
        with torch._C.DisableTorchFunction():
            tensors = tensors_in(outputs)
            draft.inputs += [tensor_spec(tensor) for tensor in tensors_in(kwargs)]
            draft.outputs = [tensor_spec(tensor) for tensor in tensors]
            if tensors and next(reversed(self.builder.drafts)) == call.id:
                self._add_identity(call, draft, tensors)
            if tensors:
                self._tell(call.id, tensors)

    def user_op(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op as the user wrote it and note it, unless it only asked for a fact."""
        call = self.calls.current
        draft = Draft(self.calls.op_id(name), "op", name, name, _parent(call), user_source())
        sources = self.builder.sources_of(
            draft, _distinct(tensors_in(args) + tensors_in(kwargs)), call
        )
        outer, self.op = self.op, draft
        try:
            out = func(*args, **kwargs)
        except Exception as error:
            self._note_failure(draft, sources, error)
            raise
        finally:
            self.op = outer
        if name in _READS_VALUES:
            self.builder.read_on_host.add(name)
        self._note_result(draft, sources, tensors_in(out))
        return out

    def aten_op(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an aten op and credit it to the user's op, or note it as a node of its own."""
        if self._looking:
            return op(*args, **kwargs)
        draft, sources = self.op, None
        if draft is None:  # vmap, TorchScript, custom ops: nothing at user level
            call, name = self.calls.current, str(op.overloadpacket)
            draft = Draft(self.calls.op_id(name), "op", name, name, _parent(call), user_source())
            sources = self.builder.sources_of(
                draft, _distinct(tensors_in(args) + tensors_in(kwargs)), call
            )
        try:
            out = op(*args, **kwargs)
        except Exception as error:
            if sources is not None:
                self._note_failure(draft, sources, error)
            raise
        if not draft.aten:
            draft.attributes |= op_attributes(op, args, kwargs)
        draft.aten.append(str(op))
        flops = count_flops(op, args, kwargs, out)
        if flops is not None:
            draft.flops = (draft.flops or 0.0) + flops
        for tensor in _written(op, args, kwargs):
            draft.wrote = True
            self.builder.makers.wrote(tensor, draft.id)
        if sources is not None:
            self._note_result(draft, sources, tensors_in(out))
        return out

    def _note_result(self, draft: Draft, sources: Any, outputs: list[torch.Tensor]) -> None:
        if not outputs and not draft.wrote:
            return
        self.builder.add(draft)
        self.builder.connect(draft, sources)
        draft.outputs = [tensor_spec(tensor) for tensor in outputs]
        for tensor in outputs:
            self.builder.makers.made(tensor, draft.id)
        if outputs:
            self._tell(draft.id, outputs)

    def _note_failure(self, draft: Draft, sources: Any, error: Exception) -> None:
        if all(error is not seen for seen, _ in self._failures):
            node_id = self.builder.add(draft).id
            self.builder.connect(draft, sources)
            self._remember_failure(error, node_id)

    def _remember_failure(self, error: BaseException, node_id: str) -> None:
        """The innermost node comes first, and the exception is handed up from there."""
        if all(error is not seen for seen, _ in self._failures):
            self._failures.append((error, node_id))

    @property
    def failed(self) -> str | None:
        """The node from which the exception came that ended the pass; not one that was caught."""
        error: BaseException | None = self.error
        while error is not None:
            for seen, node_id in self._failures:
                if seen is error:
                    return node_id
            error = error.__cause__ or error.__context__
        return None

    def _tell(self, node_id: str, tensors: list[torch.Tensor]) -> None:
        if self._on_output is None:
            return
        self._looking = True
        try:
            with torch._C.DisableTorchFunction():
                self._on_output(node_id, tensors)
        finally:
            self._looking = False

    def _add_identity(self, call: Call, module: Draft, tensors: list[torch.Tensor]) -> None:
        """Keep the edge through a module that ran no op, such as nn.Identity."""
        draft = Draft(self.calls.op_id("identity", call), "op", "identity", "identity", call.id)
        draft.source = module.source
        sources = self.builder.sources_of(draft, _distinct(tensors), call)
        self.builder.add(draft)
        self.builder.connect(draft, sources)
        draft.outputs = list(module.outputs)
        for tensor in tensors:
            self.builder.makers.made(tensor, draft.id)

    def _add_inputs(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        found = list(named_tensors(_by_argument(self.model, args, kwargs)))
        for path, tensor in found:
            name = ".".join(path)
            label = "input" if len(found) == 1 else name
            draft = Draft(f"input:{name}", "input", label, "input", ROOT)
            draft.attributes["argument"] = name
            draft.outputs = [tensor_spec(tensor)]
            self.builder.add(draft)
            self.builder.makers.made(tensor, draft.id)
            if self._on_output is not None:
                self._on_output(draft.id, [tensor])

    def _add_outputs(self) -> None:
        found = list(named_tensors(self.outputs))
        for path, tensor in found:
            name = ".".join(path) or "0"
            label = "output" if len(found) == 1 else name
            draft = Draft(f"output:{name}", "output", label, "output", ROOT)
            sources = self.builder.sources_of(draft, [tensor], None)
            self.builder.add(draft)
            self.builder.connect(draft, sources)
            draft.outputs = list(draft.inputs)

    def _unlinked(self) -> Iterator[str]:
        """Outputs that no input reaches."""
        drafts, after = self.builder.drafts, dict[str, list[str]]()
        for edge in self.builder.edges.values():
            after.setdefault(edge.source, []).append(edge.target)
        inputs = [draft.id for draft in drafts.values() if draft.kind == "input"]
        reached, stack = set(inputs), list(inputs)
        while stack:
            for target in after.get(stack.pop(), ()):
                if target not in reached:
                    reached.add(target)
                    stack.append(target)
        for draft in drafts.values():
            if inputs and draft.kind == "output" and draft.id not in reached:
                yield f"{draft.id}: no path of tensors leads to it from an input"

    def _notes(self) -> Iterator[str]:
        fused = (nn.TransformerEncoderLayer, nn.TransformerEncoder, nn.MultiheadAttention)
        if not self.model.training and any(isinstance(m, fused) for m in self.model.modules()):
            yield (
                "torch's fused path for nn.TransformerEncoder and nn.MultiheadAttention is off "
                "while tracing; the graph shows the separate ops that compute the same"
            )
        if self.builder.read_on_host:
            yield (
                f"values read on the host: {', '.join(sorted(self.builder.read_on_host))} "
                "(what follows from them has no edge)"
            )
        unused = [
            name for name, _ in self.model.named_parameters() if name not in self.builder.used
        ]
        if unused and self.error is None:
            yield f"parameters that no op used: {', '.join(unused)}"


class _FunctionWatcher(TorchFunctionMode):
    """Sees torch functions as the user called them."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self.tracer = tracer

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = op_name(func)
        if name is None:
            return func(*args, **(kwargs or {}))
        return self.tracer.user_op(name, func, args, kwargs or {})


class _DispatchWatcher(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees the aten ops that run."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tracer = tracer

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.tracer.aten_op(func, args, kwargs or {})


def op_name(func: Any) -> str | None:
    """The readable name of a torch function: `add` for `__radd__`; None for tensor properties."""
    name = getattr(func, "__name__", None) or type(func).__name__
    if name in ("__get__", "__set__"):
        owner = getattr(getattr(func, "__self__", None), "__name__", "")
        return owner if name == "__get__" and owner in _READS_A_TENSOR else None
    if name.startswith("__") and name.endswith("__"):
        plain = name[2:-2]
        return _DUNDER.get(plain, plain)
    return name


_DUNDER = {
    **{f"r{op}": op for op in ("add", "sub", "mul", "pow", "matmul", "and", "or", "xor")},
    "truediv": "div",
    "rtruediv": "div",
    "rdiv": "div",
    "floordiv": "floor_divide",
    "rfloordiv": "floor_divide",
    "mod": "remainder",
    "rmod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "invert": "bitwise_not",
    "idiv": "div_",
    "ipow": "pow_",
}


def _parent(call: Call | None) -> str:
    return call.id if call is not None else ROOT


def _distinct(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    return list({id(tensor): tensor for tensor in tensors}.values())


def _by_argument(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The inputs under the names of forward's arguments, `*args` and `**kwargs` spread out."""
    signature = inspect.signature(model.forward)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # forward will say so itself, in the words that people know
        return {str(position): value for position, value in enumerate(args)} | kwargs
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            named |= {f"{name}.{position}": item for position, item in enumerate(value)}
        elif kind is inspect.Parameter.VAR_KEYWORD:
            named |= value
        else:
            named[name] = value
    return named


@cache
def _mutable_arguments(op: Any) -> tuple[tuple[int, str], ...]:
    arguments = enumerate(op._schema.arguments)
    return tuple((i, a.name) for i, a in arguments if a.alias_info and a.alias_info.is_write)


def _written(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The tensors that an aten op changed in place, according to its schema."""
    given = (
        args[position] if position < len(args) else kwargs.get(name)
        for position, name in _mutable_arguments(op)
    )
    return [tensor for value in given for tensor in tensors_in(value)]
