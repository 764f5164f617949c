"""How soon does a report show its first picture?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from statistics import median

from benchmarks.result import Result

RUNS = 7
READY = "async () => { await window.torchatlas.ready; return performance.now(); }"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def measure_page(report: Path) -> list[Result]:
    """Open a report from disk in a Chromium several times.

    Raises:
        RuntimeError: there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        times_ms = []
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(report.resolve().as_uri(), wait_until="commit")
            page.wait_for_function("() => window.torchatlas !== undefined")
            times_ms.append(page.evaluate(READY))
            stats = page.evaluate("() => window.torchatlas.stats()")
            page.close()
        browser.close()
    return [
        Result("a report from navigation to its first picture, median", median(times_ms), "ms"),
        Result(f"of that, the layout ({stats['nodes']} nodes shown)", stats["layout_ms"], "ms"),
    ]


def find_browser() -> str:
    """Path of a Chromium.

    Raises:
        RuntimeError: there is none.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise RuntimeError("no Chromium on PATH; install one, or name it in CHROMIUM")
    return found
