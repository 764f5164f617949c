"""What a number is in each member of a fold, and over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run import Fold, Graph


@dataclass(frozen=True, slots=True)
class OverFold:
    """One number in every member of a fold, in the unit of the number.

    Attributes:
        nodes: the counterparts, one for each member, in execution order.
        values: theirs; None where not measured.
        measured: how many of them were measured.
        minimum, median, maximum: over those that were measured, None if none was. A NaN among
            them makes all three NaN.
    """

    nodes: tuple[str, ...]
    values: tuple[float | None, ...]
    measured: int
    minimum: float | None
    median: float | None
    maximum: float | None


def counterparts(graph: Graph, fold: Fold, node_id: str) -> tuple[str, ...]:
    """Which nodes stand where this one does, in every member of a fold, in execution order.

    Raises:
        RunError: the node lies in no member of the fold.
    """
    around = node_id
    way: list[int] = []
    while around in graph.nodes and graph.nodes[around].parent != fold.parent:
        parent = graph.nodes[around].parent
        if parent is None:
            break
        way.append(_place_among(graph, parent, around))
        around = parent
    for member in fold.members:
        if around in member:
            at = member.index(around)
            return tuple(_down(graph, other[at], way[::-1]) for other in fold.members)
    raise RunError(f"{node_id!r} lies in no member of the fold {fold.id}")


def over_fold(
    graph: Graph, fold: Fold, node_id: str, values: Mapping[str, float | None]
) -> OverFold:
    """What a number is in each member of a fold, and how far the members are apart.

    Args:
        node_id: a node in any of the members; its counterparts in the others are looked up.
        values: the number by node id. A node that is missing, or None, was not measured there.

    Raises:
        RunError: the node lies in no member of the fold.
    """
    nodes = counterparts(graph, fold, node_id)
    found = tuple(values.get(node) for node in nodes)
    measured = np.asarray([value for value in found if value is not None], np.float64)
    if not measured.size:
        return OverFold(nodes, found, 0, None, None, None)
    return OverFold(
        nodes,
        found,
        measured.size,
        float(np.min(measured)),
        float(np.median(measured)),
        float(np.max(measured)),
    )


def fold_rows(folds: tuple[Fold, ...]) -> list[dict[str, str | int]]:
    """Rows of the table `folds`: one for each node directly in a member."""
    return [
        {
            "fold": fold.id,
            "parent": fold.parent,
            "member": position,
            "count": fold.count,
            "node": node,
        }
        for fold in folds
        for position, member in enumerate(fold.members)
        for node in member
    ]


def _place_among(graph: Graph, parent: str, node_id: str) -> int:
    return [child.id for child in graph.children[parent]].index(node_id)


def _down(graph: Graph, node_id: str, way: Sequence[int]) -> str:
    for place in way:
        node_id = graph.children[node_id][place].id
    return node_id
