"""The way back in a real browser: the switch, the links between ops and steps, the address."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import nn

import torchatlas as ta

from .conftest import HOSTILE, Opened

pytestmark = pytest.mark.browser


def drawn(page: Page) -> set[str]:
    return {node["id"] for node in page.evaluate("window.torchatlas.visibleNodes()")}


def switch(page: Page, name: str) -> None:
    page.get_by_role("group", name="Graph").get_by_role("button", name=name).click()


def test_the_switch_draws_backward_both_and_forward_again(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    page.evaluate("window.torchatlas.expand('stem');window.torchatlas.expand('stem.0')")
    assert "stem.0/conv2d:0" in drawn(page)
    switch(page, "Backward")
    assert {"stem.0/ConvolutionBackward0:0", "grad:stem.0.weight", "grad:stem.0.bias"} <= drawn(
        page
    )
    assert "stem.0/conv2d:0" not in drawn(page)
    assert "input:x" not in drawn(page)
    switch(page, "Both")
    assert {"stem.0/conv2d:0", "stem.0/ConvolutionBackward0:0", "input:x"} <= drawn(page)
    ends = {(e["source"], e["target"]) for e in page.evaluate("window.torchatlas.visibleEdges()")}
    assert ("input:x", "stem.0/ConvolutionBackward0:0") in ends, "the input is kept for it"
    switch(page, "Forward")
    assert "stem.0/conv2d:0" in drawn(page)
    assert not any("Backward" in node for node in drawn(page))
    assert opened.problems == []


def test_an_op_names_its_steps_and_a_step_leads_back_to_its_op(
    opened: Opened, report: Path
) -> None:
    page = opened.open(report, "#page=graph&node=stem.0/conv2d:0")
    inspector = page.get_by_role("complementary", name="Inspector")
    inspector.get_by_role("button", name="stem.0/ConvolutionBackward0:0").click()
    assert page.evaluate("window.torchatlas.selected()") == "stem.0/ConvolutionBackward0:0"
    assert "stem.0/ConvolutionBackward0:0" in drawn(page), "the graph turns and opens"
    expect(inspector).to_contain_text("8×4×6×6")  # the gradient that comes in
    rows = inspector.locator(".saved-tensors tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("input")
    expect(rows.nth(1)).to_contain_text("stem.0.weight")
    inspector.get_by_role("button", name="stem.0/conv2d:0").click()
    assert page.evaluate("window.torchatlas.selected()") == "stem.0/conv2d:0"
    assert "stem.0/conv2d:0" in drawn(page)


def test_the_chosen_node_is_followed_through_the_switch(opened: Opened, report: Path) -> None:
    page = opened.open(report, "#page=graph&node=stem.0/conv2d:0")
    switch(page, "Backward")
    assert page.evaluate("window.torchatlas.selected()") == "stem.0/ConvolutionBackward0:0"
    switch(page, "Forward")
    assert page.evaluate("window.torchatlas.selected()") == "stem.0/conv2d:0"


def test_the_address_names_the_graph_and_back_undoes(opened: Opened, report: Path) -> None:
    page = opened.open(report, "#graph=backward")
    pressed = page.get_by_role("group", name="Graph").locator("[aria-pressed=true]")
    expect(pressed).to_have_text("Backward")
    page.evaluate("window.torchatlas.select('stem')")
    switch(page, "Both")
    assert "graph=both" in page.url
    page.go_back()
    expect(pressed).to_have_text("Backward")
    page = opened.open(report, "#node=grad:stem.0.weight")
    expect(pressed).to_have_text("Backward")
    assert "grad:stem.0.weight" in drawn(page)


def test_the_switch_is_reached_and_pressed_by_keyboard(opened: Opened, report: Path) -> None:
    page = opened.open(report)
    buttons = page.get_by_role("group", name="Graph").get_by_role("button")
    buttons.first.focus()
    page.keyboard.press("Tab")
    expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".legend")).to_contain_text("gradient of a parameter")
    assert any(node.endswith("Backward0:0") or node == "output:0" for node in drawn(page))


def test_colours_show_what_is_kept_and_hostile_names_stay_text(
    opened: Opened, report: Path
) -> None:
    page = opened.open(report, "#graph=both&color=held")
    expect(page.locator(".legend")).to_contain_text("Memory kept")
    page.evaluate("id => window.torchatlas.select(`${id}/ViewBackward0:0`)", HOSTILE)
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("heading", level=1)).to_have_text(f"{HOSTILE}/ViewBackward0:0")
    assert opened.dialogs == []
    assert opened.problems == []


def test_a_model_without_gradients_has_the_switch_off_with_the_reason(
    opened: Opened, tmp_path: Path
) -> None:
    model = nn.Linear(4, 2).requires_grad_(False)
    path = ta.visualize_model(model, torch.randn(2, 4)).save(tmp_path / "frozen.html")
    page = opened.open(path, "#graph=backward")
    button = page.get_by_role("group", name="Graph").get_by_role("button", name="Backward")
    expect(button).to_be_disabled()
    assert "no parameter and no input requires a gradient" in str(button.get_attribute("title"))
    assert "input:input" in drawn(page)
    assert opened.problems == []


def test_nothing_is_offered_where_nobody_asked_for_it(opened: Opened, tmp_path: Path) -> None:
    atlas = ta.visualize_model(nn.Linear(4, 2), torch.randn(2, 4), include="parameters")
    page = opened.open(atlas.save(tmp_path / "parameters.html"))
    expect(page.get_by_role("group", name="Graph")).to_have_count(0)
    assert atlas.run.backward is None
