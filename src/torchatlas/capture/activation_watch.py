"""Looks at what chosen modules put out, during one forward pass of a training."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from torchatlas.capture.harmless import HarmlessHook
from torchatlas.capture.summary_slab import PendingSummaries, SummarySlab
from torchatlas.capture.tensors import tensors_in
from torchatlas.errors import CaptureError
from torchatlas.run import ROOT

Choice = str | type[nn.Module] | Iterable[str | type[nn.Module]] | None

MOST_CHOSEN = 48
"""Modules that are looked at when nobody chose, at most."""

MOST_OUTPUTS = 4
"""Tensors of one module's output that are looked at, at most."""

_MISSES = 3
"""Training steps without a forward pass of the model, after which it is a gap."""


@dataclass(frozen=True, slots=True)
class SeenOutputs:
    """What one module call put out: names as in "output[1]", and summaries on their way."""

    node: str
    names: tuple[str, ...]
    summaries: PendingSummaries


class ActivationWatch:
    """Hooks chosen modules for one forward pass, and hands over what they put out.

    Between two looks there is no hook in the model. The pass is the first one of the model with
    gradients on, so an evaluation is not mistaken for training, and of several micro-batches the
    first is looked at.
    """

    def __init__(
        self,
        model: nn.Module,
        choice: Choice,
        slab: SummarySlab,
        around: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Choose modules (see `chosen_modules`); `around` is entered wherever time is spent.

        Raises:
            CaptureError: a name in the choice fits no module.
        """
        self._model, self._slab, self._around = model, slab, around
        self.modules = chosen_modules(model, choice)
        self._handles: list[Any] = []
        self._active = False
        self._calls: Counter[str] = Counter()
        self._seen: list[SeenOutputs] = []
        self._armed_at = 0

    def arm(self, step: int) -> None:
        """Look at the next forward pass."""
        if not self._handles:  # else it still waits for the pass that it was to look at before
            self._armed_at = step
        self.disarm()
        self._seen = []
        if not self.modules:
            return
        self._handles = [self._model.register_forward_pre_hook(HarmlessHook(self._begin))]
        for path, module in self.modules.items():
            hook = HarmlessHook(lambda _, __, output, path=path: self._look(path, output))
            self._handles.append(module.register_forward_hook(hook))
        self._handles.append(
            self._model.register_forward_hook(HarmlessHook(self._end), always_call=True)
        )

    def disarm(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._active = [], False

    def collect(self) -> list[SeenOutputs]:
        """What the last pass showed, once."""
        seen, self._seen = self._seen, []
        return seen

    def missed(self, step: int) -> bool:
        """Whether steps went by without a forward pass that could be looked at."""
        return bool(self._handles) and not self._active and step - self._armed_at >= _MISSES

    def _begin(self, *_: Any) -> None:
        self._active = torch.is_grad_enabled()
        self._calls.clear()
        self._seen = []

    def _end(self, *_: Any) -> None:
        if self._active:
            self.disarm()

    def _look(self, path: str, output: Any) -> None:
        if not self._active:
            return
        with self._around():
            number = self._calls[path]
            self._calls[path] += 1
            found = tensors_in(output, objects=False)[:MOST_OUTPUTS]
            single = len(found) == 1
            names = tuple("output" if single else f"output[{i}]" for i in range(len(found)))
            if found:
                node = f"{path}#{number}" if number else path
                self._seen.append(SeenOutputs(node, names, self._slab.take(found)))


def chosen_modules(model: nn.Module, choice: Choice) -> dict[str, nn.Module]:
    """Modules whose outputs are looked at, by node id, in the order of the model.

    Args:
        choice: names of modules (`*` stands for any text) or classes of modules, one or several;
            "all" takes every module; None none; "default" those that own parameters or are
            activation functions, no more than `MOST_CHOSEN`, spread evenly over the model.

    Raises:
        CaptureError: a name fits no module, or something is neither name nor class.
    """
    found = {path or ROOT: module for path, module in _own_modules(model, "")}
    if choice is None:
        return {}
    if choice == "all":
        return found
    if choice == "default":
        worth = {path: module for path, module in found.items() if _is_telling(module)}
        return _spread(worth)
    wanted = [choice] if isinstance(choice, str | type) else list(choice)
    fitting = [{path for path in found if _fits(one, path, found)} for one in wanted]
    return {path: module for path, module in found.items() if any(path in fit for fit in fitting)}


def _fits(one: Any, path: str, found: dict[str, nn.Module]) -> bool:
    if isinstance(one, type):
        return isinstance(found[path], one)
    if not isinstance(one, str):
        raise CaptureError(
            f"activations is a choice of modules by name or class, and {one!r} is neither"
        )
    if not any(fnmatchcase(name, one) for name in found):
        near = difflib.get_close_matches(one, found, 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise CaptureError(f"activations: no module of the model is called {one!r}{hint}")
    return fnmatchcase(path, one)


def _own_modules(module: nn.Module, path: str) -> Iterator[tuple[str, nn.Module]]:
    """Modules whose calls run as Python: not those inside a compiled or scripted one.

    Each is given once, under its first name.
    """
    stack, seen = [(path, module)], set()
    while stack:
        path, module = stack.pop()
        compiled = hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None)
        if module in seen or compiled or isinstance(module, torch.jit.ScriptModule):
            continue
        seen.add(module)
        yield path, module
        prefix = f"{path}." if path else ""
        children = [(f"{prefix}{name}", child) for name, child in module.named_children()]
        stack.extend(reversed(children))


def _is_telling(module: nn.Module) -> bool:
    own = next(module.parameters(recurse=False), None) is not None
    return own or type(module).__module__ == "torch.nn.modules.activation"


def _spread(modules: dict[str, nn.Module]) -> dict[str, nn.Module]:
    if len(modules) <= MOST_CHOSEN:
        return modules
    paths = list(modules)
    last = len(paths) - 1
    kept = [paths[round(i * last / (MOST_CHOSEN - 1))] for i in range(MOST_CHOSEN)]
    return {path: modules[path] for path in dict.fromkeys(kept)}
