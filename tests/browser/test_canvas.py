"""Reading a graph: depth, hidden ops, up- and downstream, zoom, and the keys for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from playwright.sync_api import Page, expect

import torchatlas as ta
from torchatlas.atlas import Atlas
from torchatlas.run import CaptureReport, Edge, Graph, Node, Run, TensorSpec

from .conftest import Opened, colour_at
from .test_report import visible

pytestmark = pytest.mark.browser

MANY = 100_000


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = torchvision.models.resnet18()
    atlas = ta.visualize_model(model, torch.randn(1, 3, 64, 64), include=["parameters"])
    path = tmp_path_factory.mktemp("canvas") / "resnet18.html"
    atlas.save(path)
    return path


@pytest.fixture
def page(opened: Opened, resnet: Path) -> Iterator[Page]:
    opened.page.emulate_media(reduced_motion="reduce")
    yield opened.open(resnet)
    assert opened.problems == []


def select(page: Page, node: str) -> None:
    page.evaluate("node => window.torchatlas.select(node)", node)


def press(page: Page, *keys: str) -> None:
    page.locator(".graph-surface").focus()
    for key in keys:
        page.keyboard.press(key)


def turn(page: Page, name: str) -> None:
    """Press an entry of the list of what is shown."""
    button = page.get_by_role("button", name="View")
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    page.keyboard.press("Escape")


def ink(page: Page, node: str) -> list[int]:
    """The colour at the left end of a node, beside its words."""
    page.wait_for_timeout(100)  # a frame is drawn after the call that asks for it
    box = visible(page)[node]
    return colour_at(page, box["x"] + 5, box["y"] + box["height"] / 2)


def top_left(box: dict[str, Any]) -> tuple[float, float]:
    return box["x"], box["y"]


def test_depth_opens_and_closes_level_by_level(page: Page) -> None:
    depth = page.get_by_role("group", name="Depth")
    expect(depth).to_contain_text("depth 1")
    depth.get_by_role("button", name="Show one level more").click()
    assert "layer2.0" in visible(page)
    assert "layer2.0.conv1" not in visible(page)
    press(page, "3")
    expect(depth).to_contain_text("depth 3")
    assert "layer2.0.conv1" in visible(page)
    press(page, "1")
    assert "layer2.0" not in visible(page)
    expect(depth.get_by_role("button", name="Show one level less")).to_be_disabled()


def test_a_selection_opens_what_is_around_it(page: Page) -> None:
    select(page, "layer3.1.bn2")
    nodes = visible(page)
    assert {"layer3", "layer3.1", "layer3.1.bn2"} <= set(nodes)
    assert "layer4.0" not in nodes, "and nothing else"


def test_hidden_ops_leave_their_edges_joined(page: Page) -> None:
    flatten = next(node for node in visible(page) if node.startswith("/flatten"))
    turn(page, "Hide views and reshapes")
    assert flatten not in visible(page)
    edges = page.evaluate("window.torchatlas.visibleEdges()")
    joined = [edge for edge in edges if flatten in edge["through"]]
    assert [(edge["source"], edge["target"]) for edge in joined] == [("avgpool", "fc")]
    press(page, "v")
    assert flatten in visible(page)


def test_highlighting_dims_what_is_not_upstream(page: Page) -> None:
    faint, full = ink(page, "layer4"), ink(page, "layer2")
    select(page, "layer3")
    press(page, "u")
    assert ink(page, "layer4") != faint
    assert ink(page, "layer2") == full
    press(page, "d")
    assert ink(page, "layer4") == faint
    assert ink(page, "layer2") != full
    press(page, "Escape")
    assert ink(page, "layer2") == full
    assert page.evaluate("window.torchatlas.selected()") == "layer3", "the first Escape ends it"


def test_the_menu_of_a_node(page: Page) -> None:
    box = visible(page)["layer2"]
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10, button="right")
    menu = page.get_by_role("menu", name="layer2")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    menu.get_by_role("menuitem", name="Open").click()
    expect(menu).to_be_hidden()
    assert "layer2.0" in visible(page)
    assert page.evaluate("window.torchatlas.selected()") == "layer2"


def test_escape_closes_the_selected_group_and_then_ends_the_selection(page: Page) -> None:
    page.evaluate("window.torchatlas.expand('layer2')")
    select(page, "layer2")
    press(page, "Escape")
    assert "layer2.0" not in visible(page)
    press(page, "Escape")
    assert page.evaluate("window.torchatlas.selected()") is None


def test_zoom_to_the_selection_shows_it_whole(page: Page) -> None:
    select(page, "layer4.1.conv1")
    press(page, "z")
    box = visible(page)["layer4.1.conv1"]
    host = page.locator(".graph-host").bounding_box()
    assert host is not None
    assert box["x"] + box["width"] / 2 == pytest.approx(host["x"] + host["width"] / 2, abs=2)
    assert box["y"] + box["height"] / 2 == pytest.approx(host["y"] + host["height"] / 2, abs=2)


@pytest.mark.parametrize("zoom", ["", "-----", "++"])
def test_what_is_opened_stays_where_it_is(page: Page, zoom: str) -> None:
    press(page, *zoom)
    before = visible(page)["layer3"]
    page.evaluate("window.torchatlas.expand('layer3')")
    assert visible(page)["layer3"]["y"] == pytest.approx(before["y"], abs=1)
    page.evaluate("window.torchatlas.collapse('layer3')")
    assert top_left(visible(page)["layer3"]) == pytest.approx(top_left(before), abs=1)


def test_hiding_and_folding_keep_the_middle_of_the_view(page: Page) -> None:
    select(page, "layer1.1.conv1")
    for key in ("v", "f", "v", "f"):
        before = visible(page)
        press(page, key)
        after = visible(page)
        assert after["layer1.1.conv1"]["y"] == pytest.approx(before["layer1.1.conv1"]["y"], abs=60)
        assert "layer1.1.conv1" in after


def test_no_motion_where_none_is_wanted_and_some_elsewhere(opened: Opened, resnet: Path) -> None:
    page = opened.open(resnet)
    frames = """async () => {
      const seen = new Set();
      torchatlas.expand("layer2");
      for (let i = 0; i < 40; i++) {
        await new Promise(requestAnimationFrame);
        seen.add(document.querySelector(".graph-surface").toDataURL());
      }
      torchatlas.collapse("layer2");
      return seen.size;
    }"""
    assert page.evaluate(frames) > 2
    page.wait_for_timeout(400)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(frames) == 1


@pytest.fixture(scope="module")
def vast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of more nodes than can be drawn at once."""
    return long_chain(tmp_path_factory.mktemp("vast") / "vast.html", MANY)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of more nodes than are laid out at once."""
    return long_chain(tmp_path_factory.mktemp("large") / "large.html", 4_000)


def long_chain(path: Path, count: int) -> Path:
    """A report of so many ops in groups of 1000, and in groups of 100 inside these."""
    tensor = TensorSpec((1,), "float32", "cpu", 4)
    nodes = {".": Node(".", "module", "vast", "Vast", None)}
    edges = []
    last = None
    for i in range(count):
        group, inner = f"g{i // 1000}", f"g{i // 1000}.h{i // 100}"
        if i % 1000 == 0:
            nodes[group] = Node(group, "module", group, f"Group{i}", ".", order=len(nodes))
        if i % 100 == 0:
            nodes[inner] = Node(inner, "module", inner, f"Part{i}", group, order=len(nodes))
        op = f"{inner}/op:{i}"
        nodes[op] = Node(op, "op", "op", f"op{i}", inner, order=len(nodes))
        if last:
            edges.append(Edge(last, op, tensor))
        last = op
    graph = Graph(nodes, tuple(edges), CaptureReport("complete"))
    Atlas(Run("vast", "2026-01-01T00:00:00Z", graph=graph)).save(path)
    return path


def test_a_large_graph_opens_between_frames(opened: Opened, large: Path) -> None:
    page = opened.open(large)
    before, during, after, frames = page.evaluate(
        """async () => {
          const before = torchatlas.visibleNodes().length;
          let [frames, isOpen] = [0, false];
          const opening = torchatlas.expand("all").then(() => { isOpen = true; });
          const during = torchatlas.visibleNodes().length;
          for (; !isOpen; frames++) await new Promise(requestAnimationFrame);
          return [before, during, torchatlas.visibleNodes().length, frames];
        }"""
    )
    assert before == during == 4
    assert after == 4_044
    assert frames > 1
    assert opened.problems == []


def test_closing_takes_in_an_opening_that_is_on_its_way(opened: Opened, large: Path) -> None:
    page = opened.open(large)
    page.evaluate(
        """async () => {
          const opening = torchatlas.expand("all");
          await torchatlas.collapse("all");
          await opening;
        }"""
    )
    assert len(visible(page)) == 4
    assert opened.problems == []


@pytest.mark.slow
def test_a_vast_graph_opens_closed_and_says_so(opened: Opened, vast: Path) -> None:
    page = opened.open(vast)
    notice = page.get_by_role("status")
    expect(notice).to_contain_text("only its outermost level is drawn")
    assert len(visible(page)) == 100
    page.get_by_role("button", name="Open all").click()
    expect(notice).to_contain_text("Open to depth 2 of 3: 1,100 nodes")
    assert len(visible(page)) == 1100
    page.evaluate("window.torchatlas.expand('g3.h31')")
    assert "g3.h31/op:3100" in visible(page)
    expect(notice).to_be_hidden()
    assert opened.problems == []
