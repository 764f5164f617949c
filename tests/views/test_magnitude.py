from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.views.runs import distribution, run_of

from torchatlas.run import RELATIVE_ERROR, Axis, Band, TensorSummary
from torchatlas.views.distributions import latest_distributions
from torchatlas.views.magnitude import magnitude_panel, magnitude_quantiles, zero_panel


@given(st.lists(st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6), min_size=1, max_size=60))
def test_quantiles_are_those_of_the_sorted_magnitudes(values: list[float]) -> None:
    found = magnitude_quantiles(TensorSummary.of(values))
    assert found is not None
    sorted_sizes = np.sort(np.abs(values))
    for q, quantile in zip((0.05, 0.5, 0.95), found, strict=True):
        true = sorted_sizes[int(np.round(q * (len(values) - 1)))]
        assert quantile == pytest.approx(true, rel=RELATIVE_ERROR * 1.001)


def test_signs_do_not_matter_and_zeros_are_left_out() -> None:
    with_zeros = magnitude_quantiles(TensorSummary.of([0.0] * 100 + [-3.0, 3.0]))
    assert with_zeros == pytest.approx((3.0, 3.0, 3.0), rel=RELATIVE_ERROR)


def test_nothing_but_zeros_is_zero_and_nothing_finite_is_nan() -> None:
    assert magnitude_quantiles(TensorSummary.of([0.0, 0.0])) == (0.0, 0.0, 0.0)
    nan = magnitude_quantiles(TensorSummary.of([math.nan, math.inf]))
    assert nan is not None
    assert all(map(math.isnan, nan))
    assert magnitude_quantiles(TensorSummary.empty()) is None


def test_the_panel_names_what_is_odd() -> None:
    rows = [distribution(f"n{i}", [math.nan, 1.0]) for i in range(7)]
    rows.append(distribution("dead", [0.0, 0.0]))
    found = latest_distributions(run_of(distributions=rows), "parameter")
    panel = magnitude_panel("Sizes", Axis("|w|"), [(f.node, f) for f in found], "weights")
    assert "n0: 1 NaN of 2; n1: 1 NaN of 2" in panel.note
    assert "and 2 more." in panel.note
    assert "Nothing but zeros: dead." in panel.note
    (band,) = panel.marks
    assert isinstance(band, Band)
    assert band.middle[-1] == 0.0


def test_zeros_are_shown_in_percent_and_only_where_there_are_some() -> None:
    rows = [distribution("a", [0.0, 1.0, 1.0, 1.0]), distribution("b", [1.0])]
    found = latest_distributions(run_of(distributions=rows), "parameter")
    panel = zero_panel([(f.node, f) for f in found] + [("c", None)], "weights")
    assert panel is not None
    assert panel.y.unit == "%"
    (bars,) = panel.marks
    assert bars.heights == (25.0, 0.0, None)  # type: ignore[union-attr]
    assert zero_panel([(f.node, f) for f in found[1:]], "weights") is None
