"""A view with one of every mark, names of strangers, and values that have no place on an axis."""

from __future__ import annotations

import math

from torchatlas.run import (
    Axis,
    Band,
    Bars,
    Envelope,
    Heatmap,
    Histogram,
    Line,
    Panel,
    Ridges,
    Rule,
    Scatter,
    View,
    Zone,
)

NAN, INF = math.nan, math.inf

NAMES = (
    "<script>alert(1)</script>",
    "$\\frac{a}{b}$ and $x$",
    "<b>bold</b>",
    "a\nb\x1b[31mred",
    "_hidden",
    "%{y}",
    "layer.with.a.very.long.name.that.goes.on.and.on.and.does.not.end.conv1.weight",
)

LINES = Panel(
    "Lines $y$ <b>",
    Axis("step"),
    Axis("loss $\\alpha$", "nats", "log"),
    (
        Line((0.0, 1.0, 2.0, 3.0), (1.0, 0.5, NAN, 0.2), "<b>train</b>", "train", True, True),
        Line((0.0, 1.0, 2.0, 3.0), (2.0, None, INF, 0.0), "test $t$", "test"),
        Rule("x", 3.0, "lowest <b>$l$</b>"),
    ),
    note="A note with $x$ and <b>.",
)
SYMLOG = Panel(
    "Symlog",
    Axis("step"),
    Axis("weight", "", "symlog"),
    (Line((0.0, 1.0, 2.0, 3.0), (-100.0, -0.001, 0.0, 10.0), "w"), Rule("y", 1.0, "one")),
)
BANDS = Panel(
    "Bands",
    Axis("|x|", "", "log"),
    Axis("", scale="category", categories=NAMES),
    (
        Band(
            low=(0.1, 0.1, 0.0, None, NAN, 0.1, 0.1),
            middle=(1.0, 1.0, 0.0, None, NAN, 1.0, 0.5),
            high=(10.0, 10.0, 0.0, None, NAN, INF, 2.0),
            label="band $b$",
            role="weights",
            nodes=NAMES,
        ),
    ),
)
LYING = Panel(
    "Lying bars",
    Axis("", scale="category", categories=NAMES),
    Axis("time", "s"),
    (
        Bars(
            (1e-3, 2e-3, NAN, None, INF, 0.0, 4e-3),
            "forward",
            "neutral",
            low=(5e-4,) * 7,
            high=(2e-3,) * 7,
        ),
        Bars((2e-3,) * 7, "backward", "gradients"),
        Rule("y", 3e-3, "budget"),
    ),
)
UPRIGHT = Panel(
    "Upright bars",
    Axis("", scale="category", categories=("same", "same", "$c$")),
    Axis("accuracy", "%"),
    (
        Bars((90.0, None, NAN), "accuracy", "test", (85.0, 80.0, 0.0), (95.0, 90.0, 0.0)),
        Line((0.0, 1.0, 2.0), (50.0, 50.0, 50.0), "chance"),
    ),
)
HISTOGRAM = Panel(
    "Histogram",
    Axis("value", "", "symlog"),
    Axis("count"),
    (
        Histogram(
            (-1.0, -0.1, -0.01, 0.01, 0.1, 1.0),
            (1.0, 5.0, 0.0, 4.0, 2.0),
            "h $x$",
            "activations",
            zero=3.0,
        ),
    ),
)
MATRIX = Panel(
    "Matrix",
    Axis("predicted class", scale="category", categories=NAMES[:3]),
    Axis("true class", scale="category", categories=NAMES[:3]),
    (
        Heatmap(
            ((1.0, NAN, None), (INF, 0.0, 50.0), (2.0, 3.0, 100.0)),
            "share $s$",
            "%",
            text=(("1", "", ""), ("", "", "<b>"), ("", "", "9")),
        ),
    ),
)
STRIP = Panel(
    "Strip",
    Axis("layer", scale="category", categories=NAMES),
    Axis("", scale="category", categories=("spread",)),
    (Heatmap(((1e-6, 0.0, None, NAN, INF, 1.0, 10.0),), "spread $s$", scale="log", nodes=NAMES),),
)
RIDGES = Panel(
    "Ridges",
    Axis("value", "", "symlog"),
    Axis("", scale="category", categories=NAMES[:4]),
    (
        Ridges(
            edges=(-1.0, -0.1, -0.01, 0.01, 0.1, 1.0),
            shares=((0.1, 0.2, 0.0, 0.2, 0.1), (), (0.0,) * 5, (0.0, 0.5, 0.0, 0.5, 0.0)),
            label="r $x$",
            role="weights",
            zero=(0.4, None, 1.0, 0.0),
            spread=(0.5, None, None, INF),
            odd=("", "", "2 NaN", "1 Inf"),
            nodes=NAMES[:4],
            missing=("", "the <b>reason</b>", "", ""),
            filled="last",
        ),
    ),
)
SCATTER = Panel(
    "Scatter",
    Axis("work", "FLOP", "log"),
    Axis("time", "s", "log"),
    (
        Scatter(
            (1e3, 1e6, 1e9, None, 1e6, 0.0),
            (1e-6, 1e-3, 1.0, 1e-3, NAN, 1e-2),
            "conv $c$",
            "conv",
            NAMES[:6],
            NAMES[:6],
            (0, 2),
        ),
        Scatter((1e4, None), (INF, None), "<b>norm</b>", "norm", NAMES[:2], NAMES[:2]),
        Line((1e3, 1e9), (1e-6, 1.0), "median $m$", dashed=True),
    ),
)

LAYERS = Panel(
    "Along <b>layers</b> $x$",
    Axis("layer", scale="category", categories=NAMES[:4]),
    Axis("update / weight", "", "log"),
    (
        Zone("y", 1e-4, 1e-2, "folklore <b>$z$</b>"),
        Zone("x", 1.0, 2.0, "hole $h$", hatched=True),
        Envelope((0.0, 1.0, 2.0, 3.0), (1e-3, 0.0, None, NAN), (1e-2, 1e-1, None, INF), "all $e$"),
        Line((0.0, 1.0, 2.0, 3.0), (5e-3, None, NAN, 1e-3), "median <i>", "updates", markers=True),
    ),
)
SIGNED = Panel(
    "Signed",
    Axis("step", scale="category", categories=("0", "10", "20", "30")),
    Axis("layer", scale="category", categories=NAMES[:2]),
    (
        Heatmap(
            ((-1.0, 0.0, 1e-9, 1.0), (None, NAN, INF, -INF)),
            "mean $m$",
            scale="symlog",
            row_nodes=NAMES[:2],
            steps=(0, 10, 20, 30),
        ),
        Rule("x", 1.5, ""),
    ),
)

ODD = View(
    "odd",
    "<i>Title</i> $x$ %{x}",
    "subtitle $a_b$ <b>",
    "Everything odd at once.",
    (
        LINES,
        SYMLOG,
        BANDS,
        LYING,
        UPRIGHT,
        HISTOGRAM,
        MATRIX,
        STRIP,
        RIDGES,
        SCATTER,
        LAYERS,
        SIGNED,
    ),
    gaps=("fc: <b>no</b> $x$ gradients", *(f"gap {index}" for index in range(9))),
)

EMPTY = View("empty", "Empty", "nothing", "Nothing.", (), ("the <b>reason</b> is $x$ this",))

_CATEGORY = Axis("", scale="category")
BLANK = View(
    "blank",
    "Blank panels",
    "no values",
    "No values.",
    (
        Panel("no points", Axis("x"), Axis("y"), (Line((), (), "l"), Line((0.0,), (None,), "m"))),
        Panel("all NaN", Axis("x"), Axis("y"), (Line((0.0, 1.0), (NAN, NAN), "n"),)),
        Panel("no bars", _CATEGORY, Axis("v"), (Bars((), "n"),)),
        Panel("no cells", _CATEGORY, _CATEGORY, (Heatmap((), "n"),)),
        Panel(
            "zeros",
            Axis("v", "", "symlog"),
            Axis("n"),
            (Histogram((-1.0, 1.0), (0.0,), "z", zero=5.0),),
        ),
        Panel("no marks", Axis("v"), Axis("n"), ()),
        Panel("no scatter", Axis("v"), Axis("n"), (Scatter((), (), "s"),)),
        Panel("only lanes", Axis("v"), Axis("n"), (Scatter((None, NAN), (1.0, None), "s"),)),
        Panel("no ridges", Axis("v", scale="symlog"), _CATEGORY, (Ridges((-1.0, 1.0), (), "r"),)),
        Panel(
            "one row",
            Axis("|x|", "", "log"),
            Axis("", scale="category", categories=("fc",)),
            (Band((None,), (None,), (None,), "b"),),
        ),
    ),
)
