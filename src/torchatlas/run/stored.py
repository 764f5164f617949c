"""A tensor in a file: its name, what it looks like, and where its values lie."""

from __future__ import annotations

from dataclasses import dataclass

from torchatlas.run.graph import TensorSpec

IN_FILE = "file"
"""What `TensorSpec.device` says of a tensor that is in a file and on no device."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a checkpoint, without its values.

    Attributes:
        name: as the file has it, parts of the module's path divided by dots.
        file: path of the file that its values are in; empty where they are in memory.
        start: first byte of the values in that file; -1 where only the file's reader knows.
        tied_to: name of the first tensor with the same values, kept once for both.
    """

    name: str
    spec: TensorSpec
    file: str = ""
    start: int = -1
    tied_to: str | None = None

    @property
    def elements(self) -> int:
        """How many values it has."""
        count = 1
        for size in self.spec.shape:
            count *= size
        return count
