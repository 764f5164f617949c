"""Do steps move the weights by a sound share of their size?"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from torchatlas.measure.findings.evidence import CannotTell, Evidence, some
from torchatlas.run import Finding

LEAST_POINTS = 10
WARM_UP = 0.2
"""Share of the points that is left out at the start, where rates and zero weights warm up."""

SPAN = 100.0
"""The upper bound divided by the lower one."""


def update_ratio(evidence: Evidence) -> Iterator[Finding]:
    """The median of |update| / |weight| of a weight is above 0.01, or below a hundredth of that.

    It is taken after the first fifth of the recording, of weights of two or more dimensions. A
    weight that does not move at all is left to `frozen_parameter`.
    """
    threshold = evidence.thresholds["update_ratio"]
    ratios = _ratios(evidence)
    if not ratios:
        raise CannotTell(
            f"norms of weights and of their updates were not recorded at {LEAST_POINTS} same steps"
        )
    bounds = (("large", threshold), ("small", threshold / SPAN))
    for size, bound in bounds:
        found = {
            name: ratio
            for name, (ratio, _, _) in ratios.items()
            if (ratio > bound if size == "large" else 0 < ratio < bound)
        }
        if found:
            yield _finding(evidence, ratios, found, (size, bound))


Ratios = dict[str, tuple[float, int, tuple[int, int]]]
"""By weight: the median ratio, of how many points, from which step to which."""


def _ratios(evidence: Evidence) -> Ratios:
    updates, parameters = evidence.norms("update"), evidence.norms("parameter")
    found: Ratios = {}
    for name in evidence.weights:
        sizes = {point.step: point.norm for point in parameters.get(name, ())}
        pairs = [
            (point.step, point.norm / sizes[point.step])
            for point in updates.get(name, ())
            if sizes.get(point.step, 0.0) > 0
        ]
        if len(pairs) >= LEAST_POINTS:
            late = pairs[int(WARM_UP * len(pairs)) :]
            middle = median(ratio for _, ratio in late)
            found[name] = middle, len(late), (late[0][0], late[-1][0])
    return found


def _finding(
    evidence: Evidence, ratios: Ratios, found: dict[str, float], kind: tuple[str, float]
) -> Finding:
    size, bound = kind
    worst = (max if size == "large" else min)(found, key=found.__getitem__)
    ratio, points, steps = ratios[worst]
    what = f"{worst} moves" if len(found) == 1 else f"{len(found)} weights move"
    speed = "far" if size == "large" else "little"
    return Finding(
        rule="update_ratio",
        severity="info",
        title=f"{what} very {speed} in a step",
        detail=(
            f"The median step of {worst} is {ratio:.2g} of its size, where {bound:.0e} is "
            f"the usual {'upper' if size == 'large' else 'lower'} bound: {some(list(found))}."
        ),
        advice=(
            "Lower the learning rate, or warm it up."
            if size == "large"
            else "Raise the learning rate if the loss falls too slowly; near the end it is normal."
        ),
        nodes=evidence.known(evidence.weights[name]["node"] for name in found),
        value=ratio,
        threshold=bound,
        unit="of the weight's norm",
        samples=points,
        steps=steps,
        source="Stanford CS231n, ratio of weights and updates",
        view="updates",
    )
