"""Follows one forward pass and drafts the graph of it.

A `TorchFunctionMode` sees the ops as the user wrote them, with file and line; a
`TorchDispatchMode` beneath it sees what truly ran, writes in place and FLOPs included; global
module hooks give the groups. Only weak references to tensors are kept.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from typing import Any, Literal, Protocol

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from torchatlas.capture.aten_facts import AtenFacts, aten_facts
from torchatlas.capture.builder import Draft, GraphBuilder, op_attributes
from torchatlas.capture.calls import Call, CallStack, user_source
from torchatlas.capture.flops import count_flops
from torchatlas.capture.members import Members
from torchatlas.capture.op_names import CONVERSIONS, SET_DATA, op_name, reads_values
from torchatlas.capture.tensors import named_tensors, tensors_in
from torchatlas.capture.unchanged import Replayed, WriteGuard
from torchatlas.run import ROOT, CaptureReport, Graph

Level = Literal["user", "executed"]
"""What is a node: an op as the user wrote it, or each aten op that ran."""

OnOutput = Callable[[str, list[torch.Tensor]], None]
"""Told of each node that returned tensors, while they still hold what it returned."""

_DYNAMO = "torch._dynamo"


class AtenListener(Protocol):
    """What wants to know of every aten op: before it runs, and what came of it."""

    def begin(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...

    def end(self, begun: Any, draft: Draft, out: Any) -> None: ...


class Tracer:
    """Follows one forward pass; `on_output` may look at every tensor as it is made."""

    def __init__(
        self,
        model: nn.Module,
        on_output: OnOutput | None = None,
        *,
        level: Level = "user",
        listener: AtenListener | None = None,
        members: Members | None = None,
    ) -> None:
        self.model = getattr(model, "_orig_mod", model)  # torch.compile wraps the module
        self.members = members or Members.of(self.model)
        self.level = level
        self.calls = CallStack(self.members.modules.items())
        self.builder = GraphBuilder(self.members)
        self.op: Draft | None = None
        self.error: Exception | None = None
        self.outputs: Any = None
        self.writes = WriteGuard(())
        self._failures: list[tuple[BaseException, str]] = []
        self._on_output = on_output
        self._listener = listener
        self._looking = False
        self._dispatched_only: list[str] = []
        self._exception_before = sys.exception()
        self.first_step = self._noted_up_to = 0
        self.steps: list[tuple[int, Draft]] = []
        """Autograd's next sequence number after each draft that made steps, in order."""
        self.inputs: list[tuple[str, torch.Tensor]] = []

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception | None:
        """One forward pass; `outputs` holds what it returned. Gives the exception it raised.

        `writes.restore()` puts back what it wrote to parameters and inputs.
        """
        given = tensors_in((args, kwargs))
        self.writes = WriteGuard([*self.members.parameters.values(), *given])
        self._add_inputs(args, kwargs)
        self._noted_up_to = self.first_step = _sequence_number()
        with ExitStack() as stack:
            stack.enter_context(compiled_code_off())
            stack.enter_context(self.calls.watching(self))
            stack.enter_context(_DispatchWatcher(self))
            if self.level == "user":
                stack.enter_context(_FunctionWatcher(self))
            else:  # where `.data = ` is not seen
                self.builder.place_weights()
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
        drafts = self.builder.drafts
        report = CaptureReport(
            status="partial" if self.error or unlinked else "complete",
            level=self.level,
            error=f"{type(self.error).__name__}: {self.error}" if self.error else None,
            failed_node=self.failed,
            unlinked=unlinked,
            unreached_parameters=tuple(self._unreached_parameters()),
            dispatched_only=tuple(self._dispatched_only),
            fast_paths_off=tuple(self._fast_paths_off()),
            host_reads=tuple(draft.id for draft in drafts.values() if draft.reads_host),
            notes=tuple(self._notes()),
        )
        return self.builder.graph(report)

    def entered(self, call: Call, args: tuple[Any, ...]) -> None:
        """A module call begins."""
        stack = self.calls.stack
        parent = stack[-2].id if len(stack) > 1 else (ROOT if call.id != ROOT else None)
        if len(stack) > 1:  # a Function that has run no op yet, such as a checkpoint
            self._note_steps(self.builder.drafts[stack[-2].id])
        with torch._C.DisableTorchFunction():
            draft = self.builder.add_module(call, parent)
            draft.inputs = [self.builder.spec(tensor) for tensor in tensors_in(args, objects=False)]
        call.id = draft.id

    def left(self, call: Call, kwargs: dict[str, Any], outputs: Any) -> None:
        """A module call ends; outputs are None when it raised."""
        draft = self.builder.drafts[call.id]
        raised = sys.exception()
        if raised is not None and raised is not self._exception_before:
            self._remember_failure(raised, call.id)
        with torch._C.DisableTorchFunction():
            tensors = tensors_in(outputs, objects=False)
            if kwargs:
                given = tensors_in(kwargs, objects=False)
                draft.inputs += [self.builder.spec(tensor) for tensor in given]
            draft.outputs = [self.builder.spec(tensor) for tensor in tensors]
            if tensors and next(reversed(self.builder.drafts)) == call.id:
                self._add_identity(call, draft, tensors)
            self._note_steps(draft)
            if tensors:
                self._tell(call.id, tensors)

    def user_op(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op as the user wrote it and note it, unless it only asked for a fact."""
        call = self.calls.current
        draft = Draft(self.calls.op_id(name), "op", name, name, _parent(call), user_source())
        given = args
        if name == SET_DATA:
            given = args[1:]
            self.builder.place_weights()
        draft.given = _given(given, kwargs)
        sources = self.builder.sources_of(draft, draft.given, call)
        outer, self.op = self.op, draft
        try:
            out = func(*args, **kwargs)
        except Exception as error:
            draft.given = ()
            self._note_failure(draft, sources, error)
            raise
        finally:
            self.op = outer
        self._note_steps(draft)
        if reads_values(func):
            draft.reads_host = True
        if name == SET_DATA:
            draft.wrote = True
        if out is not None and given and out is given[0] and not draft.aten and name in CONVERSIONS:
            return out  # it was what was asked for already: nothing happened
        self._note_result(draft, sources, tensors_in(out))
        draft.given = ()
        if name == SET_DATA:
            self.builder.note_made(args[0], draft.id)
        return out

    def aten_op(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an aten op and credit it to the user's op, or note it as a node of its own."""
        if self._looking:
            return op(*args, **kwargs)
        facts = aten_facts(op)
        draft, sources = self.op, None
        if draft is None:  # vmap, TorchScript, backward: nothing at user level
            call, name = self.calls.current, facts.packet
            draft = Draft(self.calls.op_id(name), "op", name, name, _parent(call), user_source())
            sources = self.builder.sources_of(draft, _given(args, kwargs), call)
        if not draft.aten:
            draft.attributes |= op_attributes(facts.arguments, args, kwargs)
        written = _written(facts, args, kwargs) if facts.mutable else []
        if written and facts.packet == "aten.set_":
            self.builder.place_weights()
        for tensor in written:
            self.writes.before_write(tensor)
        begun = self._listener.begin(op, args, kwargs) if self._listener else None
        try:
            with _DISABLED() if sources is not None else _NOTHING:
                out = op(*args, **kwargs)
        except Exception as error:
            if sources is not None:
                self._note_failure(draft, sources, error)
            raise
        if self._listener:
            self._listener.end(begun, draft, out)
        draft.aten.append(facts.name)
        flops = count_flops(op, args, kwargs, out)
        if flops is not None:
            draft.flops = (draft.flops or 0.0) + flops
        for tensor in written:
            draft.wrote = True
            self.builder.makers.wrote(tensor, draft.id, draft.given)
        if facts.reads_host:
            draft.reads_host = True
        if sources is not None:
            self._note_steps(draft)
            self._note_result(draft, sources, tensors_in(out))
            if self.level == "user" and draft.id in self.builder.drafts:
                self._dispatched_only.append(draft.id)
        return out

    def _note_steps(self, draft: Draft) -> None:
        """Credit the draft with the steps that autograd made since the last one that was credited.

        A custom autograd Function makes its step before its forward runs the first op; ops below
        autograd (inside vmap, TorchScript) are seen when their step is made already.
        """
        after = _sequence_number()
        if after > self._noted_up_to:
            self.steps.append((after, draft))
            self._noted_up_to = after

    def _note_result(self, draft: Draft, sources: Any, outputs: list[torch.Tensor]) -> None:
        if not outputs and not draft.wrote and not draft.reads_host:
            return
        self.builder.add(draft)
        self.builder.connect(draft, sources)
        if draft.reads_host and not outputs:
            self.builder.host_reads.append(draft.id)
        if outputs:
            self.builder.note_outputs(draft, outputs)
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
        named = _by_argument(self.model, args, kwargs)
        for name in [name for name, value in named.items() if isinstance(value, Replayed)]:
            named.pop(name).on_item = partial(self._add_item, name)
        found = list(named_tensors(named))
        for path, tensor in found:
            self._add_input(".".join(path), tensor, "input" if len(found) == 1 else None)

    def _add_item(self, argument: str, position: int, item: Any) -> None:
        """What a generator gave that is an argument of the model."""
        with torch._C.DisableTorchFunction():
            for path, tensor in named_tensors(item):
                self._add_input(".".join((argument, str(position), *path)), tensor)

    def _add_input(self, name: str, tensor: torch.Tensor, label: str | None = None) -> None:
        draft = Draft(f"input:{name}", "input", label or name, "input", ROOT)
        draft.attributes["argument"] = name
        self.builder.add_input(draft, tensor)
        self.inputs.append((draft.id, tensor))
        self._tell(draft.id, [tensor])

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
        reads = self.builder.host_reads
        why = f"; values left for the host at {', '.join(reads[:3])}" if reads else ""
        for draft in drafts.values():
            if inputs and draft.kind == "output" and draft.id not in reached:
                yield f"{draft.id}: no path of tensors leads to it from an input{why}"

    def _unreached_parameters(self) -> Iterator[str]:
        if self.error is None:
            for name in self.members.parameters:
                if name not in self.builder.used:
                    yield name

    def _fast_paths_off(self) -> Iterator[str]:
        fused = (nn.TransformerEncoderLayer, nn.TransformerEncoder, nn.MultiheadAttention)
        if self.level == "executed":
            return
        for name, module in self.members.modules.items():
            if isinstance(module, fused) and not module.training:
                yield f"{name or ROOT}: the fused path of nn.{type(module).__name__}"

    def _notes(self) -> Iterator[str]:
        if self.error is None and self.outputs is not None and not tensors_in(self.outputs):
            yield f"the model returned a {type(self.outputs).__name__} without a tensor in it"
        if any(self._fast_paths_off()):
            yield (
                "torch's fused path for nn.TransformerEncoder and nn.MultiheadAttention is off "
                "while tracing; the graph shows the separate ops that compute the same "
                '(level="executed" shows the fused ones)'
            )
        for draft in self.builder.drafts.values():
            if draft.kind != "constant" or draft.name != "constant":
                continue
            if "after_host_read" not in draft.attributes:
                yield (
                    f"{draft.id} was made by no op that could be seen: it may be older than the "
                    "pass, or come from another thread or library, and then no edge shows it"
                )
                continue
            yield (
                f"{draft.id} appeared after values were read on the host at "
                f"{draft.attributes['after_host_read']}: what it holds may follow from them, "
                "and no edge shows it"
            )


class _FunctionWatcher(TorchFunctionMode):
    """Sees torch functions as the user called them."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self.tracer = tracer
        self.names: dict[Any, str | None] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            name = self.names[func]
        except KeyError:
            if isinstance(func, torch._ops.HigherOrderOperator):
                with self:  # what is called within is seen, as if it were written there
                    return _eagerly(func, args, kwargs or {})
            name = self.names[func] = op_name(func)
        if name is None:
            return func(*args, **(kwargs or {}))
        return self.tracer.user_op(name, func, args, kwargs or {})


def _eagerly(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run `torch.cond` and `while_loop` as the Python that they stand for; others as they are."""
    if op.name() == "cond":
        predicate, on_true, on_false, operands = args[:4]
        return (on_true if predicate else on_false)(*operands)
    if op.name() == "while_loop":
        condition, body, carried, extra = args[:4]
        while condition(*carried, *extra):
            carried = body(*carried, *extra)
        return carried
    return op(*args, **kwargs)


class _DispatchWatcher(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees the aten ops that run."""

    supports_higher_order_operators = True

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tracer = tracer

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: it would load the compiler, which takes seconds, and nothing is compiled here."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.tracer.aten_op(func, args, kwargs or {})


def compiled_code_off() -> AbstractContextManager[None]:
    """Have compiled modules run as they were written; nothing to do where none can be.

    Asking for it loads the compiler, which takes seconds, so that it is only done where somebody
    has loaded it already.
    """
    if _DYNAMO not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[None] = torch.compiler.set_stance("force_eager")
    return stance


def compiler_is_loaded() -> bool:
    """Whether code may have been compiled in this process."""
    return _DYNAMO in sys.modules


_sequence_number = torch._C._autograd._get_sequence_nr
_DISABLED = torch._C.DisableTorchFunction
_NOTHING: AbstractContextManager[None] = nullcontext()


def _parent(call: Call | None) -> str:
    return call.id if call is not None else ROOT


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The tensors that an op is given, each once."""
    found = tensors_in(args)
    if kwargs:
        found = found + tensors_in(kwargs)
    return _distinct(found) if len(found) > 1 else found


def _distinct(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    return list({id(tensor): tensor for tensor in tensors}.values())


def _by_argument(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The inputs under the names of forward's arguments, `*args` and `**kwargs` spread out."""
    try:
        signature = inspect.signature(model.forward)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):  # forward will say so itself; one of C has no signature
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


def _written(facts: AtenFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The tensors that an aten op changes in place, according to its schema."""
    given = (
        args[position] if position < len(args) else kwargs.get(name)
        for position, name in facts.mutable
    )
    return [tensor for value in given for tensor in tensors_in(value)]
