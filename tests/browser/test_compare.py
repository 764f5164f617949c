"""Two models side by side in a real browser: one selection, signs beside colours, both columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch import nn

import torchatlas as ta

from .conftest import HOSTILE, Opened

pytestmark = pytest.mark.browser


class Net(nn.Module):
    """A stem, a body and a head; `change` makes another version of it."""

    def __init__(self, *, change: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(8, 16), nn.GELU() if change else nn.ReLU())
        body: list[nn.Module] = [nn.Linear(16, 16), nn.Tanh()]
        self.body = nn.Sequential(*([nn.Dropout(), *body] if change else body))
        if not change:
            self.add_module(HOSTILE, nn.LayerNorm(16))
        self.head = nn.Linear(16, 5 if change else 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(self.stem(x))
        for name, module in self.named_children():
            x = module(x) if name == HOSTILE else x
        return self.head(x)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    inputs = torch.randn(2, 8)
    before = ta.visualize_model(Net(), inputs)
    after = ta.visualize_model(Net(change=True), inputs)
    folder = tmp_path_factory.mktemp("compared")
    return ta.compare(before, after).save(folder / "compared.html")


def drawn(page: Page, side: str) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in page.evaluate("window.torchatlas.comparedNodes()")[side]}


def click(page: Page, side: str, node: str, *, at_chevron: bool = False) -> None:
    box = drawn(page, side)[node]
    x = box["x"] + (12 if at_chevron else box["width"] * 0.5)
    page.mouse.click(x, box["y"] + min(box["height"] / 2, 12))


def inspector(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Comparison of the chosen node")


def cells(page: Page, name: str) -> list[str]:
    row = inspector(page).locator("tr", has=page.get_by_role("rowheader", name=name))
    return row.locator("td").all_inner_texts()


def test_a_comparison_opens_on_both_graphs(opened: Opened, compared: Path) -> None:
    page = opened.open(compared)
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    assert HOSTILE in drawn(page, "before")
    assert HOSTILE not in drawn(page, "after")
    assert {"stem", "body", "head"} <= set(drawn(page, "after"))
    expect(page.locator(".compare-graphs")).to_contain_text("Net (first)")
    assert opened.problems == []
    assert {url.split("#")[0] for url in opened.requests} == {compared.as_uri()}


def test_a_node_is_chosen_on_both_sides_and_told_in_both_columns(
    opened: Opened, compared: Path
) -> None:
    page = opened.open(compared)
    click(page, "before", "head")
    assert page.evaluate("window.torchatlas.selected()") == "head"
    assert cells(page, "Outputs") == ["2×3", "2×5"]
    assert cells(page, "Parameters") == ["51", "85"]
    expect(inspector(page)).to_contain_text("changed")
    differs = inspector(page).locator("tr.differs", has_text="Outputs")
    expect(differs.get_by_role("img", name="differs")).to_be_visible()
    assert "node=head" in page.url


def test_what_is_on_one_side_alone_is_said_so(opened: Opened, compared: Path) -> None:
    page = opened.open(compared)
    click(page, "before", HOSTILE)
    expect(inspector(page).get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(inspector(page)).to_contain_text("removed")
    expect(inspector(page)).to_contain_text("not there")
    assert cells(page, "Type") == ["LayerNorm", "–"]
    assert "side=before" in page.url
    page.reload()
    page.evaluate("window.torchatlas.ready")
    expect(inspector(page).get_by_role("heading", level=1)).to_have_text(HOSTILE)
    page.get_by_role("tab", name="Graph", exact=True).click()
    assert page.locator("#page-graph .inspector h1").inner_text() != HOSTILE
    assert opened.dialogs == []
    assert opened.problems == []


def test_what_is_opened_here_opens_there(opened: Opened, compared: Path) -> None:
    page = opened.open(compared)
    page.emulate_media(reduced_motion="reduce")
    click(page, "before", "body", at_chevron=True)
    assert "body.0" in drawn(page, "before")
    assert {"body.0", "body.1", "body.2"} <= set(drawn(page, "after"))
    click(page, "after", "body", at_chevron=True)
    assert "body.0" not in drawn(page, "before")


def test_the_list_is_filtered_by_kind_and_walked_by_keyboard(
    opened: Opened, compared: Path
) -> None:
    page = opened.open(compared)
    rows = page.get_by_role("listbox", name="Differences").get_by_role("option")
    kinds = {row.get_attribute("data-kind") for row in rows.all()}
    assert kinds == {"added", "removed", "changed", "moved"}
    page.get_by_role("group", name="Kinds of difference").get_by_role(
        "button", name="changed"
    ).click()
    assert "changed" not in {row.get_attribute("data-kind") for row in rows.all()}
    added = rows.and_(page.locator("[data-kind=added]")).first
    added.click()
    assert page.evaluate("window.torchatlas.selected()") == "body.0"
    assert "body.0" in drawn(page, "after"), "the group around it opens"
    expect(added).to_have_attribute("aria-selected", "true")
    page.get_by_role("listbox", name="Differences").focus()
    page.keyboard.press("ArrowDown")
    expect(added).to_have_attribute("aria-selected", "false")


def test_each_row_of_the_list_is_come_to_although_a_node_has_several(
    opened: Opened, compared: Path
) -> None:
    page = opened.open(compared)
    listbox = page.get_by_role("listbox", name="Differences")
    rows = listbox.get_by_role("option").count()
    listbox.focus()
    seen = []
    for _ in range(rows):
        page.keyboard.press("ArrowDown")
        seen.append(listbox.get_attribute("aria-activedescendant"))
    assert len(set(seen)) == rows
    page.keyboard.press("Home")
    assert listbox.get_attribute("aria-activedescendant") == seen[0]


def test_kinds_have_signs_beside_their_colours(opened: Opened, compared: Path) -> None:
    page = opened.open(compared)
    legend = page.locator(".compare-page .legend")
    for name, sign in (("added", "+"), ("removed", "−"), ("changed", "~"), ("moved", "→")):
        expect(legend.get_by_role("img", name=name, exact=True)).to_have_text(sign)


def test_a_measure_colours_both_on_one_scale(opened: Opened, compared: Path) -> None:
    page = opened.open(compared)
    page.get_by_role("button", name="Colour by").click()
    page.locator("[data-measure=parameters]").click()
    expect(page.locator(".compare-page .legend")).to_contain_text("one scale for both")
    assert "color=parameters" in page.url
    page.go_back()
    expect(page.locator(".compare-page .legend")).to_contain_text("Differences")


def test_several_runs_are_held_against_the_first_in_turn(opened: Opened, tmp_path: Path) -> None:
    inputs = torch.randn(2, 8)
    traces = [ta.trace(Net(change=change), inputs) for change in (False, False, True)]
    page = opened.open(ta.compare(*traces).save(tmp_path / "three.html"))
    expect(page.locator(".diff-list")).to_contain_text("agree, node by node")
    page.get_by_label("Run held against the first").select_option("Net (2)")
    rows = page.get_by_role("listbox", name="Differences").get_by_role("option")
    expect(rows.first).to_be_visible()
    assert "run=Net" in page.url
    assert "body.2" not in drawn(page, "after")
    page.reload()
    page.evaluate("window.torchatlas.ready")
    expect(page.get_by_label("Run held against the first")).to_have_value("Net (2)")
    assert opened.problems == []


def relative(page: Page, side: str) -> dict[str, tuple[float, float, float]]:
    """Places of the nodes in their own pane, and how wide each is drawn."""
    label = {"before": "First graph", "after": "Second graph"}[side]
    pane = page.locator(f"[aria-label='{label}'] .graph-surface").bounding_box()
    assert pane is not None
    return {
        name: (node["x"] - pane["x"], node["y"] - pane["y"], node["width"])
        for name, node in drawn(page, side).items()
    }


@pytest.mark.parametrize(("here", "there"), [("before", "after"), ("after", "before")])
def test_both_graphs_are_panned_zoomed_and_fitted_together(
    opened: Opened, compared: Path, here: str, there: str
) -> None:
    page = opened.open(compared)
    page.emulate_media(reduced_motion="reduce")
    fitted = {side: relative(page, side) for side in (here, there)}
    node = drawn(page, here)["head"]
    x, y = node["x"] + node["width"] / 2, node["y"] + 300

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y + 25, steps=4)
    page.mouse.up()
    for side in (here, there):
        for name, (left, top, width) in fitted[side].items():
            moved = relative(page, side)[name]
            assert moved == pytest.approx((left - 40, top + 25, width), abs=1), (side, name)

    page.keyboard.press("Control+0")
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(300)
    grown = {
        side: relative(page, side)["head"][2] / fitted[side]["head"][2] for side in (here, there)
    }
    assert grown[here] > 1.1
    assert grown[there] == pytest.approx(grown[here], rel=0.01)

    stage = "First graph" if here == "before" else "Second graph"
    page.locator(f"[aria-label='{stage}']").get_by_role(
        "button", name="Fit the graph to the width"
    ).click()
    for side in (here, there):
        for name, place in fitted[side].items():
            assert relative(page, side)[name] == pytest.approx(place, abs=1), (side, name)
    assert opened.problems == []


def test_runs_without_graphs_open_on_their_curves(opened: Opened, tmp_path: Path) -> None:
    for name in ("first", "second"):
        with ta.record(tmp_path / name, Net()) as recorder:
            for step in range(4):
                recorder.log(loss=1 / (1 + step), step=step)
    runs = [ta.load(tmp_path / name).run for name in ("first", "second")]
    compared = ta.compare(*(ta.Atlas(replace(run, graph=None)) for run in runs))
    page = opened.open(compared.save(tmp_path / "curves.html"))
    expect(page.get_by_role("tab", selected=True)).to_have_text("Training")
    expect(page.locator("#page-training")).to_contain_text("Runs compared")
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("heading", name="This run has no graph")).to_have_count(2)
    expect(page.locator(".diff-list")).to_contain_text("Nodes cannot be compared")
    expect(page.locator(".diff-list")).not_to_contain_text("agree")
    assert opened.problems == []


def test_one_run_alone_has_no_such_page(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    expect(page.get_by_role("tab", name="Compare")).to_have_count(0)
