"""Names of modules, classes and metrics as they may be shown: on one line and not too long."""

from __future__ import annotations

import textwrap
import unicodedata

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories that break lines, steer terminals or turn the writing direction."""


def one_line(name: str) -> str:
    """The name with control, formatting and line-breaking characters written as escapes."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _UNSEEN
        else character
        for character in name
    )


def short(name: str, most: int) -> str:
    """The name on one line, with its middle left out when it has more than `most` characters."""
    name = one_line(name)
    if len(name) <= most:
        return name
    tail = (most - 1) * 2 // 3
    return f"{name[: most - 1 - tail]}…{name[len(name) - tail :]}"


def distinct(names: list[str], most: int) -> list[str]:
    """The names, each at most `most` characters: first without the path that all begin with.

    So `model.layers.0.fc` and `model.layers.1.fc` are still told apart when there is little room.
    """
    if max(map(len, names), default=0) <= most:
        return [one_line(name) for name in names]
    first, *others = (name.split(".") for name in names)
    shared = 0
    while others and all(path[: shared + 1] == first[: shared + 1] for path in others):
        if shared + 1 >= min(map(len, [first, *others])):
            break
        shared += 1
    begin = len(".".join(first[:shared])) + 1 if shared else 0
    return [short("…" * bool(begin) + name[begin:], most) for name in names]


def wrapped(sentence: str, width: int) -> str:
    """The sentence on lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(one_line(sentence), max(width, 20)))
