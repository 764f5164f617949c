"""The live page in a real browser: what grows appears, and what was chosen stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Opened
from tests.serve.growing import Training

from torchatlas.serve import Server, start

TOKEN = "a-key-that-is-only-used-in-tests"
pytestmark = pytest.mark.browser
WAIT_MS = 30_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def training(folder: Path) -> Iterator[Training]:
    with Training(folder / "first") as training:
        yield training.train(5).spread()


@pytest.fixture
def server(folder: Path, training: Training) -> Iterator[Server]:
    with start(folder, port=0, token=TOKEN) as server:
        yield server


@pytest.fixture
def page(opened: Opened, server: Server) -> Page:
    opened.page.set_default_timeout(WAIT_MS)
    opened.page.goto(server.address)
    return opened.page


def open_run(page: Page, name: str = "first", address: str = "") -> None:
    href = page.get_by_role("link", name=name, exact=True).get_attribute("href")
    page.goto(f"{page.url}{href}{address}")
    page.evaluate("window.torchatlas.ready")


def chip(page: Page, text: str) -> None:
    expect(page.locator(".live-chip")).to_contain_text(text, timeout=WAIT_MS)


def until_chart_says(page: Page, text: str) -> None:
    """Go to the end of the first chart until that is the one."""
    chart = page.locator(".series").first
    for _ in range(WAIT_MS // 500):
        chart.focus()
        page.keyboard.press("0")
        page.keyboard.press("End")
        said = chart.locator(".readout").text_content() or ""
        if text in said:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the chart says {said!r}")


def is_quiet(opened: Opened, server: Server) -> None:
    """Nothing was complained about, and nobody else was asked."""
    assert opened.problems == []
    own = f"http://127.0.0.1:{server.port}/"
    asked = [url for url in opened.requests if not url.startswith(("data:", "blob:"))]
    assert asked
    assert [url for url in asked if not url.startswith(own)] == []


def test_the_list_shows_runs_that_begin_and_end(
    page: Page, opened: Opened, server: Server, folder: Path
) -> None:
    row = page.locator("table.runs tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".runs-model")).to_have_text("Net", timeout=WAIT_MS)
    expect(row.locator("svg.spark")).to_be_visible()
    with Training(folder / "deep" / "second", "2026-02-01T00:00:00+00:00") as second:
        second.train(7)
        expect(row).to_have_count(2, timeout=WAIT_MS)
        expect(row.first.locator("a")).to_have_text("deep/second")  # the newest
        expect(row.first).to_contain_text("running")
    page.keyboard.press("/")
    page.keyboard.type("DEEP net")
    expect(page.locator("table.runs tbody tr:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    shutil.rmtree(folder / "deep")
    expect(row).to_have_count(1, timeout=WAIT_MS)
    is_quiet(opened, server)


def test_the_key_does_not_stay_in_the_address(page: Page, server: Server) -> None:
    expect(page.locator("table.runs tbody tr")).to_have_count(1)
    assert TOKEN not in page.url
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("JSON.stringify([history.length, document.referrer])") == '[2,""]'


def test_points_appear_and_what_was_chosen_stays(
    page: Page, opened: Opened, server: Server, training: Training
) -> None:
    open_run(page, address="#page=graph&node=block.fc")
    chip(page, "step 5")
    page.evaluate("window.torchatlas.expand('all')")
    nodes = page.evaluate("window.torchatlas.visibleNodes().map((node) => node.id)")
    history = page.evaluate("history.length")
    training.train(20, accuracy=0.25).spread()
    chip(page, "step 25")
    expect(page.locator(".outline .step-head")).to_contain_text("25 of 25", timeout=WAIT_MS)
    assert page.evaluate("window.torchatlas.selected()") == "block.fc"
    assert page.evaluate("window.torchatlas.visibleNodes().map((node) => node.id)") == nodes
    assert page.evaluate("history.length") == history  # it was not loaded again
    is_quiet(opened, server)


def test_a_chart_keeps_its_zoom_and_its_place_while_it_grows(
    page: Page, opened: Opened, server: Server, training: Training
) -> None:
    training.train(95)
    open_run(page, address="#page=training")
    chip(page, "step 100")
    chart = page.locator(".series").first
    expect(chart.locator("canvas")).to_be_visible(timeout=WAIT_MS)
    chart.focus()
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Show all").first).to_be_visible()
    training.train(50, accuracy=0.5)  # a panel more: all is drawn anew
    chip(page, "step 150")
    expect(page.locator(".panel h3", has_text="accuracy")).to_be_visible(timeout=WAIT_MS)
    chart.focus()
    page.keyboard.press("+")
    page.evaluate("document.querySelector('.series').dataset.mine = 'kept'")
    page.evaluate("document.querySelector('.cards').scrollTop = 120")
    training.train(50, accuracy=0.5)
    chip(page, "step 200")
    page.wait_for_timeout(1_500)  # within which the page draws what came
    assert page.evaluate("document.querySelector('.series').dataset.mine") == "kept"
    expect(page.get_by_role("button", name="Show all").first).to_be_visible()
    assert page.evaluate("document.querySelector('.cards').scrollTop") == 120
    until_chart_says(page, "optimizer steps 200: train 0.005")
    is_quiet(opened, server)


def test_a_run_that_is_deleted_is_said_and_stays_on_the_page(
    page: Page, opened: Opened, server: Server, folder: Path
) -> None:
    open_run(page)
    chip(page, "step 5")
    shutil.rmtree(folder / "first")
    banner = page.locator(".live-banner")
    expect(banner).to_contain_text("gone", timeout=WAIT_MS)
    expect(banner).to_contain_text("stays on this page")
    assert page.evaluate("window.torchatlas.visibleNodes().length") > 0


def test_the_page_goes_on_when_the_server_was_started_again(
    page: Page, opened: Opened, server: Server, folder: Path, training: Training
) -> None:
    open_run(page, address="#page=graph&node=block")
    chip(page, "step 5")
    server.stop()
    expect(page.locator(".live-banner")).to_contain_text("lost", timeout=WAIT_MS)
    training.train(4)
    with start(folder, port=server.port, token=TOKEN):
        chip(page, "step 9")
        expect(page.locator(".live-banner")).to_be_hidden()
        assert page.evaluate("window.torchatlas.selected()") == "block"
    refused = "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE"
    other = [text for text in opened.problems if not any(name in text for name in refused)]
    assert other == []


def test_another_key_is_said_and_the_page_goes_on_with_the_new_one(
    page: Page, opened: Opened, server: Server, folder: Path, training: Training
) -> None:
    open_run(page)
    chip(page, "step 5")
    server.stop()
    with start(folder, port=server.port, token=TOKEN + "2"):
        banner = page.locator(".live-banner")
        expect(banner).to_contain_text("open the one that torchatlas printed", timeout=WAIT_MS)


def test_runs_are_held_side_by_side_and_grow(
    page: Page, opened: Opened, server: Server, folder: Path, training: Training
) -> None:
    with Training(folder / "second") as second:
        second.train(5)
        boxes = page.get_by_role("checkbox")
        expect(boxes).to_have_count(2, timeout=WAIT_MS)
        boxes.nth(0).check()
        boxes.nth(1).check()
        page.get_by_role("button", name="Compare 2 runs").click()
        page.wait_for_url("**/compare/**")
        expect(page.locator(".live-chip")).to_be_visible()
        page.get_by_role("tab", name="Training").click()
        second.train(6)
        until_chart_says(page, "second 0.0909")
    is_quiet(opened, server)
