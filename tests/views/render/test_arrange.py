from __future__ import annotations

from tests.views.odd import BANDS, HISTOGRAM, LINES, LYING, MATRIX, SYMLOG, UPRIGHT

from torchatlas.views.render.arrange import lies, panel_rows, row_names, shares_names


def test_bars_lie_when_their_names_would_not_fit_upright() -> None:
    assert lies(LYING)
    assert not lies(UPRIGHT)
    assert not lies(BANDS)
    assert row_names(LYING) == LYING.x.categories
    assert row_names(UPRIGHT) == ()


def test_panels_over_the_same_names_share_a_row() -> None:
    (row,) = panel_rows((BANDS, LYING))
    assert row == (BANDS, LYING)
    assert shares_names(row)


def test_small_panels_go_in_pairs_and_others_alone() -> None:
    panels = (LINES, SYMLOG, SYMLOG, HISTOGRAM, MATRIX)
    assert panel_rows(panels) == [(LINES, SYMLOG), (SYMLOG,), (HISTOGRAM,), (MATRIX,)]
    assert not shares_names((LINES, SYMLOG))
