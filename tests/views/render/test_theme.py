from __future__ import annotations

import pytest

from torchatlas.views.render.theme import THEMES, Theme, ink_on


def contrast(a: str, b: str) -> float:
    """Contrast of two colours after WCAG 2, from 1 to 21."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_text_and_marks_stand_out_from_the_background(theme: Theme) -> None:
    for colour in (theme.text, theme.second, theme.third, theme.odd):
        assert contrast(colour, theme.background) >= 4.5
    for role, colour in theme.roles.items():
        outlined = role == "norm"  # points have an edge in the colour of the text
        assert contrast(colour, theme.background) >= (2.9 if outlined else 3)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_text_on_the_map_can_be_read(theme: Theme) -> None:
    for colour in (*theme.sequential, theme.empty):
        assert contrast(ink_on(colour), colour) >= 4.5
