"""Numbers and units as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))
_PREFIXED_UNITS = ("s", "B", "FLOP", "FLOP/s", "B/s")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def prefixed_unit(values: Iterable[float], unit: str) -> tuple[float, str]:
    """What to divide values in `unit` by so that the largest reads well, and the unit then.

    Only SI units that take prefixes get one: `(0.002, "s")` gives `(0.001, "ms")`.
    """
    if unit not in _PREFIXED_UNITS:
        return 1.0, unit
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    if largest == 0:
        return 1.0, unit
    for size, prefix in _PREFIXES:
        if largest >= size:
            return size, prefix + unit
    return 1e-9, "n" + unit


def number_text(value: float) -> str:
    """Three digits: `0.0123`, `12,300`, `2.36 M`, `1.2·10⁻⁴`, `NaN`, `∞`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size == 0:
        return "0"
    if 1e-3 <= size < 999_500:
        return _plain(value)
    if size >= 999_500 and size < 999.5e12:
        scale, prefix = next(pair for pair in _PREFIXES if size >= 0.9995 * pair[0])
        return f"{_plain(value / scale)} {prefix}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0').replace('-', '−')}·{power_of_ten(int(exponent))}"


def tick_text(value: float, largest: float) -> str:
    """The number with the prefix of the largest on the axis: `0.5 M` where that is a million."""
    if value and 999_500 <= abs(largest) < 999.5e12:
        scale, prefix = next(pair for pair in _PREFIXES if abs(largest) >= 0.9995 * pair[0])
        return f"{_plain(value / scale)} {prefix}"
    return number_text(value)


def power_of_ten(exponent: int) -> str:
    """`10⁻³` for -3, and `1` for 0."""
    return "1" if exponent == 0 else f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def with_unit(value: float, unit: str) -> str:
    """The number with the prefix that suits it: `1.85 GFLOP`, `61.8 ms`, `12 %`."""
    scale, prefixed = prefixed_unit([value], unit)
    return f"{number_text(value / scale)} {prefixed}".rstrip()


def titled(label: str, unit: str) -> str:
    """The title of an axis: `time (ms)`."""
    return f"{label} ({unit})" if label and unit else label or unit


def _plain(value: float) -> str:
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text
