from __future__ import annotations

import pytest
from tests.views.trainings import training

from torchatlas.run import Heatmap, Histogram, Ridges
from torchatlas.views import build_view
from torchatlas.views.rescale import rebinned

EDGES = (-10.0, -1.0, 1.0, 10.0)


def test_even_bins_keep_all_that_a_row_holds() -> None:
    edges, (row, empty) = rebinned(EDGES, ((0.25, 0.0, 0.75), ()), "linear")
    assert (edges[0], edges[-1], len(edges)) == (-10.0, 10.0, 61)
    assert sum(row) == pytest.approx(1.0, abs=1e-3)
    assert sum(row[:30]) == pytest.approx(0.25, abs=1e-3)
    assert empty == ()


def test_on_a_logarithmic_axis_both_signs_fall_together() -> None:
    assert rebinned(EDGES, ((0.25, 0.0, 0.75),), "log") == ((1.0, 10.0), ((1.0,),))


def test_every_kind_of_chart_takes_a_scale() -> None:
    run = training()
    for name, options in (
        ("gradients", {"statistic": "norm"}),
        ("gradients", {"statistic": "norm", "over": "steps"}),
        ("parameters", {"over": "layers"}),
        ("parameters", {}),
    ):
        for scale in ("linear", "symlog", "log"):
            shown = build_view(name, run, scale=scale, **options)
            for panel in shown.panels:
                for mark in panel.marks:
                    if isinstance(mark, Heatmap):
                        assert mark.scale == scale
                    if isinstance(mark, Ridges | Histogram):
                        assert panel.x.scale == scale


def test_shares_keep_the_colours_of_shares() -> None:
    shown = build_view("activations", training(), statistic="dead", scale="log")
    (heat,) = shown.panels[0].marks[:1]
    assert isinstance(heat, Heatmap)
    assert heat.scale == "linear"
