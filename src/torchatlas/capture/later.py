"""Numbers that a device still works on, read without making the training wait for them."""

from __future__ import annotations

from typing import Any

import torch


class Later:
    """The numbers of a tensor, to be read once they are there.

    On CUDA they are on their way to pinned memory, and nothing has waited for them; elsewhere they
    are read at once.
    """

    def __init__(self, tensor: torch.Tensor) -> None:
        """Ask for the numbers of a tensor of any shape and real dtype."""
        self._event: Any = None
        tensor = tensor.detach()
        if tensor.device.type != "cuda":
            self._host = tensor.to("cpu", torch.float64, copy=True)
            return
        self._host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._host.copy_(tensor, non_blocking=True)
        self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._event.record()

    def ready(self) -> bool:
        """Whether reading them now would not wait."""
        return self._event is None or bool(self._event.query())

    def numbers(self) -> Any:
        """The numbers as floats, nested as the tensor was; waits where they are not there."""
        if self._event is not None:
            self._event.synchronize()
        return self._host.double().tolist()
