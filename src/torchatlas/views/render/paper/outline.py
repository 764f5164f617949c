"""Writes the architecture as an indented tree, for a terminal."""

from __future__ import annotations

from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Drawing, DrawnNode

_LEAST_WIDTH = 40


def outline(drawing: Drawing, *, width: int = 100) -> str:
    """The nodes that are drawn, inner ones indented, each with the number that it is coloured by.

    Args:
        width: in letters; what is longer is cut with an ellipsis.

    Raises:
        RunError: the width is too small for a tree.
    """
    if width < _LEAST_WIDTH:
        raise RunError(f"a tree of nodes is at least {_LEAST_WIDTH} letters wide, not {width}")
    head = [drawing.title, *drawing.notes]
    values = [_value(node) for node in drawing.nodes]
    column = max(map(len, values), default=0)
    if drawing.legend:
        head.append(f"right: {drawing.legend}")
    rows = [
        _row(stem + _words(node), value, width, column)
        for node, stem, value in zip(drawing.nodes, _stems(drawing.nodes), values, strict=True)
    ]
    return "\n".join([*(_cut(line, width) for line in head), "", *rows]) + "\n"


def _words(node: DrawnNode) -> str:
    sign = "▾ " if node.open else ""
    count = f" ×{node.count}" if node.count > 1 else ""
    return f"{sign}{node.title}{count} {node.detail}".rstrip()


def _value(node: DrawnNode) -> str:
    return node.value or ("not measured" if node.state == "unmeasured" else "")


def _row(words: str, value: str, width: int, column: int) -> str:
    if not column:
        return _cut(words, width)
    room = width - column - 2
    return f"{_cut(words, room):<{room}}  {value:>{column}}".rstrip()


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _stems(nodes: tuple[DrawnNode, ...]) -> list[str]:
    """What stands before each node: lines that join it with the group around it."""
    stems: list[str] = []
    follows: dict[int, bool] = {}
    for node in reversed(nodes):
        last = not follows.get(node.depth, False)
        bars = "".join("│  " if follows.get(level) else "   " for level in range(1, node.depth))
        stems.append(bars + ("└─ " if last else "├─ "))
        follows[node.depth] = True
        for level in [level for level in follows if level > node.depth]:
            del follows[level]
    return stems[::-1]
