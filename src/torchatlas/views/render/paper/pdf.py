"""Writes a drawing as PDF: lines stay lines, text stays text, the font is embedded."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import singledispatch
from pathlib import Path as FilePath
from typing import Any

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Box, Drawing, Mark, Path, Text, positive
from torchatlas.views.render.paper.fonts import runs

PAGES_MM = {
    "A5": (148.0, 210.0),
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
}
FITS = ("page", "width")
POINTS_PER_PIXEL = 0.75
POINTS_PER_MM = 72 / 25.4
LARGEST_PAGE = 14_400.0
"""Points; readers refuse more."""
MARGIN_MM = 10.0
_HALO = 2.0


def pdf(
    drawing: Drawing,
    *,
    page: str | tuple[float, float] = "drawing",
    fit: str = "page",
    margin: float = MARGIN_MM,
) -> bytes:
    """The drawing as a PDF file.

    Args:
        page: "drawing" makes the page as large as the drawing. Else "A4", "A3", "letter", ... or
            "A4-landscape", or width and height in millimetres.
        fit: of a page of a given size: "page" puts all of the drawing on one page; "width" fills
            the width and goes on over as many pages as the height needs.
        margin: around the drawing on a page of a given size, in millimetres.

    Raises:
        RunError: an option has no such value.
        MissingDependency: the PDF writer is not installed.
    """
    require("reportlab", "to draw the architecture as PDF", "paper")
    from reportlab.pdfgen.canvas import Canvas

    if fit not in FITS:
        raise RunError(f"there is no fit {fit!r}; choose {' or '.join(FITS)}")
    content = io.BytesIO()
    canvas = Canvas(content, pageCompression=1, invariant=1)
    canvas.setTitle(drawing.title)
    canvas.setCreator("TorchAtlas")
    canvas.setSubject(" ".join(drawing.notes))
    for sheet in _sheets(drawing, page, fit, margin):
        canvas.setPageSize((sheet.width, sheet.height))
        _paint(canvas, drawing, sheet)
        canvas.showPage()
    canvas.save()
    return content.getvalue()


class _Sheet:
    """One page: its size in points, and the part of the drawing on it, `top` to `bottom`."""

    def __init__(
        self, size: tuple[float, float], scale: float, left: float, head: float, part: _Part
    ) -> None:
        self.width, self.height = size
        self.scale, self.left, self.head = scale, left, head
        self.top, self.bottom = part


_Part = tuple[float, float]


def _sheets(
    drawing: Drawing, page: str | tuple[float, float], fit: str, margin: float
) -> Iterator[_Sheet]:
    if page == "drawing":
        longest = max(drawing.width, drawing.height) * POINTS_PER_PIXEL
        scale = POINTS_PER_PIXEL * min(1.0, LARGEST_PAGE / longest)
        size = (drawing.width * scale, drawing.height * scale)
        yield _Sheet(size, scale, 0, 0, (0, drawing.height))
        return
    width, height = _page_size(page)
    edge = (margin and positive("margin", margin)) * POINTS_PER_MM
    room = (width - 2 * edge, height - 2 * edge)
    if min(room) <= 0:
        raise RunError(f"margins of {margin} mm leave no room on a page of {page}")
    across = min(room[0] / drawing.width, POINTS_PER_PIXEL)
    scale = min(across, room[1] / drawing.height) if fit == "page" else across
    left = (width - drawing.width * scale) / 2
    for part in _parts(drawing, room[1] / scale):
        yield _Sheet((width, height), scale, left, edge, part)


def _page_size(page: str | tuple[float, float]) -> tuple[float, float]:
    if isinstance(page, str):
        found = re.fullmatch(r"(\w+?)(-landscape|-portrait)?", page)
        known = {name.lower(): size for name, size in PAGES_MM.items()}
        if found is None or found[1].lower() not in known:
            raise RunError(
                f'there is no page {page!r}; choose "drawing", {", ".join(PAGES_MM)}, one of them '
                "with -landscape behind it, or width and height in millimetres"
            )
        width, height = known[found[1].lower()]
        if found[2] == "-landscape":
            width, height = height, width
    else:
        if len(page) != 2:
            raise RunError(f"a page is a width and a height in millimetres, and not {page!r}")
        width, height = (positive("page", side) for side in page)
    return width * POINTS_PER_MM, height * POINTS_PER_MM


def _parts(drawing: Drawing, height: float) -> Iterator[_Part]:
    """Cuts a drawing into pages where the fewest lines of text and boxes are cut."""
    top = 0.0
    closed = [(node.y, node.y + node.height) for node in drawing.nodes if not node.open]
    while drawing.height - top > height * 1.0001:
        wanted = top + height
        cut = [start for start, end in closed if start < wanted < end and start > top + height / 2]
        bottom = max(min(cut) - 4, top + height / 2) if cut else wanted
        yield top, bottom
        top = bottom
    yield top, drawing.height


def _paint(canvas: Any, drawing: Drawing, sheet: _Sheet) -> None:
    from reportlab.lib.colors import HexColor

    canvas.setFillColor(HexColor(drawing.background))
    canvas.rect(0, 0, sheet.width, sheet.height, stroke=0, fill=1)
    canvas.saveState()
    height = (sheet.bottom - sheet.top) * sheet.scale
    window = canvas.beginPath()
    window.rect(0, sheet.height - sheet.head - height, sheet.width, height)
    canvas.clipPath(window, stroke=0, fill=0)
    down = sheet.height - sheet.head + sheet.top * sheet.scale
    canvas.transform(sheet.scale, 0, 0, -sheet.scale, sheet.left, down)
    for mark in drawing.marks:
        if _is_on(mark, sheet):
            _draw(mark, canvas)
    canvas.restoreState()


def _is_on(mark: Mark, sheet: _Sheet) -> bool:
    """Whether a mark is in a page's part of the drawing: text on two pages would be there twice."""
    if isinstance(mark, Text):
        return sheet.top <= mark.y < sheet.bottom
    if isinstance(mark, Box):
        return mark.y <= sheet.bottom and mark.y + mark.height >= sheet.top
    rows = [y for _, *numbers in mark.segments for y in numbers[1::2]]
    return min(rows) <= sheet.bottom and max(rows) >= sheet.top


@singledispatch
def _draw(mark: Any, canvas: Any) -> None:  # noqa: ARG001 (those registered use it)
    raise TypeError(f"PDF draws no {type(mark).__name__}")


@_draw.register
def _(mark: Box, canvas: Any) -> None:
    stroke, fill = _ink(mark, canvas)
    radius = min(mark.radius, mark.height / 2)
    if radius:
        canvas.roundRect(mark.x, mark.y, mark.width, mark.height, radius, stroke=stroke, fill=fill)
    else:
        canvas.rect(mark.x, mark.y, mark.width, mark.height, stroke=stroke, fill=fill)


@_draw.register
def _(mark: Path, canvas: Any) -> None:
    stroke, fill = _ink(mark, canvas)
    canvas.setLineCap(1 if mark.round else 0)
    path = canvas.beginPath()
    for command, *numbers in mark.segments:
        if command == "M":
            path.moveTo(*numbers)
        elif command == "L":
            path.lineTo(*numbers)
        elif command == "C":
            path.curveTo(*numbers)
        else:
            path.close()
    canvas.drawPath(path, stroke=stroke, fill=fill)


@_draw.register
def _(mark: Text, canvas: Any) -> None:
    from reportlab.lib.colors import HexColor

    pieces = [(piece, _registered(file)) for piece, file in runs(mark.text, mark.weight)]
    width = sum(canvas.stringWidth(piece, font, mark.size) for piece, font in pieces)
    if mark.halo:
        canvas.setFillColor(HexColor(mark.halo))
        top = mark.y - mark.size * 0.8
        rim = (mark.left - _HALO, top - 1, mark.width + 2 * _HALO, mark.size + 2)
        canvas.rect(*rim, stroke=0, fill=1)
    line = canvas.beginText()
    line.setTextTransform(1, 0, 0, -1, mark.left, mark.y)
    line.setFillColor(HexColor(mark.colour))
    line.setHorizScale(100 * mark.width / width if width > mark.width + 0.01 else 100)
    for piece, font in pieces:
        line.setFont(font, mark.size)
        line.textOut(piece)
    canvas.drawText(line)


def _ink(mark: Box | Path, canvas: Any) -> tuple[int, int]:
    """Sets colours and line, and says whether there are a stroke and a fill."""
    from reportlab.lib.colors import HexColor

    if mark.fill:
        canvas.setFillColor(HexColor(mark.fill))
    if mark.stroke:
        canvas.setStrokeColor(HexColor(mark.stroke))
        canvas.setLineWidth(mark.line_width)
        canvas.setDash(list(mark.dash))
    return int(mark.stroke is not None), int(mark.fill is not None)


def _registered(file: FilePath) -> str:
    """The name under which the PDF writer knows a font file."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    name = f"TorchAtlas-{file.stem}"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(file)))
    return name
