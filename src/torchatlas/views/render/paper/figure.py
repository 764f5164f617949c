"""Draws the architecture with matplotlib: lines and text, no picture."""

from __future__ import annotations

from functools import cache, singledispatch
from typing import Any

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from torchatlas.errors import RunError
from torchatlas.views.render.paper.drawing import Box, Drawing, Path, Text, positive
from torchatlas.views.render.paper.fonts import MISSING, font_file, letters_of, second_font

_PIXELS_PER_INCH = 96
_POINTS_PER_PIXEL = 0.75
_CODES = {"M": Outline.MOVETO, "L": Outline.LINETO, "C": Outline.CURVE4}


def figure(
    drawing: Drawing, *, width: float | None = None, figsize: tuple[float, float] | None = None
) -> Figure:
    """The drawing as a figure that pyplot does not know; notebooks show it.

    Args:
        width: in CSS pixels of which 96 are an inch; the drawing's own if left out.
        figsize: width and height in inches; the drawing is as large as fits into them.

    Raises:
        RunError: both sizes are given.
    """
    if width is not None and figsize is not None:
        raise RunError("give a width or a figsize, not both")
    scale = 1.0 if width is None else positive("width", width) / drawing.width
    size = (drawing.width * scale / _PIXELS_PER_INCH, drawing.height * scale / _PIXELS_PER_INCH)
    if figsize is not None:
        figsize = (positive("figsize[0]", figsize[0]), positive("figsize[1]", figsize[1]))
        scale *= min(figsize[0] / size[0], figsize[1] / size[1])
        size = figsize
    made = Figure(figsize=size, dpi=_PIXELS_PER_INCH, facecolor=drawing.background)
    axes = made.add_axes((0, 0, 1, 1))
    spare = (
        size[0] * _PIXELS_PER_INCH / scale - drawing.width,
        size[1] * _PIXELS_PER_INCH / scale - drawing.height,
    )
    axes.set_xlim(-spare[0] / 2, drawing.width + spare[0] / 2)
    axes.set_ylim(drawing.height + spare[1] / 2, -spare[1] / 2)
    axes.set_axis_off()
    for order, mark in enumerate(drawing.marks):
        _draw(mark, axes, _POINTS_PER_PIXEL * scale, order)
    return made


@singledispatch
def _draw(mark: Any, axes: Axes, scale: float, order: int) -> None:  # noqa: ARG001
    raise TypeError(f"matplotlib draws no {type(mark).__name__}")


@_draw.register
def _(mark: Box, axes: Axes, scale: float, order: int) -> None:
    style = f"round,pad=0,rounding_size={mark.radius}" if mark.radius else "square,pad=0"
    patch = FancyBboxPatch(
        (mark.x, mark.y), mark.width, mark.height, boxstyle=style, **_ink(mark, scale, order)
    )
    patch.set_gid(mark.node)
    axes.add_patch(patch)


@_draw.register
def _(mark: Path, axes: Axes, scale: float, order: int) -> None:
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, *numbers in mark.segments:
        if command == "Z":
            points.append(points[-1])
            codes.append(int(Outline.CLOSEPOLY))
            continue
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        points += pairs
        codes += [int(_CODES[command])] * len(pairs)
    cap = {"capstyle": "round", "joinstyle": "round"} if mark.round else {"capstyle": "butt"}
    outline = Outline(np.asarray(points), codes)
    axes.add_patch(PathPatch(outline, **_ink(mark, scale, order), **cap))


@_draw.register
def _(mark: Text, axes: Axes, scale: float, order: int) -> None:
    written = axes.text(
        mark.x,
        mark.y,
        "".join(letter if letter in _letters() else MISSING for letter in mark.text),
        fontfamily=_families()[mark.weight],
        fontsize=mark.size * scale,
        color=mark.colour,
        horizontalalignment="right" if mark.anchor == "end" else "left",
        verticalalignment="baseline",
        parse_math=False,
        zorder=order,
        clip_on=True,
    )
    if mark.halo:
        written.set_path_effects([withStroke(linewidth=4 * scale, foreground=mark.halo)])


def _ink(mark: Box | Path, scale: float, order: int) -> dict[str, Any]:
    line = mark.line_width * scale if mark.stroke else 0
    dash = (0, [length / mark.line_width for length in mark.dash]) if mark.dash else "-"
    return {
        "facecolor": mark.fill or "none",
        "edgecolor": mark.stroke or "none",
        "linewidth": line,
        "linestyle": dash,
        "zorder": order,
    }


@cache
def _families() -> dict[int, list[str]]:
    """Makes the font known to matplotlib; its own stands in for what that lacks."""
    families = {}
    for weight in (400, 600):
        path = font_file(weight)
        font_manager.fontManager.addfont(path)
        name = font_manager.get_font(str(path)).family_name
        families[weight] = [name, "DejaVu Sans"]
    return families


@cache
def _letters() -> frozenset[str]:
    second = second_font()
    return letters_of(font_file(400)) | (letters_of(second) if second else frozenset())
