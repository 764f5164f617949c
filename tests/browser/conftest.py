"""A real Chromium, a report on disk, and a page that notes everything that a report must not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, sync_playwright
from torch import nn

import torchatlas as ta

HOSTILE = "<script>alert(1)</script>"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Classifier(nn.Module):
    """Two groups, a bias that a norm cancels (a finding), and a module with a hostile name."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.add_module(HOSTILE, nn.Flatten())
        self.head = nn.Linear(64, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(getattr(self, HOSTILE)(self.body(self.stem(x))))


@dataclass
class Opened:
    """A page, and what it did that a report must not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, report: Path, address: str = "") -> Page:
        """Open the report from disk and wait until it is drawn."""
        self.page.goto(f"{report.as_uri()}{address}")
        self.page.evaluate("window.torchatlas.ready")
        return self.page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        message = "NO BROWSER TESTS RUN: install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--headless=new", *QUIET])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.randn(24, 1, 8, 8), torch.arange(24) % 3)
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    atlas = ta.visualize_model(Classifier(), loader, test=loader)
    path = tmp_path_factory.mktemp("report") / "report.html"
    atlas.save(path)
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    opened = Opened(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("pageerror", lambda error: opened.problems.append(str(error)))
    page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    page.on(
        "console",
        lambda said: opened.problems.append(said.text) if said.type in {"error", "warning"} else 0,
    )
    yield opened
    context.close()


def colour_at(page: Page, x: float, y: float) -> list[int]:
    """Red, green, blue and opacity of the graph at a place of the viewport."""
    return page.evaluate(
        """([x, y]) => {
          const graph = document.querySelector(".graph-surface");
          const { left, top } = graph.getBoundingClientRect();
          const ratio = devicePixelRatio;
          const copy = document.createElement("canvas");
          const one = copy.getContext("2d", { willReadFrequently: true });
          one.drawImage(graph, -Math.round((x - left) * ratio), -Math.round((y - top) * ratio));
          return [...one.getImageData(0, 0, 1, 1).data];
        }""",
        [x, y],
    )
