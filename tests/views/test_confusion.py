from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.views.runs import run_of, whole_run

from torchatlas.run import Heatmap
from torchatlas.views.confusion import MOST_CLASSES, confusion


def cell(target: int, predicted: int, count: int, split: str = "test") -> dict[str, Any]:
    return {"split": split, "target": target, "predicted": predicted, "count": count}


def test_rows_are_percent_of_the_true_class_and_text_is_the_count() -> None:
    view = confusion(replace(whole_run(), classes=("cat", "dog")))
    (panel,) = view.panels
    (matrix,) = panel.marks
    assert isinstance(matrix, Heatmap)
    assert matrix.values == ((75.0, 25.0), (0.0, 100.0))
    assert matrix.text == (("3", "1"), ("", "2"))
    assert matrix.unit == "%"
    assert (panel.x.label, panel.y.label) == ("predicted class", "true class")
    assert panel.x.categories == panel.y.categories == ("cat", "dog")
    assert view.subtitle == "% of each true class; examples: 6 test"


def test_a_class_without_examples_is_not_measured() -> None:
    run = replace(run_of(confusion=[cell(0, 1, 2)]), classes=("a", "b", "c"))
    (matrix,) = confusion(run).panels[0].marks
    assert isinstance(matrix, Heatmap)
    assert matrix.values == ((0.0, 100.0, 0.0), (None, None, None), (None, None, None))


def test_classes_without_names_are_numbered() -> None:
    assert confusion(run_of(confusion=[cell(0, 1, 2)])).panels[0].y.categories == ("0", "1")


def test_the_test_split_comes_first() -> None:
    run = run_of(confusion=[cell(0, 0, 1, "train"), cell(0, 0, 1)])
    assert [panel.title for panel in confusion(run).panels] == ["On test", "On train"]


def test_of_a_thousand_classes_the_most_confused_are_shown_and_rows_still_add_up() -> None:
    rows = [cell(c, c, 9) for c in range(1000)]
    rows += [cell(c, 999 - c, 1) for c in range(900, 960)]
    (panel,) = confusion(run_of(confusion=rows)).panels
    (matrix,) = panel.marks
    assert isinstance(matrix, Heatmap)
    assert len(panel.y.categories) == MOST_CLASSES
    assert panel.x.categories[-1] == "other classes"
    assert set(panel.y.categories) <= {str(c) for c in (*range(40, 100), *range(900, 960))}
    for row in matrix.values:
        assert sum(value for value in row if value is not None) == pytest.approx(100)
    assert panel.note == "The 100 classes with the most errors, of 1,000."
