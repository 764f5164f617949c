"""One number of a layer at a step: the statistics that charts over layers and steps show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from torchatlas.errors import RunError
from torchatlas.run import Run, bin_keys
from torchatlas.run.view import Number
from torchatlas.views.samples import Sample

SATURATED = 15 / 16
"""|tanh| from here on counts as saturated, and a sigmoid this near to 0 or 1: an edge of the bins,
so that the count is exact."""

SATURATING = {"tanh": "tanh", "sigmoid": "sigmoid"}


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number of a layer.

    Attributes:
        of: works it out of the samples of a layer at one step; None where it has none.
        scale: what suits its axis and its colours.
        quantities: what it can be asked of.
        without_biases: whether biases would only blur it.
    """

    name: str
    label: str
    of: Callable[[list[Sample], str], Number]
    unit: Literal["", "%"] = ""
    scale: Literal["linear", "log", "symlog"] = "log"
    quantities: tuple[str, ...] = ("parameter", "activation", "gradient", "update")
    without_biases: bool = False


def _norm(found: list[Sample], _: str) -> Number:
    return math.sqrt(sum(sample.norm**2 for sample in found))


def _moments(found: list[Sample]) -> tuple[float, float, float]:
    """Finite values, their sum and the sum of their squares, samples counted as wholes."""
    finite = sum(sample.summary.finite * sample.weight for sample in found)
    total = sum(sample.summary.total * sample.weight for sample in found)
    return finite, total, sum(sample.summary.total_squares * sample.weight for sample in found)


def _spread(found: list[Sample], _: str) -> Number:
    finite, total, squares = _moments(found)
    if not finite:
        return math.nan if any(sample.summary.count for sample in found) else None
    if not math.isfinite(squares):
        return math.inf
    return math.sqrt(max(0.0, squares / finite - (total / finite) ** 2))


def _mean(found: list[Sample], _: str) -> Number:
    finite, total, _squares = _moments(found)
    if not finite:
        return math.nan if any(sample.summary.count for sample in found) else None
    return total / finite


def _zeros(found: list[Sample], _: str) -> Number:
    whole = sum(sample.summary.count * sample.weight for sample in found)
    zeros = sum(sample.summary.zero * sample.weight for sample in found)
    return 100 * zeros / whole if whole else None


def _nonfinite(found: list[Sample], _: str) -> Number:
    return float(sum(sample.summary.nonfinite for sample in found))


def _dead(found: list[Sample], _: str) -> Number:
    units = sum(sample.units or 0 for sample in found)
    return 100 * sum(sample.dead_units or 0 for sample in found) / units if units else None


def _saturated(found: list[Sample], kind: str) -> Number:
    """Share of outputs in the flat ends of tanh or sigmoid; None of any other node."""
    function = next((name for word, name in SATURATING.items() if word in kind.lower()), None)
    whole = sum(sample.summary.count * sample.weight for sample in found)
    if function is None or not whole:
        return None
    return 100 * sum(_flat(sample, function) * sample.weight for sample in found) / whole


def _flat(sample: Sample, function: str) -> float:
    summary = sample.summary
    one, low = _key(SATURATED), _key(1 - SATURATED)
    sizes = np.abs(summary.bin_keys)
    if function == "tanh":
        return float(summary.bin_counts[sizes >= one].sum())
    ends = (summary.bin_keys >= one) | (sizes < low)
    return float(summary.bin_counts[ends].sum()) + summary.zero


def _key(value: float) -> int:
    return int(bin_keys(np.array([value]))[0])


def _ratio(found: list[Sample], _: str) -> Number:  # noqa: ARG001
    raise AssertionError("the update ratio is worked out of two quantities")


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic("norm", "norm", _norm, quantities=("parameter", "gradient", "update")),
        Statistic("spread", "standard deviation", _spread, without_biases=True),
        Statistic("mean", "mean", _mean, scale="symlog", without_biases=True),
        Statistic("zeros", "exact zeros", _zeros, "%", "linear"),
        Statistic("nonfinite", "values not finite", _nonfinite, scale="linear"),
        Statistic("dead", "dead units", _dead, "%", "linear", ("activation",)),
        Statistic("saturated", "saturated values", _saturated, "%", "linear", ("activation",)),
        Statistic("update-ratio", "update / weight", _ratio, "", "log", ("update",), True),
    )
}


def statistic_named(name: str, quantity: str) -> Statistic:
    """The statistic of that name.

    Raises:
        RunError: there is none of that name, or the quantity has no such number.
    """
    possible = [each.name for each in STATISTICS.values() if quantity in each.quantities]
    if name not in possible:
        raise RunError(
            f"statistic={name!r} is nothing that {quantity}s have; "
            f"choose among {', '.join(possible)}"
        ) from None
    return STATISTICS[name]


def kind_of(run: Run, node: str) -> str:
    """Class of a module or name of an op; empty for a node that the graph does not know."""
    known = run.graph.nodes.get(node) if run.graph else None
    return known.type if known else ""


def is_bias(tensor: str) -> bool:
    """Whether a tensor is a bias by its name."""
    return tensor.rpartition(".")[2] == "bias"
