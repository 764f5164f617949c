"""The tensors of a checkpoint, one at a time: what every form of it has in common."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

import torch
from torch import nn

from torchatlas.capture.tensors import tensor_spec
from torchatlas.capture.weights import weight_identity
from torchatlas.run import StoredTensor


class CannotRead(Exception):  # noqa: N818 (a reason for a gap, not an error of the user's)
    """Why the values of one tensor of a checkpoint cannot be had."""


class CheckpointTensors(Protocol):
    """Tensors that are read one at a time.

    Attributes:
        entries: what there is, in the order of the checkpoint.
        facts: text about the checkpoint. notes: what a reader should know of it.
    """

    entries: tuple[StoredTensor, ...]
    facts: dict[str, str]
    notes: tuple[str, ...]

    def read(self, name: str) -> torch.Tensor:
        """The values of a tensor. They are gone when the next one is read, or at `close`.

        Raises:
            CannotRead: there are none, or none that torch knows.
            RunError: the file is not what its header said.
        """
        ...

    def close(self) -> None:
        """Let go of files and memory."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Closing:
    """`with` for what has a `close`."""

    def close(self) -> None:
        """Let go of files and memory."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class ModuleTensors(Closing):
    """The parameters and buffers of a model in memory, as a checkpoint of it would have them."""

    def __init__(self, model: nn.Module) -> None:
        found: dict[str, torch.Tensor] = {}
        for name, parameter in model.named_parameters(remove_duplicate=False):
            found[name] = parameter.detach()
        for name, buffer in model.named_buffers(remove_duplicate=False):
            found[name] = buffer.detach()
        self._tensors = found
        self.entries = stored_tensors(found)
        self.facts: dict[str, str] = {}
        self.notes: tuple[str, ...] = ()

    def read(self, name: str) -> torch.Tensor:
        """The values of a tensor, those of the model itself."""
        return self._tensors[name]


def stored_tensors(tensors: dict[str, torch.Tensor], file: str = "") -> tuple[StoredTensor, ...]:
    """What named tensors look like, and which of them are one and the same."""
    first: dict[object, str] = {}
    found = []
    for name, tensor in tensors.items():
        same = first.setdefault(weight_identity(tensor), name)
        tied_to = same if same != name else None
        found.append(StoredTensor(name, tensor_spec(tensor), file, tied_to=tied_to))
    return tuple(found)
