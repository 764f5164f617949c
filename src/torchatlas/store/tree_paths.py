"""The names of a program's arguments and results, read off how they are nested."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[str, ...]
Fields = Mapping[str, tuple[str, ...]]
"""Field names of named tuples, by the name that their class was registered under."""

_DEEPEST = 100


def input_paths(tree: str, forward_names: Sequence[str], namedtuples: Fields) -> list[Path] | None:
    """A path for each leaf of a program's arguments, as `("batch", "image")`.

    Args:
        tree: the tree of ((positional...), {keyword: ...}), in torch's JSON form.
        forward_names: names of the arguments of forward, positional ones first.
        namedtuples: field names by class.

    Returns:
        None where the tree cannot be read.
    """
    root = _parsed(tree)
    calls = _children(root, namedtuples) if root is not None else None
    if calls is None or len(calls) != 2:
        return None
    positional, keyword = _children(calls[0][1], namedtuples), _children(calls[1][1], namedtuples)
    if positional is None or keyword is None:
        return None
    paths: list[Path] = []
    for position, (own, child) in enumerate(positional):
        name = forward_names[position] if position < len(forward_names) else own
        if not _add_leaves((name,), child, paths, namedtuples):
            return None
    for name, child in keyword:
        if not _add_leaves((name,), child, paths, namedtuples):
            return None
    return paths


def output_paths(tree: str, namedtuples: Fields) -> list[Path] | None:
    """A path for each leaf of a program's result; `()` where it is a leaf itself."""
    root, paths = _parsed(tree), list[Path]()
    return paths if root is not None and _add_leaves((), root, paths, namedtuples) else None


def _parsed(tree: str) -> Any:
    """The tree without its version; None where it is none."""
    try:
        document = json.loads(tree)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list) and len(document) == 2 and isinstance(document[1], dict):
        return document[1]
    return None


def _add_leaves(path: Path, node: Any, paths: list[Path], namedtuples: Fields) -> bool:
    children = _children(node, namedtuples)
    if children is None or len(path) > _DEEPEST:
        return False
    if isinstance(node, dict) and node.get("type") is None:
        paths.append(path)
        return True
    return all(_add_leaves((*path, name), child, paths, namedtuples) for name, child in children)


def _children(node: Any, namedtuples: Fields) -> list[tuple[str, Any]] | None:
    """The parts of a container with their keys, field names or positions."""
    parts = node.get("children_spec") if isinstance(node, dict) else None
    if not isinstance(parts, list):
        return None
    names = _keys(node.get("context"), len(parts), namedtuples)
    return list(zip(names, parts, strict=True))


def _keys(context: Any, count: int, namedtuples: Fields) -> list[str]:
    """Keys of a dictionary (a list), fields of a dataclass (a list in a list) or named tuple (its
    class is named), or positions."""
    try:
        keys = json.loads(context) if isinstance(context, str) else None
    except (ValueError, RecursionError):
        keys = None
    if isinstance(keys, str):
        keys = list(namedtuples.get(keys, ()))
    if isinstance(keys, list) and len(keys) == 2 and isinstance(keys[0], list):
        keys = keys[0]
    if isinstance(keys, list) and len(keys) == count:
        return [str(key) for key in keys]
    return [str(position) for position in range(count)]
