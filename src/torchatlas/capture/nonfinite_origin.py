"""Where do NaN and infinity begin in a forward pass?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import ref

import torch
from torch import nn

from torchatlas.capture.summarize import summarize
from torchatlas.capture.tensor_values import NotSummarizable
from torchatlas.capture.tensors import map_tensors, tensors_in
from torchatlas.capture.unchanged import unchanged
from torchatlas.run import ROOT, TensorSummary

MOST_NODES = 64
"""Nodes with non-finite outputs that are described, at most: the first ones."""


@dataclass(frozen=True, slots=True)
class NonfiniteOutput:
    """A module call that put out NaN or infinity."""

    node: str
    output: str
    elements: int
    summary: TensorSummary


@dataclass(frozen=True, slots=True)
class Origin:
    """What a second forward pass showed.

    Attributes:
        node: the innermost module call that made finite inputs non-finite, or that was handed
            non-finite ones first; None where every output was finite.
        outputs: the module calls with non-finite outputs, in the order in which they ended.
    """

    node: str | None
    outputs: tuple[NonfiniteOutput, ...]


@dataclass(frozen=True, slots=True)
class _Autocast:
    """What autocast did on one kind of device."""

    device: str
    enabled: bool
    dtype: torch.dtype
    cached: bool


class LastInputs:
    """What the model was called with last, for as long as the training itself keeps it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._kept: tuple[Any, Any] | None = None
        self._autocast: tuple[_Autocast, ...] = ()

    def keep(self, args: Any, kwargs: Any) -> None:
        """Remember the arguments of a call; no tensor is kept alive by it."""
        if torch.is_grad_enabled():
            self._kept = map_tensors((args, kwargs), ref)
            self._autocast = _autocast_now()

    def recall(self) -> tuple[Any, Any] | None:
        """The arguments; None where they are gone by now, or were never seen."""
        if self._kept is None:
            return None
        gone = False

        def alive(item: Any) -> Any:
            nonlocal gone
            if isinstance(item, ref):
                tensor = item()
                gone |= tensor is None
                return tensor
            if isinstance(item, dict):
                return {key: alive(value) for key, value in item.items()}
            if type(item) in (list, tuple):
                return type(item)(alive(value) for value in item)
            return item

        args, kwargs = alive(self._kept)
        return None if gone else (args, kwargs)

    @contextmanager
    def autocast(self) -> Iterator[None]:
        """Autocast as it was at that call."""
        with ExitStack() as stack:
            for one in self._autocast:
                if not one.enabled and not torch.is_autocast_enabled(one.device):
                    continue  # torch warns of devices that are not there
                stack.enter_context(
                    torch.autocast(
                        one.device,
                        dtype=one.dtype,
                        enabled=one.enabled,
                        cache_enabled=one.cached,
                    )
                )
            yield


def find_origin(model: nn.Module, args: Any, kwargs: Any) -> Origin:
    """Run the model once more, without gradients, and see whose output is not finite first.

    The model is left as it was. Random ops (dropout) draw anew.

    Raises:
        Exception: what the model raises.
    """
    watch = _Watch(model)
    with unchanged(model), torch.no_grad(), watch.hooked():
        model(*args, **kwargs)
    return Origin(watch.origin, tuple(watch.outputs))


def _autocast_now() -> tuple[_Autocast, ...]:
    accelerator = torch.accelerator.current_accelerator()
    devices = {"cpu"} if accelerator is None else {"cpu", accelerator.type}
    cached = torch.is_autocast_cache_enabled()
    return tuple(
        _Autocast(
            device,
            torch.is_autocast_enabled(device),
            torch.get_autocast_dtype(device),
            cached,
        )
        for device in sorted(devices)
        if torch.amp.is_autocast_available(device)
    )


class _Watch:
    def __init__(self, model: nn.Module) -> None:
        self._paths = {module: path or ROOT for path, module in model.named_modules()}
        self._calls: Counter[str] = Counter()
        self.origin: str | None = None
        self.outputs: list[NonfiniteOutput] = []

    @contextmanager
    def hooked(self) -> Iterator[None]:
        handles = [module.register_forward_hook(self._look) for module in self._paths]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _look(self, module: nn.Module, _: Any, output: Any) -> None:
        path = self._paths[module]
        number = self._calls[path]
        self._calls[path] += 1
        bad = [(i, t) for i, t in enumerate(tensors_in(output)) if not _is_finite(t)]
        if not bad:
            return
        node = f"{path}#{number}" if number else path
        if self.origin is None:  # what is inside ends before what is around it
            self.origin = node
        if len(self.outputs) < MOST_NODES:
            self.outputs += _described(node, bad, len(tensors_in(output)))


def _described(
    node: str, bad: list[tuple[int, torch.Tensor]], count: int
) -> Iterator[NonfiniteOutput]:
    for position, tensor in bad:
        name = "output" if count == 1 else f"output[{position}]"
        try:
            yield NonfiniteOutput(node, name, tensor.numel(), summarize(tensor))
        except NotSummarizable:
            continue


def _is_finite(tensor: torch.Tensor) -> bool:
    if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.is_meta:
        return True
    return bool(torch.isfinite(tensor).all())
