"""What the report shows where something was not measured, went wrong, or is no number."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import nn

import torchatlas as ta

from .conftest import Opened

pytestmark = pytest.mark.browser


class Broken(nn.Module):
    """Its second layer does not take what its first one makes."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.second = nn.Linear(9, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


def open_atlas(opened: Opened, atlas: ta.Atlas, folder: Path, address: str = "") -> Page:
    path = folder / "report.html"
    atlas.save(path)
    return opened.open(path, address)


def test_not_measured_is_hatched_with_its_reason(opened: Opened, tmp_path: Path) -> None:
    atlas = ta.visualize_model(nn.Sequential(nn.Linear(4, 2)), torch.randn(3, 4))
    page = open_atlas(opened, atlas, tmp_path, "#page=graph&node=0")
    gradients = page.locator("[data-quantity=gradients]")
    expect(gradients).to_contain_text("not measured")
    reason = next(gap.reason for gap in atlas.run.gaps if gap.what == "gradient")
    expect(gradients.locator(".hatched")).to_have_text(reason)
    page.get_by_role("tab", name="Generalisation").click()
    expect(page.locator("#page-generalisation .hatched").first).to_be_visible()
    assert opened.problems == []


def test_a_forward_that_fails_is_shown_up_to_the_node_it_failed_in(
    opened: Opened, tmp_path: Path
) -> None:
    atlas = ta.visualize_model(Broken(), torch.randn(3, 4))
    page = open_atlas(opened, atlas, tmp_path)
    expect(page.get_by_role("status").first).to_contain_text("Partial graph")
    expect(page.get_by_role("status").first).to_contain_text("mat1 and mat2")
    drawn = {node["id"] for node in page.evaluate("window.torchatlas.visibleNodes()")}
    assert {"first", "second"} <= drawn
    assert opened.problems == []


def test_nan_weights_are_counted_not_dropped(opened: Opened, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 2))
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    atlas = ta.visualize_model(model, torch.randn(3, 4))
    page = open_atlas(opened, atlas, tmp_path, "#page=graph&node=0")
    expect(page.locator("[data-quantity=weights]")).to_contain_text("✕ 1 not finite")
    assert opened.problems == []


def test_damaged_data_give_a_sentence_instead_of_an_empty_page(
    opened: Opened, report: Path, tmp_path: Path
) -> None:
    text = report.read_text(encoding="utf-8")
    start = text.index('id="torchatlas-data">') + len('id="torchatlas-data">')
    damaged = tmp_path / "damaged.html"
    damaged.write_text(text[:start] + "AAAA" + text[start + 4 :], encoding="utf-8")
    opened.page.goto(damaged.as_uri())
    expect(opened.page.locator("#app")).to_contain_text(
        "This report could not be opened: its data are damaged; save it again"
    )
