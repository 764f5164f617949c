"""The saved report in a real browser: what a person who opens it can see and do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import HOSTILE, Opened

pytestmark = pytest.mark.browser


def visible(page: Page) -> dict[str, dict[str, Any]]:
    """Boxes of the nodes that are drawn, by id."""
    return {node["id"]: node for node in page.evaluate("window.torchatlas.visibleNodes()")}


def click_node(page: Page, node: str, *, at_chevron: bool = False) -> None:
    box = visible(page)[node]
    x = box["x"] + (12 if at_chevron else box["width"] * 0.6)
    page.mouse.click(x, box["y"] + min(box["height"] / 2, 12))


def test_opens_from_disk_without_a_request_or_a_complaint(opened: Opened, report: Path) -> None:
    opened.open(report)
    for page in ("overview", "training", "generalisation", "bottlenecks", "findings"):
        opened.page.goto(f"{report.as_uri()}#page={page}")
        opened.page.evaluate("window.torchatlas.ready")
    assert opened.problems == []
    assert {url.split("#")[0] for url in opened.requests} == {report.as_uri()}


def test_the_graph_is_first_and_collapsed_to_the_top_level(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    expect(page.get_by_role("tab", name="Graph")).to_have_attribute("aria-selected", "true")
    nodes = visible(page)
    assert {"stem", "body", "head"} <= set(nodes)
    assert nodes["stem"]["group"]
    assert not any(node.startswith(("stem.", "body.")) for node in nodes)


def test_a_click_opens_a_group_and_another_closes_it(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    page.emulate_media(reduced_motion="reduce")
    click_node(page, "stem", at_chevron=True)
    assert {"stem.0", "stem.1", "stem.2"} <= set(visible(page))
    click_node(page, "stem", at_chevron=True)
    assert "stem.0" not in visible(page)


def test_expand_all_and_collapse_all(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    page.evaluate("window.torchatlas.expand('all')")
    assert {"stem.0", "body.0"} <= set(visible(page))
    stats = page.evaluate("window.torchatlas.stats()")
    assert stats["nodes"] == len(visible(page))
    assert stats["edges"] == len(page.evaluate("window.torchatlas.visibleEdges()"))
    page.evaluate("window.torchatlas.collapse('all')")
    assert "stem.0" not in visible(page)


def test_a_chosen_node_is_described_in_the_inspector(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    click_node(page, "head")
    assert page.evaluate("window.torchatlas.selected()") == "head"
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector).to_contain_text("head")
    expect(inspector).to_contain_text("Linear")
    expect(inspector).to_contain_text("195")  # 64 x 3 weights and 3 biases
    expect(inspector).to_contain_text("8×3")
    for quantity in ("Weights", "Outputs", "Gradients"):
        expect(inspector.get_by_role("img", name=quantity)).to_be_visible()


def test_a_finding_selects_its_node_and_a_node_filters_the_findings(
    opened: Opened, report: Path
) -> None:
    page = opened.open(report, "#page=findings")
    finding = page.locator("[data-rule=bias_before_norm]:visible")
    finding.get_by_role("button").first.click()
    assert page.evaluate("window.torchatlas.selected()") == "stem.0"
    assert "stem.0" in visible(page), "the group around it opens"
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.locator("[data-rule=bias_before_norm]")).to_be_visible()
    page.evaluate("window.torchatlas.select('head')")
    expect(inspector.locator("[data-rule=bias_before_norm]")).to_have_count(0)


@pytest.mark.parametrize(
    ("value", "heading"),
    [
        ("parameters", "Parameters"),
        ("flops", "FLOPs"),
        ("time", "Time"),
        ("weights", "Weight spread"),
        ("gradients", "Gradient norm"),
    ],
)
def test_colour_by_changes_the_legend(
    opened: Opened, report: Path, value: str, heading: str
) -> None:
    page = opened.open(report)
    page.get_by_role("button", name="Colour by").click()
    page.locator(f"[data-measure='{value}']").click()
    expect(page.locator(".legend")).to_contain_text(heading)
    expect(page.locator(".legend")).to_contain_text("not measured")


def test_hostile_names_are_text(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    page.evaluate("id => window.torchatlas.select(id)", HOSTILE)
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    page.get_by_role("tab", name="Bottlenecks").click()
    assert opened.dialogs == []
    assert opened.problems == []
    assert page.locator("body script").count() == 2, "the data and the viewer, nothing more"


def test_dark_follows_the_system_and_the_button_turns_it(browser: Browser, report: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    page = Opened(context.new_page()).open(report)
    canvas = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(canvas) == "rgb(14, 16, 20)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(canvas) == "rgb(246, 247, 249)"
    context.close()


def test_an_address_names_page_node_and_colour_and_back_undoes(
    opened: Opened, report: Path
) -> None:
    page = opened.open(report, "#page=graph&node=body.0&color=flops")
    assert page.evaluate("window.torchatlas.selected()") == "body.0"
    expect(page.locator(".legend")).to_contain_text("FLOPs")
    page.evaluate("window.torchatlas.select('head')")
    assert "node=head" in page.url
    page.go_back()
    assert page.evaluate("window.torchatlas.selected()") == "body.0"


def test_an_unknown_node_in_the_address_is_ignored(opened: Opened, report: Path) -> None:
    page = opened.open(report, "#page=graph&node=no.such.node")
    assert page.evaluate("window.torchatlas.selected()") is None
    assert opened.problems == []


def test_search_finds_by_name(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    page.keyboard.press("/")
    page.keyboard.type("batchnorm")
    page.keyboard.press("Enter")
    assert page.evaluate("window.torchatlas.selected()") in {"stem.1", "body.1"}


def test_the_outline_is_a_tree_for_the_keyboard(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    root = page.get_by_role("treeitem").first
    root.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("window.torchatlas.selected()") == "stem"
    page.keyboard.press("ArrowRight")
    expect(page.locator("[role=treeitem][data-node='stem']")).to_have_attribute(
        "aria-expanded", "true"
    )
    assert "stem.0" in visible(page), "the graph opens with the outline"


@pytest.mark.parametrize("page_name", ["overview", "training", "generalisation", "bottlenecks"])
def test_every_view_has_its_numbers_as_a_table(
    opened: Opened, report: Path, page_name: str
) -> None:
    page = opened.open(report, f"#page={page_name}")
    tables = page.locator("details:visible", has=page.locator("summary", has_text="table"))
    assert tables.count() > 0
    for table in tables.all():
        table.locator("summary").click()
        expect(table.locator("tbody tr").first).to_be_visible()


@pytest.mark.parametrize("width", [1024, 800])
def test_a_small_window_keeps_the_graph_and_has_no_sideways_scroll(
    opened: Opened, report: Path, width: int
) -> None:
    opened.page.set_viewport_size({"width": width, "height": 768})
    page = opened.open(report)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    host = page.locator(".graph-host").bounding_box()
    assert host is not None
    assert host["width"] >= 480
    assert "stem" in visible(page)


def test_every_tab_is_in_view_on_a_small_laptop(opened: Opened, report: Path) -> None:
    opened.page.set_viewport_size({"width": 1024, "height": 768})
    page = opened.open(report)
    hidden = """() => [...document.querySelectorAll('.tabs button')].filter((tab) => {
        const [tabs, own] = [tab.parentElement, tab].map((each) => each.getBoundingClientRect());
        return own.right > tabs.right + 1 || own.left < tabs.left - 1;
    }).map((tab) => tab.textContent)"""
    assert page.evaluate(hidden) == []


def test_back_and_forward_walk_the_same_way_twice(opened: Opened, report: Path) -> None:
    page = opened.open(report, "#page=graph")
    for name in ("Training", "Findings"):
        page.get_by_role("tab", name=name).click()
    shown = [page.url.partition("#")[2]]
    for step in (page.go_back, page.go_back, page.go_forward, page.go_forward):
        step()
        shown.append(page.url.partition("#")[2])
    assert shown[0] == shown[4]
    assert shown[1] == shown[3]
    assert len({shown[0], shown[1], shown[2]}) == 3
    expect(page.locator("#page-findings")).to_be_visible()
