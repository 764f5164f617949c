"""What a model is made of: its modules, parameters and buffers, found in one walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Members:
    """Modules, parameters and buffers by their first qualified name, in torch's order.

    Torch walks the whole tree for each of these questions; a pass asks a dozen of them.

    Attributes:
        modules: each once, the model itself under "".
        parameters: each once; what is shared stands under the name that comes first.
        buffers: likewise, those that are not saved too.
    """

    modules: dict[str, nn.Module]
    parameters: dict[str, nn.Parameter]
    buffers: dict[str, torch.Tensor]

    @classmethod
    def of(cls, model: nn.Module) -> Members:
        """Look through a model once."""
        modules = dict(_walk(model))
        parameters: dict[str, nn.Parameter] = {}
        buffers: dict[str, torch.Tensor] = {}
        seen: set[int] = set()
        for path, module in modules.items():
            prefix = f"{path}." if path else ""
            for held, found in ((module._parameters, parameters), (module._buffers, buffers)):
                for name, tensor in held.items():
                    if tensor is not None and id(tensor) not in seen:
                        seen.add(id(tensor))
                        found[prefix + name] = tensor  # type: ignore[assignment]
        return cls(modules, parameters, buffers)

    @property
    def on_meta(self) -> bool:
        """Whether a parameter has a shape and no values."""
        return any(parameter.is_meta for parameter in self.parameters.values())


def _walk(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """What `model.named_modules()` gives, without recursion."""
    seen: set[int] = set()
    stack = [("", model)]
    while stack:
        path, module = stack.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        prefix = f"{path}." if path else ""
        held = module._modules.items()
        stack += reversed([(prefix + name, inner) for name, inner in held if inner is not None])
