"""A report in JupyterLab itself: run, saved, opened again, and opened without trust.

JupyterLab is taken from this environment (`make test-all` installs it), or from the one whose
Python TORCHATLAS_JUPYTER names.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

import torchatlas

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 120_000
TALL = 2400
"""JupyterLab takes cells out of the page that are out of sight."""
SOURCE = """\
import warnings; warnings.filterwarnings("ignore")
import torch
import torchatlas as ta
def atlas_of(width):
    block = lambda: torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.ReLU())
    model = torch.nn.Sequential(block(), block(), torch.nn.Linear(width, 3))
    return ta.visualize_model(model, torch.zeros(2, width), include=())
atlas_of(4)"""


def cell(source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"cell{abs(hash(source)) % 10**8}",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def notebook(*sources: str) -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {
            "cells": [cell(source) for source in sources],
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab")
    (path / "atlas.ipynb").write_text(notebook(SOURCE, "atlas_of(8)"))
    return path


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves the folder."""
    python = os.environ.get("TORCHATLAS_JUPYTER") or sys.executable
    if python == sys.executable and find_spec("jupyterlab") is None:
        message = (
            "NO NOTEBOOK TEST RUN: pip install 'torchatlas[test-notebook]', or set "
            "TORCHATLAS_JUPYTER to the Python of an environment with JupyterLab"
        )
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    own = [str(Path(torchatlas.__file__).parents[1]), *filter(None, sys.path)]
    homes = {f"JUPYTER_{name}_DIR": str(folder / ".home") for name in ("CONFIG", "DATA", "RUNTIME")}
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    options += ["--IdentityProvider.token=", "--ServerApp.password=", f"--notebook-dir={folder}"]
    options += [
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    log = folder / "lab.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [python, "-m", "jupyterlab", *options],
            env={**os.environ, **homes, "PYTHONPATH": os.pathsep.join(own)},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield address_in(log, server)
        finally:
            server.terminate()
            server.wait(30)


def address_in(log: Path, server: subprocess.Popen[bytes]) -> str:
    """The address that JupyterLab prints, once it answers."""
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
        if found and answers(found[0]):
            return found[0]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}api") as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@pytest.fixture
def page(browser: Browser, lab: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": TALL})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((lab, "data:", "blob:", "about:", lab.replace("http", "ws")))
            else elsewhere.append(request.url)
        ),
    )
    yield page
    context.close()
    assert elsewhere == []


def open_notebook(page: Page, lab: str, name: str) -> None:
    page.goto(f"{lab}lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.get_by_text("| Idle").wait_for()


def nodes_in(page: Page, at: int) -> list[str]:
    """Ids of the nodes that the report in the n-th frame has drawn."""
    element = page.locator("iframe[title^=TorchAtlas]").nth(at).element_handle()
    frame = element.content_frame()
    assert frame is not None
    frame.evaluate("window.torchatlas.ready")
    assert frame.evaluate("window.origin") == "null"  # it cannot reach the notebook
    drawn = frame.evaluate("window.torchatlas.visibleNodes().map((node) => node.id)")
    return list(drawn)


def test_reports_in_a_notebook_run_are_saved_and_open_again(
    page: Page, lab: str, folder: Path
) -> None:
    open_notebook(page, lab, "atlas.ipynb")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    frames = page.locator("iframe[title^=TorchAtlas]")
    expect(frames).to_have_count(2, timeout=PATIENCE_MS)
    for at in (0, 1):
        assert "output:0" in nodes_in(page, at)
        box = frames.nth(at).bounding_box()
        assert box is not None
        assert 420 <= box["height"] <= 760
    page.keyboard.press("Control+s")
    for _ in range(300):
        saved = json.loads((folder / "atlas.ipynb").read_text())
        if all("iframe" in json.dumps(cell["outputs"]) for cell in saved["cells"]):
            break
        page.wait_for_timeout(100)
    forms = saved["cells"][0]["outputs"][-1]["data"]
    assert {"text/html", "image/svg+xml", "text/plain"} <= set(forms)

    open_notebook(page, lab, "atlas.ipynb")  # the outputs as they were saved, nothing run
    expect(frames).to_have_count(2, timeout=PATIENCE_MS)
    assert "output:0" in nodes_in(page, 0)


def test_without_trust_the_architecture_is_shown_as_a_picture(
    page: Page, lab: str, folder: Path
) -> None:
    saved = json.loads((folder / "atlas.ipynb").read_text())
    saved["cells"][0]["source"] = "# from somebody else\n"
    for one in saved["cells"]:
        one["metadata"].pop("trusted", None)
        one["outputs"] = [out for out in one["outputs"] if "data" in out]
        for out in one["outputs"]:
            out["data"]["text/html"] = [*out["data"]["text/html"], "<!-- changed -->"]
    (folder / "stranger.ipynb").write_text(json.dumps(saved))
    open_notebook(page, lab, "stranger.ipynb")
    pictures = page.locator('img[alt^="TorchAtlas"]')
    expect(pictures).to_have_count(2, timeout=PATIENCE_MS)
    assert page.locator("iframe[title^=TorchAtlas]").count() == 0
    page.wait_for_function(
        "[...document.querySelectorAll('img[alt^=TorchAtlas]')].every((i) => i.naturalWidth > 100)"
    )
