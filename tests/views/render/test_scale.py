from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.views.odd import BANDS, HISTOGRAM, LINES, LYING

from torchatlas.run import Axis
from torchatlas.views.render.ruler import Ruler
from torchatlas.views.render.scale import is_blank, scale_of, values_on


def test_a_linear_axis_takes_the_prefix_that_suits_its_values() -> None:
    scale = scale_of(Axis("time", "s"), [0.002, 0.05, None])
    assert scale.title == "time (ms)"
    assert scale.place(0.002) == pytest.approx(2)
    assert scale.text(0.0181) == "18.1 ms"


def test_a_log_axis_has_no_place_for_zero_and_below() -> None:
    scale = scale_of(Axis("|w|", "", "log"), [1.0])
    assert [scale.oddity(v) for v in (0.0, -1.0, 1.0, None)] == ["0", "< 0", "", ""]
    assert scale.place(0.0) is None
    assert scale.text(None) == "not measured"


def test_values_that_are_not_finite_have_a_name_and_no_place() -> None:
    scale = scale_of(Axis("loss"), [1.0])
    values = (math.nan, math.inf, -math.inf)
    assert [scale.oddity(v) for v in values] == ["NaN", "Inf", "−Inf"]
    assert [scale.place(v) for v in values] == [None, None, None]


def test_a_category_axis_keeps_categories_of_the_same_name_apart() -> None:
    scale = scale_of(Axis("class", scale="category", categories=("cat", "cat")), [])
    assert scale.ticks == ((0.0, "cat"), (1.0, "cat"))


def test_a_symmetric_log_axis_is_even_in_decades() -> None:
    scale = scale_of(Axis("w", "", "symlog"), [-100.0, 0.1, 100.0])
    places = [scale.place(v) for v in (-100.0, -1.0, 0.0, 0.1, 1.0, 10.0)]
    assert places == pytest.approx([-3.5, -1.5, 0.0, 0.5, 1.5, 2.5])
    assert [text for _, text in scale.ticks] == ["−10²", "−10¹", "−1", "0", "1", "10¹", "10²"]


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=20))
def test_a_symmetric_log_axis_keeps_the_order_and_the_sign(values: list[float]) -> None:
    scale = scale_of(Axis("w", "", "symlog"), values)
    places = [scale.place(value) or 0.0 for value in sorted(values)]
    assert places == sorted(places)
    assert all(
        math.copysign(1, p) == math.copysign(1, v)
        for p, v in zip(places, sorted(values), strict=True)
        if p
    )


def test_ticks_of_a_symmetric_log_axis_never_crowd() -> None:
    scale = scale_of(Axis("w", "", "symlog"), [-1e3, 1e-9, 1e3])
    positions = [position for position, _ in scale.ticks]
    assert min(b - a for a, b in pairwise(positions)) >= 1


def test_the_values_of_each_axis_are_found() -> None:
    assert set(values_on(LINES, "x")) == {0.0, 1.0, 2.0, 3.0}
    assert 2e-3 in values_on(LYING, "y")
    assert 3e-3 in values_on(LYING, "y")
    assert values_on(BANDS, "y") == []
    assert values_on(HISTOGRAM, "y") == [1.0, 5.0, 0.0, 4.0, 2.0, 3.0]
    assert not is_blank(BANDS)


def test_a_ruler_measures_log_axes_in_decades() -> None:
    scale = scale_of(Axis("|w|", "", "log"), [])
    ruler = Ruler.over(scale, [1e-2, 1e2, None, 0.0])
    assert [ruler.along(v) for v in (1e-2, 1.0, 1e2, 0.0)] == pytest.approx([0, 0.5, 1, None])
    assert Ruler.over(scale, []).along(1.0) == 0
