"""Writes a drawing as PNG, with the font of this package and without a browser."""

from __future__ import annotations

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Drawing, positive
from torchatlas.views.render.paper.fonts import FAMILY, font_file, letters_of, second_font
from torchatlas.views.render.paper.svg import svg

MOST_PIXELS = 200_000_000


def png(drawing: Drawing, *, width: float | None = None, density: float = 2.0) -> bytes:
    """The drawing as a PNG file.

    Args:
        width: in CSS pixels; the drawing's own if left out. The height follows.
        density: pixels for each CSS pixel; 2 is crisp on most screens, 4 in print.

    Raises:
        RunError: it would have more pixels than can be held.
        MissingDependency: the renderer is not installed.
    """
    resvg = require("resvg_py", "to draw the architecture as PNG", "paper")
    density = positive("density", density)
    source = svg(drawing, width=width, fonts="name")
    scale = density * (1 if width is None else width / drawing.width)
    across, down = round(drawing.width * scale), round(drawing.height * scale)
    if across * down > MOST_PIXELS:
        raise RunError(
            f"the picture would have {across:,} × {down:,} pixels; choose a lower depth, width or "
            "density, or save it as .svg or .pdf, which have no pixels"
        )
    second = second_font()
    fonts = [font_file(400), font_file(600)] + ([second] if second else [])
    covered = frozenset().union(*map(letters_of, fonts))
    return bytes(
        resvg.svg_to_bytes(
            svg_string=source,
            width=max(1, across),
            height=max(1, down),
            font_files=[str(path) for path in fonts],
            skip_system_fonts=set(drawing.letters) <= covered,
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )
