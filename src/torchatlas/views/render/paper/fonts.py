"""The font of drawings: Inter, under the SIL Open Font License, as files in this package."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

from torchatlas._optional import require
from torchatlas.errors import RunError

FAMILY = "Inter"
FILES = {400: "Inter-Regular.ttf", 600: "Inter-SemiBold.ttf"}
STACK = (
    "Inter, 'SF Pro Text', -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Liberation Sans', sans-serif"
)
MISSING = "\u25a1"
"""Stands for a letter that no font at hand has."""


@cache
def font_file(weight: int) -> Path:
    """Where the font of a weight lies, as a file that other programs can open.

    Raises:
        RunError: it is missing from this installation.
    """
    resource = files("torchatlas.views.render.paper") / "bundle" / FILES[weight]
    with as_file(resource) as path:
        if not path.is_file():
            raise RunError(
                f"the font {FILES[weight]} is missing from this installation; in a source checkout "
                "build it with `make viewer`, else install torchatlas again"
            )
        return path


@cache
def second_font() -> Path | None:
    """DejaVu Sans, where matplotlib is installed: it has letters that Inter has not."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return path if path.is_file() else None


@cache
def letters_of(path: Path) -> frozenset[str]:
    """Which letters a font has."""
    fonts = require("fontTools.ttLib", "to read the font of drawings", "paper")
    with fonts.TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def subset(weight: int, letters: str) -> bytes:
    """The font with these letters alone, as WOFF. Same letters, same bytes."""
    subsetter = require("fontTools.subset", "to put the font into a drawing", "paper")
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    options = subsetter.Options(
        flavor="woff", layout_features=[], hinting=False, notdef_outline=True, name_IDs=[1, 2]
    )
    font = subsetter.load_font(font_file(weight), options)
    for layout in {"GSUB", "GPOS", "GDEF"} & set(font.keys()):
        del font[layout]  # they would be read in whole, only to be left out
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    worker = subsetter.Subsetter(options)
    worker.populate(text=letters)
    worker.subset(font)
    content = io.BytesIO()
    subsetter.save_font(font, content, options)
    font.close()
    return content.getvalue()


def runs(text: str, weight: int) -> Iterator[tuple[str, Path]]:
    """A text in pieces of one font each; letters that none has become a hollow square.

    Stretches that are written from right to left are turned round, since writers that place letter
    after letter begin at the left.
    """
    first = font_file(weight)
    fonts = [first] + [second for second in [second_font()] if second is not None]
    piece, current = "", first
    for letter in right_to_left(text):
        drawn = letter
        font = next((one for one in fonts if letter in letters_of(one)), None)
        if font is None:
            font, drawn = first, MISSING
        if font != current and piece:
            yield piece, current
            piece = ""
        piece, current = piece + drawn, font
    if piece:
        yield piece, current


def right_to_left(text: str) -> str:
    """A text with its right-to-left stretches in the order in which they are seen."""
    import unicodedata

    shown: list[str] = []
    stretch: list[str] = []
    waiting: list[str] = []
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            stretch += [*waiting, letter]
            waiting = []
        elif stretch and kind in ("WS", "NSM", "CS", "ES", "ON"):
            waiting.append(letter)
        else:
            shown += [*reversed(stretch), *waiting, letter]
            stretch, waiting = [], []
    return "".join([*shown, *reversed(stretch), *waiting])
