"""What matplotlib and seaborn put on the axes, which is the same."""

from __future__ import annotations

import math
import pickle
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from tests.views.odd import BANDS, EMPTY, HISTOGRAM, LINES, LYING, MATRIX, NAMES, ODD, UPRIGHT
from tests.views.runs import whole_run

from torchatlas.run import Axis, Band, Panel, View
from torchatlas.views import build_view
from torchatlas.views.render import render

BACKENDS = ("matplotlib", "seaborn")


def axes_of(panel: Panel, backend: str, **options: Any) -> Axes:
    """The axes of a view with this one panel."""
    axes: Axes = render(View("v", "t", "s", "d", (panel,)), backend, **options).axes[0]
    return axes


def labels(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_figure_is_one_that_pyplot_does_not_know(backend: str) -> None:
    from matplotlib import pyplot

    figure = render(ODD, backend)
    assert isinstance(figure, Figure)
    assert pyplot.get_fignums() == []
    assert matplotlib.rcParams["axes.spines.top"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_notebook_can_show_it(backend: str) -> None:
    png = render(EMPTY, backend)._repr_png_()
    assert png.startswith(b"\x89PNG")


def test_a_figure_can_be_pickled() -> None:
    figure = render(EMPTY, "matplotlib")
    assert pickle.loads(pickle.dumps(figure)).get_size_inches() == pytest.approx(
        figure.get_size_inches()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_everything_odd_is_drawn_without_a_warning(backend: str, theme: str) -> None:
    render(ODD, backend, theme=theme).canvas.draw()


@pytest.mark.parametrize("backend", BACKENDS)
def test_names_of_strangers_are_never_read_as_mathematics(backend: str) -> None:
    figure = render(ODD, backend)
    figure.canvas.draw()
    assert not any(text.get_parse_math() for text in figure.findobj(Text))
    names = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()]
    assert NAMES[1] in names


@pytest.mark.parametrize("backend", BACKENDS)
def test_size_and_theme_can_be_chosen(backend: str) -> None:
    figure = render(ODD, backend, figsize=(7, 20), theme="dark")
    assert tuple(figure.get_size_inches()) == (7, 20)
    assert matplotlib.colors.to_hex(figure.get_facecolor()) == "#14171c"


@pytest.mark.parametrize("backend", BACKENDS)
def test_lines_break_where_nothing_was_measured(backend: str) -> None:
    axes = axes_of(LINES, backend)
    assert axes.get_yscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "step\nA note with $x$ and <b>.",
        "loss $\\alpha$ (nats)",
    )
    drawn = [tuple(p) for line in axes.lines for p in np.column_stack(line.get_data()).round(9)]
    assert {(0.0, 1.0), (1.0, 0.5), (3.0, 0.2), (0.0, 2.0)} <= set(drawn)
    joined = [len(line.get_xdata()) for line in axes.lines if not np.isnan(line.get_ydata()).any()]
    assert 4 not in joined


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_without_a_place_are_marked_along_the_edge_and_counted(backend: str) -> None:
    axes = axes_of(LINES, backend)
    markers = {line.get_marker(): list(line.get_xdata()) for line in axes.lines}
    assert markers["x"] == [2.0]
    assert markers["^"] == [2.0]
    assert markers["v"] == [3.0]
    counts = "<b>train</b> NaN ×1  test $t$ Inf ×1  test $t$ 0 ×1"
    assert counts in labels(axes)


@pytest.mark.parametrize("backend", BACKENDS)
def test_lines_are_labelled_at_their_ends_and_rules_too(backend: str) -> None:
    texts = labels(axes_of(LINES, backend))
    assert {"<b>train</b> 0.2", "test $t$ 2", "lowest <b>$l$</b>"} <= set(texts)


@pytest.mark.parametrize("backend", BACKENDS)
def test_train_is_dashed(backend: str) -> None:
    view = build_view("curves", whole_run())
    lines = render(view, backend).axes[0].lines
    assert lines[0].is_dashed()
    assert not lines[1].is_dashed()


@pytest.mark.parametrize("backend", BACKENDS)
def test_bands_have_their_middle_between_their_ends(backend: str) -> None:
    axes = axes_of(BANDS, backend)
    middles = {}
    for artist in (*axes.lines, *axes.collections):
        points = _points(artist)
        middles |= {int(y): float(x) for x, y in points if math.isfinite(x)}
    assert {row: middles[row] for row in (0, 1, 5, 6)} == pytest.approx({0: 1, 1: 1, 5: 1, 6: 0.5})
    assert {"not measured", "✕ NaN", "↑ Inf", "0"} <= set(labels(axes))
    assert axes.get_yticklabels()[0].get_text() == NAMES[0]


def _points(artist: Any) -> list[tuple[float, float]]:
    """Positions of dots, of whatever kind; the ends of bands are no dots."""
    if isinstance(artist, PathCollection):
        return [tuple(point) for point in artist.get_offsets() if not np.ma.is_masked(point)]
    if hasattr(artist, "get_marker") and artist.get_marker() == "o":
        return list(zip(artist.get_xdata(), artist.get_ydata(), strict=True))
    return []


@pytest.mark.parametrize("backend", BACKENDS)
def test_bars_share_the_room_of_their_category(backend: str) -> None:
    axes = axes_of(LYING, backend)
    assert axes.get_xlabel() == "time (ms)"
    ends = {
        (round(bar.get_y() + bar.get_height() / 2, 2), round(bar.get_width(), 6))
        for bar in bars(axes)
    }
    assert {(-0.18, 1.0), (0.18, 2.0), (5.82, 4.0), (6.18, 2.0)} <= ends
    assert {"not measured", "✕ NaN", "↑ Inf", "budget", "4"} <= set(labels(axes))


def bars(axes: Axes) -> list[Any]:
    """Rectangles that are neither hatched nor behind everything."""
    return [patch for patch in axes.patches if not patch.get_hatch()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_classes_of_the_same_name_keep_their_own_bars(backend: str) -> None:
    axes = axes_of(UPRIGHT, backend)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["same", "same", "$c$"]
    assert 90.0 in [bar.get_height() for bar in bars(axes)]
    assert len([patch for patch in axes.patches if patch.get_hatch()]) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_histogram_keeps_its_counts_and_has_its_zeros_apart(backend: str) -> None:
    axes = axes_of(HISTOGRAM, backend)
    assert [bar.get_height() for bar in axes.patches] == [1, 5, 0, 4, 2, 3]
    assert "exact zeros 20.0%" in labels(axes)
    assert "0" in [text.get_text() for text in axes.get_xticklabels()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_matrix_has_its_names_numbers_and_colour_bar(backend: str) -> None:
    figure = render(View("v", "t", "s", "d", (MATRIX,)), backend)
    axes, colour_bar = figure.axes
    assert colour_bar.get_ylabel() == "share $s$ (%)"
    texts = {(t.get_position(), t.get_text()) for t in axes.texts}
    assert texts == {
        ((0, 0), "1"),
        ((1, 0), "NaN"),
        ((0, 1), "∞"),
        ((2, 1), "<b>"),
        ((2, 2), "9"),
    }
    assert [text.get_text() for text in axes.get_yticklabels()] == list(NAMES[:3])
    assert len([patch for patch in axes.patches if patch.get_hatch()]) == 1
    mesh = axes.collections[0]
    values = np.ma.filled(mesh.get_array().astype(float), np.nan).reshape(3, 3)
    assert values[2].tolist() == [2.0, 3.0, 100.0]
    corner = (mesh.get_transform() - axes.transData).transform(mesh.get_coordinates()[0, 0])
    assert corner.tolist() == pytest.approx([-0.5, -0.5])


@pytest.mark.parametrize("backend", BACKENDS)
def test_names_are_thinned_out_where_a_small_figure_has_no_room(backend: str) -> None:
    names = tuple(f"layer{index}" for index in range(60))
    ones = (1.0,) * 60
    band = Band((0.1,) * 60, ones, (9.0,) * 60, "b")
    axis = Axis("", scale="category", categories=names)
    panel = Panel("p", Axis("|x|", "", "log"), axis, (band,))
    assert len(axes_of(panel, backend).get_yticklabels()) == 60
    assert len(axes_of(panel, backend, figsize=(8, 4)).get_yticklabels()) == 15
