"""Drawings made without a browser, held against the browser: the same nodes, and words that fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.browser.conftest import Classifier, Opened

import torchatlas as ta
from torchatlas.views import Drawing

pytestmark = pytest.mark.browser

WIDTHS = """[...document.querySelectorAll('text')].map((text) => {
  const told = Number(text.getAttribute('textLength'));
  const shown = text.getBBox().width;
  text.removeAttribute('textLength');
  return [text.textContent, told, shown, text.getComputedTextLength()];
})"""
"""Of each text: how wide it is told to be, is, and would be by itself."""


@pytest.fixture(scope="module")
def atlas() -> ta.Atlas:
    torch.manual_seed(0)
    return ta.visualize_model(Classifier(), torch.randn(2, 1, 8, 8), include=())


def drawing(atlas: ta.Atlas, **options: object) -> Drawing:
    return atlas._drawing(**options)


def test_the_drawing_holds_what_the_viewer_draws(
    opened: Opened, atlas: ta.Atlas, tmp_path: Path
) -> None:
    page = opened.open(atlas.save(tmp_path / "report.html"))
    for how, depth in (("collapse", 0), ("expand", "all")):
        page.evaluate(f"window.torchatlas.{how}('all')")
        nodes = page.evaluate("window.torchatlas.visibleNodes()")
        edges = page.evaluate("window.torchatlas.visibleEdges()")
        drawn = drawing(atlas, depth=depth)
        assert sorted(node["id"] for node in nodes) == sorted(node.id for node in drawn.nodes)
        ends = sorted((edge["source"], edge["target"]) for edge in edges)
        assert ends == sorted((edge.source, edge.target) for edge in drawn.edges)


@pytest.mark.parametrize("fonts", ["embed", "name"])
def test_words_of_an_svg_fit_in_a_browser(
    opened: Opened, atlas: ta.Atlas, tmp_path: Path, fonts: str
) -> None:
    path = atlas.save(tmp_path / "drawing.svg", depth="all", fonts=fonts)
    page = opened.page
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready")
    widths = page.evaluate(WIDTHS)
    assert len(widths) == len(drawing(atlas, depth="all").texts)
    for words, told, shown, natural in widths:
        assert shown == pytest.approx(told, rel=0.01, abs=1.5), words
        if fonts == "embed":
            assert natural == pytest.approx(told, rel=0.01, abs=0.5), words
    if fonts == "embed":
        assert page.evaluate("[...document.fonts].every((face) => face.status === 'loaded')")
    assert opened.requests == [
        path.as_uri(),
        *[url for url in opened.requests if url[:5] == "data:"],
    ]
    assert opened.problems == []
    assert opened.dialogs == []
