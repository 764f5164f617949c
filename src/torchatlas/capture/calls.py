"""Which call is running: the stack of module calls, and the readable id of each call and op."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.modules import module as torch_module

from torchatlas.run import ROOT, SourceLocation

_PACKAGES = (Path(torch.__file__).parent, Path(__file__).parents[1])
_NOT_THE_USER = (*(f"{folder}{os.sep}" for folder in _PACKAGES), "<")
_COMPILED = "_orig_mod"
_COMPILED_WITH_HOOKS = r"Using `torch.compile\(module\)` when there are global hooks"
"""torch warns of our own hooks; they are seen all the same, since nothing is compiled meanwhile."""


@dataclass(slots=True)
class Call:
    """One module call: `path` is the module's name, `id` the node's."""

    id: str
    path: str
    module: nn.Module
    ops: dict[str, int] = field(default_factory=dict)


class CallListener(Protocol):
    """What wants to know of module calls; outputs are None when the call raised."""

    def entered(self, call: Call, args: tuple[Any, ...]) -> None: ...

    def left(self, call: Call, kwargs: dict[str, Any], outputs: Any) -> None: ...


class CallStack:
    """Names module calls and ops the same way in every pass over the same code.

    The tracer, the activation watcher and the timers each run their own pass; that their numbers
    land on the same node is due to this class alone.
    """

    def __init__(self, modules: Iterable[tuple[str, nn.Module]]) -> None:
        """Start outside any call; `modules` are those of the model, with their names."""
        self.names = {id(module): without_compiled(name) for name, module in modules}
        self.stack: list[Call] = []
        self._calls: dict[str, int] = {}
        self._kept_alive: list[nn.Module] = []
        self._holders: dict[int, dict[int, str]] = {}

    @property
    def current(self) -> Call | None:
        """The innermost running module call; None outside the model."""
        return self.stack[-1] if self.stack else None

    @contextmanager
    def watching(self, listener: CallListener) -> Iterator[None]:
        """Follow every module call on this thread until the block ends."""
        own_thread = threading.get_ident()

        def before(module: nn.Module, args: tuple[Any, ...]) -> None:
            if _COMPILED in module._modules or threading.get_ident() != own_thread:
                return  # the wrapper only calls what it wraps
            listener.entered(self.enter(module), args)

        def after(module: nn.Module, _args: tuple[Any, ...], *rest: Any) -> None:
            *given, outputs = rest  # torch leaves the keyword arguments out when forward raised
            if threading.get_ident() != own_thread:
                return
            if self.stack and self.stack[-1].module is module:
                listener.left(self.stack.pop(), given[0] if given else {}, outputs)

        handles = [
            torch_module.register_module_forward_pre_hook(before),
            torch_module.register_module_forward_hook(after, with_kwargs=True, always_call=True),
        ]
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", _COMPILED_WITH_HOOKS, UserWarning)
                yield
        finally:
            for handle in handles:
                handle.remove()
                # torch leaves this entry behind when a global hook is removed
                torch_module._global_forward_hooks_with_kwargs.pop(handle.id, None)

    def enter(self, module: nn.Module) -> Call:
        """Start a call of the module: first `layer.conv`, then `layer.conv#1`, ..."""
        path = self._path(module)
        count = self._calls.get(path, 0)
        self._calls[path] = count + 1
        node_id = path or ROOT
        call = Call(node_id if count == 0 else f"{node_id}#{count}", path, module)
        self.stack.append(call)
        return call

    def op_id(self, name: str, call: Call | None = None) -> str:
        """Id of the next op of that name in a call: `layer/add:0`, `layer/add:1`, ...

        The call is the innermost running one, unless another is given.
        """
        call = call or self.current
        if call is None:
            return f"/{name}:0"
        position = call.ops.get(name, 0)
        call.ops[name] = position + 1
        prefix = "" if call.id == ROOT else call.id
        return f"{prefix}/{name}:{position}"

    def _where_held(self, owner: nn.Module, module: nn.Module) -> str | None:
        if id(owner) not in self._holders or id(module) not in self._holders[id(owner)]:
            self._holders[id(owner)] = _held_in_containers(owner)
        return self._holders[id(owner)].get(id(module))

    def _path(self, module: nn.Module) -> str:
        known = self.names.get(id(module))
        if known is None:  # kept in a plain list, or made on the fly
            call = self.current
            own = self._where_held(call.module, module) if call else None
            known = f"{call.path if call else ''}.{own or type(module).__name__}".lstrip(".")
            self.names[id(module)] = known
            self._kept_alive.append(module)  # so that its id is not used again
        return known


def user_source() -> SourceLocation | None:
    """The innermost running line that is neither in torch nor in this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        theirs = _IS_THE_USERS.get(file)
        if theirs is None:
            theirs = _IS_THE_USERS[file] = not file.startswith(_NOT_THE_USER)
        if theirs:
            return _place(file, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return None


@lru_cache(maxsize=16_384)
def _place(file: str, line: int, function: str) -> SourceLocation:
    """One object for each line, as long as it is asked for now and then."""
    return SourceLocation(file, line, function)


_IS_THE_USERS: dict[str, bool] = {}
"""By file, so that each is judged once."""


def without_compiled(name: str) -> str:
    """A module's path without the wrappers that torch.compile puts in."""
    if _COMPILED not in name:
        return name
    return ".".join(part for part in name.split(".") if part != _COMPILED)


def _held_in_containers(owner: nn.Module) -> dict[int, str]:
    """Where a module keeps others in plain lists, tuples or dicts, by address: `blocks[2]`."""
    found: dict[int, str] = {}
    for name, value in vars(owner).items():
        if isinstance(value, list | tuple):
            value = dict(enumerate(value))
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, nn.Module):
                    registered = name == "_modules"  # while forward ran
                    found.setdefault(id(item), key if registered else f"{name}[{key}]")
    return found
