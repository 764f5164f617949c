"""How do two trainings, or more, differ: over each other, and as differences?"""

from __future__ import annotations

import math
from collections import defaultdict

from torchatlas.errors import RunError
from torchatlas.run import Axis, Line, Panel, Role, Rule, Run, View
from torchatlas.run.view import Number
from torchatlas.views.gaps import gap_lines_or
from torchatlas.views.layer_series import LayerSeries, layer_series
from torchatlas.views.layer_statistics import STATISTICS, Statistic, statistic_named
from torchatlas.views.part import ratio_zones, sentence_case, statistic_axis, with_zones
from torchatlas.views.samples import MANY, Choice
from torchatlas.views.thinning import thinned

Others = tuple[tuple[str, Run], ...]
"""Name and run of each that is compared, the first of all first."""

HOW = ("overlay", "difference")
_ROLES: tuple[Role, ...] = ("neutral", "accent", "conv", "linear", "elementwise", "pool")
_MOST_METRICS = 4
_SHOWN = (("gradient", "norm"), ("update", "update-ratio"), ("parameter", "norm"))


def compared(
    run: Run,
    *,
    others: Others = (),
    how: str | None = None,
    quantity: str | None = None,
    statistic: str | None = None,
) -> View:
    """Curves and numbers by layer of several runs, one over the other, and how far apart they are.

    Args:
        others: the runs that are compared, of which `run` is one.
        how: "overlay" or "difference" alone; both without it.
        quantity, statistic: which number of the layers is compared; some without it.

    Raises:
        RunError: a word is none of those that are possible.
    """
    if how is not None and how not in HOW:
        raise RunError(f"how={how!r} is not possible; choose 'overlay' or 'difference'")
    if quantity is not None and quantity not in MANY:
        raise RunError(f"quantity={quantity!r} is not possible; choose among {', '.join(MANY)}")
    panels: list[Panel] = []
    if len(others) > 1:
        if statistic is None and quantity is None:
            panels += _curve_panels(others, how)
        for of, number in _asked(quantity, statistic):
            panels += _layer_panels(others, of, number, how)
    names = " and ".join(name for name, _ in others)
    return View(
        name="compared",
        title="Runs compared",
        subtitle=f"{names}: differences are from the first" if panels else "not measured",
        description=(
            "Curves of the runs over one another, their numbers by layer at the last step of "
            "each, and the difference of each later run from the first."
        ),
        panels=tuple(panels),
        gaps=()
        if panels
        else gap_lines_or(
            run,
            ("comparison",),
            "these runs have no number in common"
            if len(others) > 1
            else "there is one run alone: hand two to ta.compare(...)",
        ),
    )


def _asked(quantity: str | None, statistic: str | None) -> list[tuple[str, Statistic]]:
    if quantity is None and statistic is None:
        return [(of, STATISTICS[name]) for of, name in _SHOWN]
    known = STATISTICS.get(statistic or "norm")
    of = quantity or (known.quantities[0] if known else "gradient")
    return [(of, statistic_named(statistic or ("spread" if of == "activation" else "norm"), of))]


def _series(run: Run) -> dict[tuple[str, str], list[tuple[int, float | None]]]:
    """Points of each metric and split, of the lowest rank."""
    found: dict[tuple[str, str], dict[int, float | None]] = defaultdict(dict)
    table = run.tables.get("scalars")
    for row in sorted(table.rows() if table else (), key=lambda row: -(row["rank"] or 0)):
        if row["step"] is not None:
            found[row["name"] or "", row["split"] or ""][row["step"]] = row["value"]
    return {key: sorted(points.items()) for key, points in found.items()}


def _curve_panels(others: Others, how: str | None) -> list[Panel]:
    by_run = [(name, _series(run)) for name, run in others]
    keys = [
        key
        for key in dict.fromkeys(key for _, series in by_run for key in series)
        if sum(key in series for _, series in by_run) > 1
    ]
    keys.sort(key=lambda key: ("loss" not in key[0].lower(), key[1] != "test"))
    panels: list[Panel] = []
    for metric, split in keys[:_MOST_METRICS]:
        title = f"{metric} on {split}" if split else metric
        found = [
            (name, series[metric, split]) for name, series in by_run if (metric, split) in series
        ]
        if how != "difference":
            lines = tuple(_line(name, points, at) for at, (name, points) in enumerate(found))
            panels.append(Panel(title, Axis("optimizer steps"), Axis(metric), lines))
        if how != "overlay":
            panels += _curve_difference(title, metric, found)
    return panels


def _line(name: str, points: list[tuple[int, float | None]], at: int) -> Line:
    shown = thinned(points)
    return Line(
        tuple(float(step) for step, _ in shown),
        tuple(value for _, value in shown),
        name,
        _ROLES[at % len(_ROLES)],
        dashed=at == 0,
        markers=len(shown) <= 30,
    )


def _curve_difference(
    title: str, metric: str, found: list[tuple[str, list[tuple[int, float | None]]]]
) -> list[Panel]:
    """Each later run less the first, at the steps that both have."""
    first_name, first = found[0]
    base = dict(first)
    lines = []
    for at, (name, points) in enumerate(found[1:], start=1):
        both = [(step, _less(value, base[step])) for step, value in points if step in base]
        if both:
            lines.append(_line(f"{name} − {first_name}", both, at))
    if not lines:
        return []
    axis = Axis(f"difference of {metric}", scale="linear")
    note = "At the steps that both runs logged; below 0 the later run is lower."
    return [Panel(f"{title}: difference", Axis("optimizer steps"), axis, tuple(lines), note)]


def _less(value: Number, base: Number) -> Number:
    return None if value is None or base is None else value - base


def _layer_panels(
    others: Others, quantity: str, statistic: Statistic, how: str | None
) -> list[Panel]:
    """One number by layer at the last step of each run, and over that of the first."""
    found = [(name, layer_series(run, Choice(quantity), statistic)) for name, run in others]
    found = [(name, series) for name, series in found if series]
    if len(found) < 2:
        return []
    names = tuple(dict.fromkeys(one.name for _, series in found for one in series))
    x = Axis("layer, first to last", scale="category", categories=names)
    axis = statistic_axis(statistic, quantity)
    values = [(name, _last(series, names)) for name, series in found]
    places = tuple(map(float, range(len(names))))
    title = sentence_case(axis.label)
    panels = []
    if how != "difference":
        lines = tuple(
            Line(places, numbers, name, _ROLES[at % len(_ROLES)], dashed=at == 0, markers=True)
            for at, (name, numbers) in enumerate(values)
        )
        overlay = Panel(title, x, axis, lines, "At the last measured step of each run.")
        panels.append(with_zones(overlay, ratio_zones(statistic)))
    if how != "overlay":
        panels.append(_layer_difference(title, x, axis, statistic, values))
    return panels


def _last(series: list[LayerSeries], names: tuple[str, ...]) -> tuple[Number, ...]:
    by_name = {one.name: one.values[max(one.values)] for one in series if one.values}
    return tuple(by_name.get(name) for name in names)


def _layer_difference(
    title: str,
    x: Axis,
    axis: Axis,
    statistic: Statistic,
    values: list[tuple[str, tuple[Number, ...]]],
) -> Panel:
    """Of sizes how many times as large, of others the difference."""
    is_ratio = statistic.scale == "log"
    first_name, base = values[0]
    places = tuple(map(float, range(len(x.categories))))
    lines = []
    for at, (name, numbers) in enumerate(values[1:], start=1):
        apart = tuple(
            (_over(value, of) if is_ratio else _less(value, of))
            for value, of in zip(numbers, base, strict=True)
        )
        sign = "/" if is_ratio else "−"
        role = _ROLES[at % len(_ROLES)]
        lines.append(Line(places, apart, f"{name} {sign} {first_name}", role, markers=True))
    words = "times as large as in the first" if is_ratio else "difference from the first"
    y = Axis(words, "" if is_ratio else axis.unit, "log" if is_ratio else "linear")
    same = Rule("y", 1.0 if is_ratio else 0.0, "the same")
    return Panel(f"{title}: {'ratio' if is_ratio else 'difference'}", x, y, (*lines, same))


def _over(value: Number, base: Number) -> Number:
    if value is None or not base or not math.isfinite(base):
        return None
    return float(f"{value / base:.5g}")  # nearer than that, they are the same
