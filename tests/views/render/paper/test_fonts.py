"""The font of drawings: the widths that the layout knows are those of the files."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont
from tests.views.render.paper.drawn import drawing_of, graph_of, op

from torchatlas.views.render.paper.fonts import (
    MISSING,
    font_file,
    letters_of,
    right_to_left,
    runs,
    subset,
)


@pytest.mark.parametrize("weight", [400, 600])
def test_widths_in_the_drawing_are_those_of_the_font(weight: int) -> None:
    sample = "Hamburg 09 ×÷→… ⁻³ žč Ωλ Я"
    drawing = drawing_of(graph_of([op("a", name=sample)]), title=sample)
    with TTFont(font_file(weight)) as font:
        names, widths = font.getBestCmap(), font["hmtx"].metrics
        ems = sum(widths[names[ord(letter)]][0] for letter in sample) / font["head"].unitsPerEm
    found = [text for text in drawing.texts if text.text == sample and text.weight == weight]
    assert [text.width for text in found] == [pytest.approx(ems * text.size) for text in found]
    assert found


def test_a_subset_is_small_and_always_the_same() -> None:
    first = subset(400, "conv1→")
    assert first == subset(400, "conv1→")
    assert first.startswith(b"wOFF")
    assert len(first) < 4_000


def test_letters_that_the_font_lacks_come_from_another_or_are_a_square() -> None:
    assert [piece for piece, _ in runs("a✕b", 400)] == ["a", "✕", "b"]
    assert [piece for piece, _ in runs("a\U0001f9ffb", 400)] == [f"a{MISSING}b"]
    assert "→" in letters_of(font_file(600))


def test_right_to_left_stretches_are_turned_round() -> None:
    assert right_to_left("conv אבג 3") == "conv גבא 3"
    assert right_to_left("אב גד") == "דג בא"
    assert right_to_left("plain") == "plain"
