"""Writes a drawing as SVG: text stays text, nothing is loaded from elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Box, Drawing, Mark, Path, Text, positive
from torchatlas.views.render.paper.fonts import STACK, font_file, letters_of, subset

FONTS = ("embed", "name")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def svg(drawing: Drawing, *, width: float | None = None, fonts: str = "embed") -> str:
    """The drawing as one SVG file.

    Each text is told how wide it is, so that it fits also where another font draws it.

    Args:
        width: in CSS pixels; the drawing's own if left out. The height follows.
        fonts: "embed" puts the letters that are used into the file, so that browsers show the same
            everywhere; "name" only names the font, and the file is smaller.

    Raises:
        RunError: an option has no such value.
    """
    if fonts not in FONTS:
        raise RunError(f"there is no font option {fonts!r}; choose {' or '.join(FONTS)}")
    shown = drawing.width if width is None else positive("width", width)
    scale = shown / drawing.width
    faces = _faces(drawing) if fonts == "embed" else ""
    rules = f"text{{font-family:{STACK};font-kerning:none;white-space:pre}}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(shown)}" '
            f'height="{_n(drawing.height * scale)}" '
            f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" role="img" '
            f'font-family="{STACK}" aria-label={quoteattr(_label(drawing))}>',
            f"<title>{escape(drawing.title)}</title>",
            f"<desc>{escape(' '.join(drawing.notes))}</desc>",
            f"<style>{faces}{rules}</style>",
            f'<rect width="{_n(drawing.width)}" height="{_n(drawing.height)}" '
            f'fill="{drawing.background}"/>',
            *_groups(drawing),
            "</svg>",
            "",
        ]
    )


def _label(drawing: Drawing) -> str:
    return f"Architecture of {drawing.title}"


def _groups(drawing: Drawing) -> Iterator[str]:
    """Marks of one node in one group, which has the node's id in full as its tooltip."""
    names = {node.id: f"{node.id}  {node.title} {node.detail}".strip() for node in drawing.nodes}
    for (role, node), marks in groupby(drawing.marks, key=lambda mark: (mark.role, mark.node)):
        content = "".join(map(_mark, marks))
        named = node is not None and role in ("node", "group")
        title = f"<title>{escape(_xml(names.get(node or '', '')))}</title>" if named else ""
        identity = f" data-node={quoteattr(_xml(node))}" if named and node is not None else ""
        yield f'<g class="{role}"{identity}>{title}{content}</g>'


@singledispatch
def _mark(mark: Mark) -> str:
    raise TypeError(f"SVG draws no {type(mark).__name__}")


@_mark.register
def _(mark: Box) -> str:
    radius = f' rx="{_n(min(mark.radius, mark.height / 2))}"' if mark.radius else ""
    return (
        f'<rect x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" '
        f'height="{_n(mark.height)}"{radius}{_ink(mark)}/>'
    )


@_mark.register
def _(mark: Path) -> str:
    d = "".join(f"{segment[0]}{' '.join(map(_n, segment[1:]))}" for segment in mark.segments)
    cap = ' stroke-linecap="round" stroke-linejoin="round"' if mark.round else ""
    return f'<path d="{d}"{_ink(mark)}{cap}/>'


@_mark.register
def _(mark: Text) -> str:
    weight = ' font-weight="600"' if mark.weight == 600 else ""
    anchor = ' text-anchor="end"' if mark.anchor == "end" else ""
    halo = (
        f' stroke="{mark.halo}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
        if mark.halo
        else ""
    )
    length = f' textLength="{_n(mark.width)}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{_n(mark.x)}" y="{_n(mark.y)}" font-size="{_n(mark.size)}"{weight}{anchor}'
        f'{length} fill="{mark.colour}"{halo}>{escape(mark.text)}</text>'
    )


def _ink(mark: Box | Path) -> str:
    parts = [f' fill="{mark.fill or "none"}"']
    if mark.stroke:
        parts.append(f' stroke="{mark.stroke}"')
        if mark.line_width != 1:
            parts.append(f' stroke-width="{_n(mark.line_width)}"')
        if mark.dash:
            parts.append(f' stroke-dasharray="{" ".join(map(_n, mark.dash))}"')
    return "".join(parts)


def _faces(drawing: Drawing) -> str:
    """The letters that are used, in the two weights, as data inside the file."""
    return "".join(
        f"@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/woff;base64,"
        f"{base64.b64encode(subset(weight, used)).decode()}) format('woff')}}"
        for weight in (400, 600)
        if (used := _used(drawing.texts, weight))
    )


def _used(texts: Iterable[Text], weight: int) -> str:
    letters = {letter for text in texts if text.weight == weight for letter in text.text}
    return "".join(sorted(letters & letters_of(font_file(weight))))


def _n(number: float) -> str:
    """A length with two places at most."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _xml(text: str) -> str:
    """An id without letters that XML forbids."""
    return _FORBIDDEN.sub("\ufffd", text)
