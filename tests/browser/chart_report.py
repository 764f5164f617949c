"""A report of charts of every kind: long series, NaN, gaps, 100 classes, hostile names."""

from __future__ import annotations

import math
from pathlib import Path

from tests.views.odd import BANDS, HISTOGRAM, LYING, RIDGES, SCATTER, STRIP
from tests.views.runs import run_of, small_graph

from torchatlas.report.html import render_html
from torchatlas.run import (
    Axis,
    Bars,
    Document,
    Heatmap,
    Line,
    Panel,
    Rule,
    Scatter,
    View,
)

POINTS = 20_000
SPIKE = 12_345
CLASSES = 100
FORMULA = "=HYPERLINK(evil)"
"""A class name that a spreadsheet would run."""

MARKUP = "<img src=x onerror=alert(1)>"


def write_report(path: Path) -> Path:
    """The report, written to a file."""
    run = run_of(graph=small_graph())
    views = (
        View("curves", "Curves", "made by hand", "Curves.", (_loss(), _accuracy())),
        View("confusion", "Confusion", "100 classes", "Confusion.", (_confusion(CLASSES),)),
        View("ridges", "Ridges", "odd", "Ridges.", (RIDGES,)),
        View("strips", "Strips", "odd", "Strips.", (STRIP,)),
        View("parameters", "Odd rows", "odd", "Rows.", (BANDS, LYING, HISTOGRAM)),
        View("work", "Work", "odd", "Points.", (SCATTER, _nodes())),
        View("cost", "Cost", "by node", "Bars.", (_bars(),), ("the rest: no time",)),
    )
    path.write_text(render_html(Document(run, views)), encoding="utf-8")
    return path


def _loss() -> Panel:
    steps = tuple(float(step) for step in range(POINTS))
    train: list[float | None] = [2.0 * math.exp(-step / 6000) + 0.05 for step in range(POINTS)]
    train[SPIKE] = 50.0
    train[500] = None
    train[700] = math.nan
    train[701] = math.nan
    train[15_000] = math.inf
    coarse = tuple(float(step) for step in range(0, POINTS, 1000))
    test = tuple(1.6 * math.exp(-step / 9000) + 0.4 for step in coarse)
    return Panel(
        "loss",
        Axis("optimizer steps"),
        Axis("loss", "nats", "log"),
        (
            Line(steps, tuple(train), "train", "train", dashed=True),
            Line(coarse, test, "test", "test", markers=True),
            Rule("x", 9000.0, "lowest test loss"),
        ),
    )


def _accuracy() -> Panel:
    return Panel(
        "accuracy",
        Axis("optimizer steps"),
        Axis("accuracy", "share"),
        (
            Line(
                (0.0, 5.0, 10.0, 15.0, 20.0), (0.2, 0.7, 0.9, 0.97, 0.991), "train", "train", True
            ),
            Line((0.0, 10.0, 20.0), (0.18, 0.8, 0.884), "test", "test", markers=True),
        ),
    )


def _confusion(classes: int) -> Panel:
    names = [f"class {i}" for i in range(classes)]
    names[1], names[2] = FORMULA, MARKUP
    values = [[0.0] * classes for _ in range(classes)]
    for i in range(classes):
        wrong = (7 * i + 3) % classes
        values[i][wrong] = 12.0 if i % 3 else 4.0
        values[i][i] += 100.0 - values[i][wrong] if wrong != i else 88.0
    axes = [
        Axis(f"{what} class", scale="category", categories=tuple(names))
        for what in ("predicted", "true")
    ]
    text = tuple(tuple(str(round(v / 2)) if v else "" for v in row) for row in values)
    mark = Heatmap(tuple(map(tuple, values)), "share of the true class", "%", text)
    return Panel("On test", axes[0], axes[1], (mark,))


def _nodes() -> Panel:
    nodes = ("block.fc", "block/add:0")
    return Panel(
        "Two nodes",
        Axis("operations", "FLOP", "log"),
        Axis("time", "s", "log"),
        (Scatter((1e6, 1e9), (1e-4, 1e-2), "node", "conv", nodes, nodes, (0, 1)),),
    )


def _bars() -> Panel:
    nodes = ("block.fc", "block/add:0", "input:x")
    bars = Bars(
        (0.002, 0.001, None),
        "forward",
        low=(0.001, 0.0005, None),
        high=(0.003, 0.002, None),
        nodes=nodes,
        missing=("", "", "an input takes no time"),
    )
    return Panel("Time", Axis("", scale="category", categories=nodes), Axis("time", "s"), (bars,))
