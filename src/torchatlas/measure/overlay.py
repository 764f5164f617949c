"""A person's own numbers as a table that is joined to the graph by node."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from torchatlas.errors import RunError
from torchatlas.run import TABLES, Column, GroupRule, Table

VALUE = "value"
"""Name of the column that holds the numbers."""

_MOST_NAMED = 3


def overlay_table(
    name: str,
    values_by_node: Mapping[str, float | None],
    ids: Collection[str],
    *,
    unit: str = "",
    label: str = "",
    meaning: str = "",
    groups: GroupRule = "max",
) -> Table:
    """A table with one number a node, in the order in which they were given.

    Args:
        ids: of the nodes that there are.

    Raises:
        RunError: the name is none or taken, a node is unknown, or a value is no number; the
            message names nodes that are called alike.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise RunError(
            f"{name!r} cannot be the name of an overlay: use letters, digits, - and _, and say "
            "anything else in label="
        )
    if name in TABLES:
        raise RunError(f"{name!r} is the name of a table of TorchAtlas; give the overlay another")
    if groups not in get_args(GroupRule):
        raise RunError(f"groups={groups!r}: use {', '.join(map(repr, get_args(GroupRule)))}")
    if not isinstance(values_by_node, Mapping) and not hasattr(values_by_node, "items"):
        kind = type(values_by_node).__name__
        raise RunError(f"an overlay takes numbers by node id, as a dict has them, not a {kind}")
    known = set(ids)
    values = dict(values_by_node.items())
    unknown = [node for node in values if node not in known]
    if unknown:
        raise RunError(_about_unknown(unknown, ids))
    columns = (
        Column("node", "text", "id of the node in the graph"),
        Column(VALUE, "number", meaning, unit, label, groups),
    )
    numbers = [_number(node, value) for node, value in values.items()]
    return Table(name, columns, {"node": list(values), VALUE: numbers})


def _number(node: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
        raise RunError(f"the value of {node} is {value!r}: an overlay holds one number a node")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise RunError(f"the value of {node} is no single number: {error}") from error


def _about_unknown(unknown: list[Any], ids: Collection[str]) -> str:
    said = []
    for node in unknown[:_MOST_NAMED]:
        near = get_close_matches(str(node), ids, n=_MOST_NAMED, cutoff=0.5)
        said.append(f"{node!r}" + (f" (near: {', '.join(near)})" if near else ""))
    more = f" and {len(unknown) - len(said)} more" if len(unknown) > len(said) else ""
    return (
        f"the graph has no node {', '.join(said)}{more}; atlas.table('nodes') lists the ids of "
        "all nodes"
    )
