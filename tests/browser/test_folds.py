"""Equal blocks drawn as one stack: opening it, stepping through it, and finding what it hides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import nn

import torchatlas as ta

from .conftest import Opened, colour_at
from .test_report import visible

pytestmark = pytest.mark.browser

LAYERS = 32
FOLD = f"layers.0..layers.{LAYERS - 1}"


class Block(nn.Module):
    """Attention of one head and a gated feed-forward part, each added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.RMSNorm(width)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.norm2 = nn.RMSNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.norm1(x)
        x = x + nn.functional.scaled_dot_product_attention(
            self.q_proj(h), self.k_proj(h), self.v_proj(h)
        )
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(16, 8)
        self.layers = nn.Sequential(*(Block(8) for _ in range(LAYERS)))
        self.head = nn.Linear(8, 16)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(self.embed(tokens)))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    atlas = ta.visualize_model(
        Transformer(), torch.arange(10).reshape(2, 5), include=["parameters"]
    )
    path = tmp_path_factory.mktemp("folds") / "stack.html"
    atlas.save(path)
    return path


@pytest.fixture
def page(opened: Opened, stack: Path) -> Iterator[Page]:
    opened.page.emulate_media(reduced_motion="reduce")
    yield opened.open(stack)
    assert opened.problems == []


def fold(page: Page, name: str = FOLD) -> dict[str, Any]:
    """Box of a fold, with the places of its cells and buttons."""
    return visible(page)[name]


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def select(page: Page, node: str) -> None:
    page.evaluate("node => window.torchatlas.select(node)", node)


def test_equal_blocks_are_one_box_until_they_are_opened(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers')")
    nodes = visible(page)
    assert FOLD in nodes
    assert not any(node.startswith("layers.") and node != FOLD for node in nodes)
    assert nodes[FOLD]["fold"]["count"] == LAYERS
    assert len(nodes[FOLD]["fold"]["cells"]) == LAYERS


def test_opening_a_fold_shows_one_member(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers')")
    box = fold(page)
    page.mouse.click(box["x"] + 12, box["y"] + 12)
    nodes = visible(page)
    assert {"layers.0", "layers.0.norm1", "layers.0.mlp"} <= set(nodes)
    assert "layers.1" not in nodes


def test_the_buttons_step_and_what_is_open_and_chosen_follows(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers.0.mlp')")
    select(page, "layers.0.mlp.0")
    page.mouse.click(*middle(fold(page)["fold"]["steps"][1]))
    nodes = visible(page)
    assert fold(page)["fold"]["nodes"] == ["layers.1"]
    assert {"layers.1.mlp.0", "layers.1.mlp.2"} <= set(nodes)
    assert "layers.0.mlp.0" not in nodes
    assert page.evaluate("window.torchatlas.selected()") == "layers.1.mlp.0"
    page.mouse.click(*middle(fold(page)["fold"]["steps"][0]))
    assert page.evaluate("window.torchatlas.selected()") == "layers.0.mlp.0"
    page.mouse.click(*middle(fold(page)["fold"]["steps"][0]))
    assert fold(page)["fold"]["member"] == 0, "there is none before the first"


def test_a_step_leaves_everything_where_it_was(page: Page) -> None:
    """Over 9 to 12, so that names grow by a letter; what is round the fold stays as well."""
    select(page, "layers.9.mlp.0")
    page.wait_for_timeout(50)
    before = places(page, member=9)
    assert {"embed", "head", FOLD, "layers.N.mlp", "layers.N.mlp.0", "layers.N.q_proj"} <= set(
        before
    )
    page.locator(".graph-surface").focus()
    for member in (10, 11, 12):
        page.keyboard.press("]")
        assert fold(page)["fold"]["member"] == member
        after = places(page, member)
        assert set(after) == set(before)
        for name, old in before.items():
            assert after[name] == pytest.approx(old, abs=1), name


def places(page: Page, member: int) -> dict[str, tuple[float, ...]]:
    """Boxes of all that is drawn, by names that all members share."""
    return {
        node.replace(f"layers.{member}.", "layers.N.").replace(f"layers.{member}/", "layers.N/")
        if node != FOLD
        else node: tuple(box[key] for key in ("x", "y", "width", "height"))
        for node, box in visible(page).items()
        if node != f"layers.{member}"
    }


def test_a_click_on_a_cell_chooses_the_member(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers.0')")
    page.mouse.click(*middle(fold(page)["fold"]["cells"][20]))
    assert fold(page)["fold"]["member"] == 20
    assert page.evaluate("window.torchatlas.selected()") == "layers.20"
    assert "layers.20.norm1" in visible(page)


def test_a_cell_of_a_closed_fold_chooses_and_leaves_it_closed(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers')")
    page.mouse.click(*middle(fold(page)["fold"]["cells"][7]))
    assert page.evaluate("window.torchatlas.selected()") == "layers.7"
    select(page, "head")
    page.evaluate("window.torchatlas.collapse('layers.7')")
    assert fold(page)["fold"]["member"] == 7


def test_brackets_change_the_member(page: Page) -> None:
    select(page, "layers.4.q_proj")
    page.locator(".graph-surface").focus()
    page.keyboard.press("]")
    assert page.evaluate("window.torchatlas.selected()") == "layers.5.q_proj"
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert page.evaluate("window.torchatlas.selected()") == "layers.3.q_proj"


def test_search_finds_a_node_in_a_hidden_member(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("layers.23.k_proj")
    page.keyboard.press("Enter")
    assert page.evaluate("window.torchatlas.selected()") == "layers.23.k_proj"
    assert "layers.23.k_proj" in visible(page)
    assert fold(page)["fold"]["member"] == 23


def test_a_link_into_a_hidden_member_opens_it(opened: Opened, stack: Path) -> None:
    page = opened.open(stack, "#page=graph&node=layers.30.mlp.2")
    assert "layers.30.mlp.2" in visible(page)
    page.evaluate("window.torchatlas.select('layers.2.norm2')")
    page.go_back()
    assert "layers.30.mlp.2" in visible(page)
    assert opened.problems == []


def test_edges_of_a_fold_are_true(page: Page) -> None:
    select(page, "layers.6.norm1")
    edges = page.evaluate("window.torchatlas.visibleEdges()")
    through = {(edge["source"], edge["target"]): edge["through"] for edge in edges}
    assert through["embed", "layers.6.norm1"] == [FOLD], "it passes six members on its way"
    assert through["layers.6.norm1", "layers.6.q_proj"] == []
    assert any(target == "head" and by == [FOLD] for (_, target), by in through.items())


def test_folding_can_be_turned_off(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers')")
    page.get_by_role("button", name="View").click()
    folding = page.get_by_role("menuitemcheckbox", name="Fold equal blocks")
    expect(folding).to_have_attribute("aria-checked", "true")
    folding.click()
    expect(folding).to_have_attribute("aria-checked", "false")
    assert {f"layers.{i}" for i in range(LAYERS)} <= set(visible(page))
    folding.click()
    assert FOLD in visible(page)


def test_hidden_members_are_coloured_in_the_strip(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layers')")
    box = fold(page)
    cell = box["fold"]["cells"][3]
    pixel = colour_at(page, *middle(cell))[:3]
    assert max(pixel) - min(pixel) > 30, "a colour of the map and not the grey of the panel"


class Nested(nn.Module):
    """Five stages of five equal blocks each: folds within a fold."""

    def __init__(self) -> None:
        super().__init__()
        stages = (
            nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for _ in range(5)))
            for _ in range(5)
        )
        self.stages = nn.Sequential(*stages)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.stages(x)


def test_a_fold_within_a_fold(opened: Opened, tmp_path: Path) -> None:
    atlas = ta.visualize_model(Nested(), torch.ones(2, 8), include=["parameters"])
    atlas.save(tmp_path / "nested.html")
    opened.page.emulate_media(reduced_motion="reduce")
    page = opened.open(tmp_path / "nested.html")
    select(page, "stages.3.2.0")
    nodes = visible(page)
    assert nodes["stages.0..stages.4"]["fold"]["member"] == 3
    assert nodes["stages.3.0..stages.3.4"]["fold"]["member"] == 2
    page.mouse.click(*middle(nodes["stages.0..stages.4"]["fold"]["cells"][1]))
    assert visible(page)["stages.1.0..stages.1.4"]["fold"]["member"] == 2, "the inner one stays"
    assert opened.problems == []
