"""Runs the viewer's layout code in an embedded JavaScript engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.run import Document, to_json
from torchatlas.views.render.paper.drawing import Drawing, drawing_of
from torchatlas.views.render.theme import theme_named

DIRECTIONS = ("TB", "LR")
SCALES = ("log", "linear")
BARE_TABLES = ("nodes", "folds")
"""Tables that a drawing without colours rests on."""


def draw_architecture(
    document: Document,
    *,
    depth: int | Literal["all"] | None = None,
    fold: bool = True,
    expand: Sequence[str] = (),
    color: str | Mapping[str, float | None] | None = "auto",
    scale: str | None = None,
    direction: str = "TB",
    theme: str = "light",
    title: str | None = None,
    frame: bool = True,
) -> Drawing:
    """What the viewer draws of a run's graph for the same open groups, as plain data.

    Args:
        document: the run with its tables `nodes` and `folds`, and those it is coloured by.
        depth: levels of groups that are open: 0 shows the outermost, "all" everything but the
            inside of single layers. Left out, as many as can be read on a page.
        fold: whether identical neighbouring blocks are drawn once, with their number.
        expand: ids of groups that are opened beside those.
        color: what nodes are coloured by: a measure of the viewer ("parameters", "flops", "time",
            "weights", "gradients", "activations", "bytes", "held"), a column as
            "cost.time_s[phase=backward]", or numbers by node id, None for one not measured. "auto"
            is what the viewer begins with; None gives no colours.
        scale: "log" or "linear"; left out, logarithmic unless a number is negative.
        direction: "TB" (top to bottom) or "LR" (left to right).
        theme: "light" or "dark".
        title: over the drawing; the run's name if left out.
        frame: whether title, notes and legend are drawn.

    Raises:
        RunError: an option has no such value, a group that was named is not in the graph, or the
            run has no graph.
        MissingDependency: the JavaScript engine is not installed.
    """
    quickjs = require("quickjs", "to lay out the architecture without a browser", "paper")
    theme_named(theme)
    if depth is not None and depth != "all" and not (isinstance(depth, int) and depth >= 0):
        raise RunError(f'depth is {depth!r}; it is a number of levels, "all" or None')
    _check("direction", direction, DIRECTIONS)
    if scale is not None:
        _check("scale", scale, SCALES)
    graph = document.run.graph
    if graph is None or not graph.nodes:
        raise RunError(f"{document.run.name} has no graph that could be drawn")
    if isinstance(expand, str):
        expand = (expand,)
    unknown = [node for node in expand if node not in graph.nodes]
    if unknown:
        raise RunError(f"cannot expand {unknown[0]!r}: the graph has no node of that id")
    options = {
        "depth": depth,
        "fold": fold,
        "expand": list(expand),
        "color": color if isinstance(color, str) else None,
        "overlay": _overlay(color) if isinstance(color, Mapping) else None,
        "scale": scale,
        "direction": direction,
        "theme": theme,
        "title": title,
        "frame": frame,
    }
    request = {"document": to_json(_needed(document, color)), "options": options}
    answer = _run(quickjs, json.dumps(request))
    if "error" in answer:
        raise RunError(answer["error"])
    return drawing_of(answer["drawing"])


def _check(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise RunError(f"there is no {name} {value!r}; choose {' or '.join(known)}")


def _overlay(values: Mapping[str, float | None]) -> dict[str, Any]:
    cells = {node: None if value is None else _json_number(value) for node, value in values.items()}
    return {"label": "Given values", "unit": "", "values": cells}


def _json_number(value: float) -> float | str:
    """JSON has no NaN and no infinity: they are written as words, as everywhere in a document."""
    number = float(value)
    if number != number:
        return "NaN"
    return number if abs(number) != float("inf") else "Infinity" if number > 0 else "-Infinity"


def _needed(document: Document, color: object) -> Document:
    """Without what no drawing shows: it would have to be read by the engine."""
    run = replace(document.run, findings=())
    if not isinstance(color, str):
        tables = {name: run.tables[name] for name in BARE_TABLES if name in run.tables}
        run = replace(run, tables=tables, backward=None, gaps=())
    return Document(run, ())


def _run(quickjs: Any, request: str) -> dict[str, Any]:
    """One engine for one drawing: nothing is kept from one to the next."""
    context = quickjs.Context()
    context.eval(_program())
    answer: dict[str, Any] = json.loads(context.get("drawArchitecture")(request))
    return answer


@cache
def _program() -> str:
    return bundled("paper.js").decode()


@cache
def bundled(name: str) -> bytes:
    """A file that was built into the package.

    Raises:
        RunError: it is missing from this installation.
    """
    try:
        return (files("torchatlas.views.render.paper") / "bundle" / name).read_bytes()
    except FileNotFoundError as error:
        raise RunError(
            f"{name}, which drawings are made with, is missing from this installation; in a source "
            "checkout build it with `make viewer`, else install torchatlas again"
        ) from error
