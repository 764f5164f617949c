"""How soon is one model drawn, and does it keep up, here, in Netron and in Model Explorer?

A ResNet-18 is exported once (`.pt2`), and Netron and Model Explorer serve that file as their
packages do; our page is the report of the same model's trace, opened from disk, once as it opens
and once with every group opened. All run one after the other in one Chromium without a GPU, each
with an empty profile.

*Until it is drawn* is from the beginning of the navigation until the page says that it is done:
here it knows its drawn nodes; in Netron there are nodes and the body's class is `default`; in Model
Explorer there is its renderer and no spinner. Servers are started before that; what they do with
the file when it is asked for is counted, as a person waits for it.

*A frame* is the time between two calls of `requestAnimationFrame` while a real mouse drags the
drawing (pan) or turns the wheel over it (zoom): the median, and what 95 % of frames are faster
than. They do not draw the same: Netron draws every op as a box of an SVG, Model Explorer closed
groups by WebGL in software, we ops and modules on a canvas.

`python -m benchmarks.viewer_beside` prints the figures alone.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import torch

import torchatlas as ta
from benchmarks.models import build
from benchmarks.page import find_browser
from benchmarks.report import table
from benchmarks.result import Result
from benchmarks.viewer import QUIET
from torchatlas.atlas import Atlas
from torchatlas.run import Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NETRON = """
import sys, time, netron
netron.start(sys.argv[1], address=("127.0.0.1", int(sys.argv[2])), browse=False)
time.sleep(3600)
"""
MODEL_EXPLORER = """
import sys, model_explorer
config = model_explorer.config()
config.add_model_from_path(sys.argv[1])
model_explorer.visualize_from_config(
    config, host="127.0.0.1", port=int(sys.argv[2]), no_open_in_browser=True
)
"""
DRAWN = {
    "Netron": "document.body.className === 'default' && document.querySelector('svg .node')",
    "Model Explorer": (
        "document.querySelector('webgl-renderer canvas') && !document.querySelector('mat-spinner')"
    ),
    "here": "window.torchatlas && torchatlas.visibleNodes().length > 0",
}
RECORD = """
window.benchTimes = [];
(function note(time) { benchTimes.push(time); requestAnimationFrame(note); })(performance.now());
"""
PATIENCE_S = 120
MOVES = 90
LEAST_FRAMES = 10


def measure_beside() -> list[Result]:
    """Open a ResNet-18 in all three, and pan and zoom it.

    Raises:
        RuntimeError: there is no Chromium, or a page does not come.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        report, exported = _files(Path(name))
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=[*QUIET, "--enable-unsafe-swiftshader"]
        )
        own = _measure(browser, "here", report.as_uri())
        opened = _measure(browser, "here", report.as_uri(), before="torchatlas.expand('all')")
        with _served(NETRON, exported) as address:
            netron = _measure(browser, "Netron", address, zoom_key="Control")
        with _served(MODEL_EXPLORER, exported) as address:
            data = "?data=%7B%22models%22%3A%5B%7B%22url%22%3A%22" + str(exported) + "%22%7D%5D%7D"
            explorer = _measure(browser, "Model Explorer", f"{address}/{data}")
        browser.close()
    others = {"Netron": netron, "Model Explorer": explorer}
    return [
        result
        for what, found in (("as it opens", own), ("every group open", opened))
        for result in _results(f"ResNet-18, {what}", found, others)
    ]


Figures = dict[str, tuple[float, float]]
"""Of each thing measured the median in ms, and the time that 95 % of frames are faster than."""


def _results(title: str, own: Figures, others: dict[str, Figures]) -> Iterator[Result]:
    for what, (value_ms, slow_ms) in own.items():
        for name, figures in others.items():
            other_ms, other_slow_ms = figures[what]
            slow = "" if what == "drawn" else f", nearly worst {slow_ms:.0f} ms"
            other_slow = "" if what == "drawn" else f", nearly worst {other_slow_ms:.0f} ms"
            words = "until it is drawn" if what == "drawn" else f"a frame while one {what}s"
            beside = f"{name}: {other_ms:,.0f} ms{other_slow}"
            ratio = value_ms / other_ms
            yield Result(f"{title}: {words}{slow}", value_ms, "ms", beside, ratio)


def _files(folder: Path) -> tuple[Path, Path]:
    model, args = build("resnet18")
    report, exported = folder / "resnet18.html", folder / "resnet18.pt2"
    graph = ta.trace(model, args).graph
    Atlas(Run("ResNet-18", "2026-01-01T00:00:00Z", graph=graph)).save(report)
    torch.export.save(torch.export.export(model, args), exported)
    return report, exported


@contextmanager
def _served(program: str, exported: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(exported), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: _answers(address), f"a server at {address}")
        yield address
    finally:
        server.kill()
        server.wait()


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


def _wait(is_done: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_done():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come within {PATIENCE_S} s")
        time.sleep(0.05)


def _measure(
    browser: Browser, name: str, address: str, *, before: str = "", zoom_key: str = ""
) -> Figures:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if address.startswith("http"):
        context.add_cookies([{"name": "consent", "value": "1", "url": address.partition("/?")[0]}])
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    _wait(lambda: _ask(page, f"Boolean({DRAWN[name]})"), f"the graph in {name}")
    drawn_ms = 1000 * (time.perf_counter() - began)
    if before:
        began = time.perf_counter()
        _ask(page, before)
        drawn_ms += 1000 * (time.perf_counter() - began)
    page.wait_for_timeout(1000)
    _ask(page, RECORD)
    figures = {"drawn": (drawn_ms, drawn_ms), "pan": _pan(page), "zoom": _zoom(page, zoom_key)}
    context.close()
    return figures


def _pan(page: Page) -> tuple[float, float]:
    page.mouse.move(720, 480)
    page.mouse.down()

    def drag(i: int) -> None:
        page.mouse.move(720 + 4 * (abs(i % 40 - 20) - 20), 480 - 6 * (20 - abs(i % 40 - 20)))

    times = _frames(page, drag)
    page.mouse.up()
    return times


def _zoom(page: Page, key: str) -> tuple[float, float]:
    if key:
        page.keyboard.down(key)
    times = _frames(page, lambda i: page.mouse.wheel(0, 40 if (i // 15) % 2 else -40))
    if key:
        page.keyboard.up(key)
    return times


def _frames(page: Page, act: Any) -> tuple[float, float]:
    _ask(page, "benchTimes.length = 0")
    for i in range(MOVES):
        act(i)
        page.wait_for_timeout(12)
    times = _ask(page, "benchTimes")
    between = sorted(after - before for before, after in pairwise(times))
    if len(between) < LEAST_FRAMES:
        raise RuntimeError(f"only {len(between)} frames came while the drawing was moved")
    return median(between), between[int(0.95 * (len(between) - 1))]


def _ask(page: Page, expression: str) -> Any:
    """Evaluate without the page's own `eval`, which Netron takes away."""
    session = page.context.new_cdp_session(page)
    wanted = {"expression": expression, "returnByValue": True, "awaitPromise": True}
    answer = session.send("Runtime.evaluate", wanted)
    session.detach()
    return answer["result"].get("value")


def main() -> None:
    """Print the table."""
    print(table(measure_beside()))


if __name__ == "__main__":
    main()
