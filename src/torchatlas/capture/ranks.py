"""The processes of one training: which of them this is, and what they agree on."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

WINDOW = 8
"""Several processes look at the same steps: multiples of this, agreed on this long before."""

_PATIENCE = timedelta(seconds=120)
_met: Counter[str] = Counter()


class Ranks:
    """This process among those that train one model together.

    Nothing here is a collective operation, so that a rank that does not record stops nobody: what
    is agreed on goes through the key-value store by which the processes found each other.

    Attributes:
        number, count: of this process, and how many there are.
    """

    def __init__(self) -> None:
        """See who is there: by `torch.distributed`, or by what the launcher says."""
        self._store: Any = None
        self._prefix = "torchatlas"
        if distributed.is_available() and distributed.is_initialized():
            self.number, self.count = distributed.get_rank(), distributed.get_world_size()
        else:
            self.number = int(os.environ.get("RANK", "0"))
            self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self._plans: dict[int, frozenset[str]] = {}

    def meet(self, where: str) -> None:
        """Ready for agreements about one recording; each rank calls it with the same text."""
        if self.count == 1 or not (distributed.is_available() and distributed.is_initialized()):
            return
        found = getattr(distributed.distributed_c10d, "_get_default_store", None)
        self._store = None if found is None else found()
        self._prefix = f"torchatlas/{where}/{_met[where]}"
        _met[where] += 1

    def done(self, what: str, result: int = 0) -> None:
        """Tell the others that something is done, and what came of it (on the first rank)."""
        if self._store is not None:
            self._store.set(f"{self._prefix}/{what}", str(result))

    def wait_for(self, what: str) -> int | None:
        """Wait until the first rank has done it; gives what came of it.

        Returns:
            None where there is no way to hear of the first rank.

        Raises:
            Exception: it did not within two minutes (does it record at all?).
        """
        if self._store is None:
            return None
        self._store.wait([f"{self._prefix}/{what}"], _PATIENCE)
        return int(self._store.get(f"{self._prefix}/{what}"))

    @property
    def agree(self) -> bool:
        """Whether steps to look at have to be agreed on."""
        return self.count > 1 and self._store is not None

    def plan(self, step: int, kinds: frozenset[str]) -> None:
        """On the first rank: say what is taken at a step to come."""
        self._plans[step] = kinds
        self._store.set(f"{self._prefix}/plan/{step}", ",".join(sorted(kinds)))
        self._plans.pop(step - 4 * WINDOW, None)
        self._store.delete_key(f"{self._prefix}/plan/{step - 4 * WINDOW}")

    def planned(self, step: int) -> frozenset[str]:
        """What all ranks take at a step; nothing where nobody has said so."""
        if step % WINDOW:
            return frozenset()
        if self.number == 0:
            return self._plans.get(step, frozenset())
        key = f"{self._prefix}/plan/{step}"
        if not self._store.check([key]):
            return frozenset()
        text = self._store.get(key).decode()
        return frozenset(text.split(",")) if text else frozenset()


def own_part(tensor: torch.Tensor, ranks: Ranks) -> torch.Tensor | None:
    """What this rank has to tell of a tensor, so that what all ranks tell adds up to the whole.

    Its shard of a DTensor; of a replica, all on the first rank and nothing on the others; nothing
    of a sum that is not reduced yet.
    """
    if ranks.count == 1:
        return tensor
    if not _is_dtensor(tensor):
        return tensor if ranks.number == 0 else None
    coordinate = tensor.device_mesh.get_coordinate()  # type: ignore[attr-defined]
    if coordinate is None:
        return None
    placements = tensor.placements  # type: ignore[attr-defined]
    for position, placement in zip(coordinate, placements, strict=True):
        if placement.is_partial() or (placement.is_replicate() and position != 0):
            return None
    local: torch.Tensor = tensor.to_local()  # type: ignore[attr-defined]
    return local


def is_sharded(tensors: Any) -> bool:
    """Whether any of the tensors lies in parts on several processes."""
    return any(_is_dtensor(tensor) for tensor in tensors)


def _is_dtensor(tensor: torch.Tensor) -> bool:
    return hasattr(tensor, "placements") and hasattr(tensor, "to_local")
