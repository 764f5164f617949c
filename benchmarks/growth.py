"""How does a cost grow with the size of what it is paid for?"""

from __future__ import annotations

import math
from collections.abc import Mapping


def per_op_ratio(costs: Mapping[int, float]) -> float:
    """What an op costs in the longest of some graphs, over what one costs in the shortest.

    Args:
        costs: cost of the whole graph by its number of ops.
    """
    short, long = min(costs), max(costs)
    return (costs[long] / long) / (costs[short] / short)


def exponent(costs: Mapping[int, float]) -> float:
    """The power of the number of ops that the cost follows: 1 is linear, 2 quadratic.

    It is the slope of the least-squares line through the logarithms. A fixed cost beside that of
    the ops makes it smaller, so it says little about short graphs.

    Raises:
        ValueError: fewer than two sizes, or a cost that is not positive.
    """
    if len(costs) < 2 or min(costs.values()) <= 0:
        raise ValueError(f"a growth needs two sizes and positive costs, not {dict(costs)}")
    points = [(math.log(size), math.log(cost)) for size, cost in costs.items()]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return covariance / sum((x - mean_x) ** 2 for x, _ in points)
