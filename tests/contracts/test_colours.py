"""Colours are written down in three places that cannot read each other: they agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchatlas.views.render.theme import THEMES

WEB = Path(__file__).parents[2] / "web" / "src"
PAIRS = re.compile(r'["\s{;](?:--|")?([a-z][a-z0-9-]*)"?:\s*"?(#[0-9a-f]{3,6})\b')


def declared(text: str) -> dict[str, str]:
    return dict(PAIRS.findall(text))


def blocks(path: str, between: str) -> tuple[str, str]:
    light, _, dark = (WEB / path).read_text(encoding="utf-8").partition(between)
    return light, dark


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_have_the_colours_of_the_style_sheet(theme: str) -> None:
    at = ["light", "dark"].index(theme)
    sheet = declared(blocks("styles/tokens.css", '[data-theme="dark"]')[at])
    drawn = declared(blocks("charts/palette.ts", "const DARK")[at])
    assert len(drawn) > 15
    assert {name: sheet.get(name) for name in drawn} == drawn


def test_paper_is_light() -> None:
    sheet = declared(blocks("styles/tokens.css", '[data-theme="dark"]')[0])
    _, printed = blocks("charts/charts.css", "@media print")
    block = declared(printed.partition("color-scheme")[0]) | {}
    assert len(block) > 15
    assert {name: sheet.get(name) for name in block} | {"canvas": "#fff"} == block


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_python_draws_roles_in_the_colours_of_the_viewer(theme: str) -> None:
    at = ["light", "dark"].index(theme)
    drawn = declared(blocks("charts/palette.ts", "const DARK")[at])
    classes = {name.removeprefix("class-"): c for name, c in drawn.items() if "class-" in name}
    roles = THEMES[theme].roles
    assert {name: roles[name] for name in classes} == classes  # type: ignore[index]
    for name in ("weights", "activations", "gradients", "train"):
        assert roles[name] == drawn[name]  # type: ignore[index]
