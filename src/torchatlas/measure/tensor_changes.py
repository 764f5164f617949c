"""Rows that say how a tensor of one checkpoint differs from its counterpart in another."""

from __future__ import annotations

from typing import Any, Protocol

from torchatlas.measure.graph_tables import shape_text
from torchatlas.run import StoredTensor


class Distance(Protocol):
    """What was measured of two tensors of one shape."""

    @property
    def changed(self) -> int: ...
    @property
    def nonfinite(self) -> int: ...
    @property
    def before_norm(self) -> float: ...
    @property
    def norm(self) -> float: ...
    @property
    def difference_norm(self) -> float: ...
    @property
    def largest(self) -> float | None: ...
    @property
    def relative(self) -> float | None: ...
    @property
    def cosine(self) -> float | None: ...


def tensor_change_row(
    node: str,
    before: StoredTensor | None,
    after: StoredTensor | None,
    distance: Distance | None = None,
) -> dict[str, Any]:
    """A row of the table `tensor_differences`, without the name of the run.

    Args:
        before, after: None where the tensor is in the other only.
        distance: None where the values were not held against each other.
    """
    there = after or before
    assert there is not None
    row: dict[str, Any] = {"node": node, "tensor": there.name}
    row["kind"] = _kind(before, after, distance)
    if before is not None:
        row |= {"before_shape": shape_text(before.spec), "before_dtype": before.spec.dtype}
    if after is not None:
        row |= {"shape": shape_text(after.spec), "dtype": after.spec.dtype}
        row["elements"] = after.elements
    if distance is None:
        return row
    return row | {
        "changed_elements": distance.changed,
        "before_norm": distance.before_norm,
        "norm": distance.norm,
        "difference_norm": distance.difference_norm,
        "relative_norm": distance.relative,
        "cosine": distance.cosine,
        "largest_difference": distance.largest,
        "nonfinite": distance.nonfinite,
    }


def _kind(
    before: StoredTensor | None, after: StoredTensor | None, distance: Distance | None
) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before.spec.shape != after.spec.shape:
        return "reshaped"
    if before.spec.dtype != after.spec.dtype:
        return "retyped"
    if distance is None:
        return "not compared"
    return "changed" if distance.changed else "same"
