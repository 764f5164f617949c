"""Where in the model, and when in the training, did a number leave the range of its neighbours?"""

from __future__ import annotations

from torchatlas.errors import RunError
from torchatlas.run import Panel, Run, View
from torchatlas.views.gaps import gap_lines, gap_lines_or
from torchatlas.views.heat_strip import heat_strip
from torchatlas.views.layer_series import layer_series
from torchatlas.views.layer_statistics import STATISTICS, Statistic, statistic_named
from torchatlas.views.part import sentence_case, statistic_axis, statistic_basis
from torchatlas.views.samples import MANY, Choice

_SHOWN = (
    ("gradient", "norm"),
    ("parameter", "norm"),
    ("activation", "spread"),
    ("activation", "dead"),
    ("activation", "saturated"),
)
_ODD = (("gradient", "nonfinite"), ("activation", "nonfinite"), ("parameter", "nonfinite"))
"""Shown only where any value is not finite."""

_WHATS = tuple(word for pair in MANY.items() for word in pair)


def history(run: Run, *, quantity: str | None = None, statistic: str | None = None) -> View:
    """Heat strips, a row a layer and a column a step, for what was measured at several steps.

    Args:
        quantity: "parameter", "activation", "gradient" or "update": only that one.
        statistic: only that number, such as "norm"; see `torchatlas.views.layer_statistics`.

    Raises:
        RunError: there is no such quantity or number.
    """
    if quantity is not None and quantity not in MANY:
        raise RunError(f"quantity={quantity!r} is not possible; choose among {', '.join(MANY)}")
    panels = [_strip(run, of, each) for of, each in _asked(quantity, statistic)]
    found = tuple(panel for panel in panels if panel)
    return View(
        name="history",
        title="Through training, layer by step",
        subtitle="first layer on top, a column a step" if found else "not measured",
        description=(
            "Of each layer (rows, first on top) at each optimizer step (columns): the norm of its "
            "gradients, the update beside the weight, and other numbers that were recorded."
        ),
        panels=found,
        gaps=gap_lines(run, _WHATS)
        if found
        else gap_lines_or(run, _WHATS, "nothing was measured at more than one step"),
    )


def _asked(quantity: str | None, statistic: str | None) -> list[tuple[str, Statistic]]:
    if statistic is None:
        shown = [pair for pair in (*_SHOWN, *_ODD) if quantity in (None, pair[0])]
        return [(of, STATISTICS[name]) for of, name in shown]
    known = STATISTICS.get(statistic)
    of = [quantity] if quantity is not None else list(known.quantities if known else MANY)
    return [(name, statistic_named(statistic, name)) for name in of]


def _strip(run: Run, quantity: str, statistic: Statistic) -> Panel | None:
    choice = Choice(quantity)
    series = layer_series(run, choice, statistic)
    if len({step for one in series for step in one.values}) < 2:
        return None
    if statistic.name == "nonfinite" and not any(v for one in series for v in one.values.values()):
        return None
    title = sentence_case(statistic_axis(statistic, quantity).label)
    if statistic.name in ("dead", "saturated"):
        title = sentence_case(statistic.label)
    return heat_strip(run, title, series, statistic, statistic_basis(run, choice, series))
