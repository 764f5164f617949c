"""One selection, followed by graph, outline, inspector, legend, list and address alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import torchatlas as ta

from .conftest import HOSTILE, Opened

pytestmark = pytest.mark.browser

LAYERS = 9


class Deep(nn.Module):
    """Nine equal blocks, so that they fold, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            *(nn.Sequential(nn.Linear(8, 8), nn.ReLU()) for _ in range(LAYERS))
        )
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.blocks(x))


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a recorded training, with a person's own numbers by node."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("deep")
    model = Deep()
    data = TensorDataset(torch.randn(48, 8), torch.arange(48) % 3)
    loader = DataLoader(data, batch_size=8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with ta.record(folder / "run", model, optimizer=optimizer, budget=1.0) as recorder:
        for _ in range(3):
            for inputs, targets in loader:
                loss = nn.functional.cross_entropy(model(inputs), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
    atlas = ta.visualize_model(model, loader, test=loader, run=folder / "run")
    values: dict[str, float | None] = {f"blocks.{i}.0": (-1) ** i * 2.0**i for i in range(LAYERS)}
    values |= {"blocks.2.0": math.nan, "blocks.4.0": None}
    made = atlas.overlay(
        "influence", values, unit="nat", label=f"Influence {HOSTILE}", groups="sum"
    )
    return made.save(folder / "deep.html")


def selected(page: Page) -> str | None:
    found: str | None = page.evaluate("window.torchatlas.selected()")
    return found


def inspector(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Inspector")


def colour_by(page: Page, words: str) -> None:
    page.get_by_role("button", name="Colour by").click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_own_numbers_are_found_in_the_list_and_colour_the_graph(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    colour_by(page, "influence")
    legend = page.locator(".graph-page .legend")
    expect(legend).to_contain_text(f"Influence {HOSTILE}")
    expect(legend).to_contain_text("in nat")
    expect(legend).to_contain_text("NaN")
    expect(legend).to_contain_text("not measured (1)")
    expect(legend).to_contain_text("the sum of what is inside")
    expect(legend.get_by_role("button", name="Symlog")).to_have_attribute("aria-pressed", "true")
    assert "color=influence.value" in page.url
    page.evaluate("window.torchatlas.select('blocks.8.0')")
    own = inspector(page).locator("section", has_text="Your own numbers")
    expect(own).to_contain_text("256 nat")
    assert opened.dialogs == []
    assert opened.problems == []


def test_the_list_of_colours_is_by_table_and_walked_by_keyboard(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    button = page.get_by_role("button", name="Colour by")
    button.focus()
    page.keyboard.press("Enter")
    tables = page.locator(".picker-list [role=group]")
    names = [group.get_attribute("aria-label") for group in tables.all()]
    assert {"Structure", "Cost", "Weights", "Outputs", "Gradients", "Your own"} <= set(names)
    assert len(names) == len(set(names)), "each table once"
    page.keyboard.type("weight spread")
    expect(page.locator(".picker-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".graph-page .legend")).to_contain_text("Weight spread")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", name="Colour by")).to_have_count(0)


def test_the_scale_is_switched_and_stands_in_the_address(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, "#color=parameters")
    scale = page.locator(".graph-page").get_by_role("group", name="Scale")
    scale.get_by_role("button", name="Linear").click()
    expect(scale.get_by_role("button", name="Linear")).to_have_attribute("aria-pressed", "true")
    assert "scale=linear" in page.url


def test_a_fold_shows_all_members_and_a_click_chooses_one(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, "#node=blocks.3.0&color=influence.value")
    fold = inspector(page).locator(".fold")
    expect(fold).to_contain_text(f"Across the {LAYERS} members")
    expect(fold).to_contain_text("least −128 nat")
    expect(fold).to_contain_text("most 256 nat")
    expect(fold).to_contain_text("1 not finite")
    expect(fold).to_contain_text("1 not measured")
    fold.locator("[data-member='blocks.6.0']").click()
    assert selected(page) == "blocks.6.0"
    fold.get_by_role("button", name="Next member").click()
    assert selected(page) == "blocks.7.0"
    expect(fold.get_by_role("button", name="Next member")).to_be_enabled()


def test_the_line_that_was_called_is_marked_among_its_neighbours(
    opened: Opened, deep: Path
) -> None:
    page = opened.open(deep, "#node=head")
    code = inspector(page).locator(".code-box")
    expect(code.locator(".marked")).to_contain_text("return self.head(self.blocks(x))")
    expect(code).to_contain_text("def forward(self, x")
    number = code.locator(".marked .code-number").inner_text()
    expect(inspector(page).locator(".headline")).to_contain_text(f"test_linked.py:{number}")


def test_the_step_changes_colours_histograms_and_curves_and_is_no_place(
    opened: Opened, deep: Path
) -> None:
    page = opened.open(deep, "#node=head&color=weights")
    legend = page.locator(".graph-page .legend")
    latest = inspector(page).locator("[data-quantity=weights]").inner_text()
    before = page.evaluate("history.length")
    slider = page.locator(".outline").get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("Home")
    expect(legend).to_contain_text("at step 0")
    expect(inspector(page)).to_contain_text("Values at step 0")
    assert "step=0" in page.url
    shown = inspector(page).locator("[data-quantity=weights]").inner_text()
    assert shown != latest
    page.keyboard.press("ArrowRight")
    assert "step=0" not in page.url
    assert page.evaluate("history.length") == before, "a drag is no place to come back to"
    page.keyboard.press("End")
    assert "step=" not in page.url, "the end is the latest"
    page.keyboard.press("Home")
    page.get_by_role("tab", name="Training").click()
    at_foot = page.locator("#page-training").get_by_role("slider", name="Step")
    expect(at_foot).to_have_value("0")
    at_foot.focus()
    page.keyboard.press("End")
    expect(at_foot).to_be_focused()
    page.get_by_role("tab", name="Graph").click()
    expect(inspector(page)).to_contain_text("Values now")
    assert opened.problems == []


def test_the_split_parts_what_was_evaluated(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, "#page=generalisation")
    rows = page.locator("#page-generalisation .card", has_text="Evaluation").first.locator(
        "tbody tr"
    )
    both = rows.count()
    page.get_by_role("group", name="Data").get_by_role("button", name="test").click()
    assert 0 < rows.count() < both
    assert {row.locator("td").first.inner_text() for row in rows.all()} == {"test"}
    assert "split=test" in page.url


def test_search_says_why_and_is_worked_by_keyboard(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    page.keyboard.press("/")
    page.keyboard.type("test_linked.py head")
    hits = page.get_by_role("listbox", name="Nodes found").get_by_role("option")
    expect(hits.first).to_contain_text("head")
    expect(hits.first.locator(".why")).to_contain_text("test_linked.py:")
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert str(selected(page)).startswith("head")
    page.keyboard.press("/")
    page.keyboard.type("no such thing")
    expect(page.locator(".hits")).to_contain_text("No node is called so")


def test_the_outline_shows_folds_as_ranges_around_the_chosen_member(
    opened: Opened, deep: Path
) -> None:
    page = opened.open(deep, "#node=blocks.4.0")
    names = page.locator(".tree-row .tree-name")
    shown = names.all_inner_texts()
    at = shown.index("0 – 3")
    assert shown[at + 1] == "4"
    assert "5 – 8" in shown
    row = page.locator(".tree-fold").first
    expect(row).to_contain_text("4 folded")
    row.click()
    assert {"0 – 8", "0", "8"} <= set(names.all_inner_texts())
    assert selected(page) == "blocks.4.0", "a range is no node"


def test_the_outline_knows_home_end_and_the_first_letters(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    rows = page.get_by_role("treeitem")
    rows.first.focus()
    page.keyboard.press("End")
    assert selected(page) == "head"
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
    page.keyboard.type("he")
    assert selected(page) == "head"
    row = page.locator("[role=treeitem][data-node='head']")
    expect(row).to_be_focused()
    expect(row).to_have_attribute("aria-level", "2")
    assert row.get_attribute("aria-posinset") == row.get_attribute("aria-setsize")


def test_the_graph_and_the_outline_open_together(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    page.emulate_media(reduced_motion="reduce")
    boxes = {node["id"]: node for node in page.evaluate("window.torchatlas.visibleNodes()")}
    box = boxes["blocks"]
    page.mouse.click(box["x"] + 12, box["y"] + 10)
    row = page.locator("[role=treeitem][data-node='blocks']")
    expect(row).to_have_attribute("aria-expanded", "true")


def test_what_an_address_cannot_have_is_said_and_left_out(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, f"#node={HOSTILE}&color=rainbow&split=val&page=attic")
    said = page.get_by_role("status")
    for words in ("node", "rainbow", "val", "attic"):
        expect(said.last).to_contain_text(words)
    assert selected(page) is None
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_be_hidden()
    assert opened.dialogs == []
    assert opened.problems == []


def test_back_undoes_a_choice_with_its_page_and_colour(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, "#page=graph&node=head&color=flops")
    page.evaluate("window.torchatlas.select('blocks.1.0')")
    page.get_by_role("tab", name="Overview").click()
    page.go_back()
    expect(page.locator("#page-graph")).to_be_visible()
    assert selected(page) == "blocks.1.0"
    page.go_back()
    assert selected(page) == "head"
    page.go_forward()
    assert selected(page) == "blocks.1.0"


def test_a_number_in_the_inspector_colours_the_graph(opened: Opened, deep: Path) -> None:
    page = opened.open(deep, "#node=head")
    inspector(page).locator("summary", has_text="numbers").click()
    inspector(page).get_by_role("button", name="Weight norm").click()
    expect(page.locator(".graph-page .legend")).to_contain_text("Weight norm")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """20,000 modules, unlike each other so that none fold."""
    from torchatlas.run import ROOT, Graph, Node

    def make() -> Path:
        nodes = {ROOT: Node(ROOT, "module", "net", "Net", None)}
        for i in range(200):
            nodes[f"g{i}"] = Node(f"g{i}", "module", f"g{i}", f"Group{i}", ROOT, order=i)
            for j in range(100):
                id = f"g{i}.m{j}"
                nodes[id] = Node(id, "module", f"m{j}", f"Kind{i}_{j}", f"g{i}", order=i)
        run = ta.Atlas(_run(Graph(nodes)))
        return run.save(tmp_path_factory.mktemp("large") / "large.html")

    return make


def _run(graph: object) -> object:
    from torchatlas.run import Run

    return Run("large", "2026-01-01T00:00:00+00:00", graph=graph)  # type: ignore[arg-type]


def test_another_theme_leaves_all_else_as_it_was(opened: Opened, deep: Path) -> None:
    page = opened.open(deep)
    page.set_viewport_size({"width": 1440, "height": 500})
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("window.torchatlas.select('blocks.4.0')")
    inspector(page).locator("summary", has_text="numbers").click()
    inspector(page).evaluate("element => element.scrollTo({ top: 170 })")
    graph = page.locator(".graph-surface").bounding_box()
    assert graph is not None
    page.mouse.move(graph["x"] + 200, graph["y"] + 200)
    page.mouse.wheel(0, -150)
    page.mouse.wheel(40, 0)
    page.wait_for_timeout(200)
    kept = """() => {
      const inspector = document.querySelector('#page-graph .inspector');
      return {
        nodes: window.torchatlas.visibleNodes(), selected: window.torchatlas.selected(),
        scrolled: inspector.scrollTop, words: inspector.innerText, address: location.href,
        opened: [...inspector.querySelectorAll('details')].map((one) => one.open),
        outline: [...document.querySelectorAll('[role=treeitem]')].map((row) => row.innerText),
        page: document.querySelector('main.page.current').id,
      };
    }"""
    before = page.evaluate(kept)
    assert before["scrolled"] > 100
    assert True in before["opened"]
    assert any(node["id"] == "blocks.4.0" for node in before["nodes"])
    for theme in ("dark", "light"):
        page.get_by_role("button", name="Light or dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert page.evaluate(kept) == before

    page.get_by_role("tab", name="Training").click()
    page.locator("#page-training .cards").evaluate("element => element.scrollTo({ top: 200 })")
    page.wait_for_timeout(200)
    scrolled = "document.querySelector('#page-training .cards').scrollTop"
    top = page.evaluate(scrolled)
    assert top > 0
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_timeout(100)
    assert page.evaluate(scrolled) == top
    expect(page.locator("#page-training")).to_be_visible()
    page.get_by_role("tab", name="Graph", exact=True).click()
    assert page.evaluate(kept) == {**before, "address": page.url}
    assert opened.problems == []


def test_an_outline_of_20000_rows_keeps_few_in_the_page(
    opened: Opened, large: Callable[[], Path]
) -> None:
    page = opened.open(large())
    rows = page.get_by_role("treeitem")
    rows.first.focus()
    page.keyboard.press("End")
    assert selected(page) == "g199"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert selected(page) == "g199.m99"
    assert rows.count() < 120
    page.keyboard.press("/")
    page.keyboard.type("g150.m7")
    page.keyboard.press("Enter")
    assert selected(page) == "g150.m7"
    expect(page.locator("[role=treeitem][data-node='g150.m7']")).to_be_visible()
    assert opened.problems == []
