"""Does the graph keep up when a person pans and zooms, and how soon does a large one open?"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.page import READY, find_browser
from benchmarks.result import Result
from torchatlas.atlas import Atlas
from torchatlas.run import CaptureReport, Edge, Graph, Node, Run, TensorSpec

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES = (1_000, 10_000, 50_000)
LARGEST = 100_000
FRAME_LIMIT_MS = 1000 / 60
KEPT_SIZE = 10_000
"""So many nodes at most are held to 60 frames a second."""

BLOCK = 16
TYPES = ("linear", "conv2d", "relu", "layer_norm", "add", "softmax", "mul", "view")

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MOVES = """
async ([gesture, frames]) => {
  const surface = document.querySelector(".graph-surface");
  const { left, top, width, height } = surface.getBoundingClientRect();
  const at = { clientX: left + width / 2, clientY: top + height / 2 };
  const turn = (options) => surface.dispatchEvent(new WheelEvent("wheel", { ...at, ...options }));
  const next = () => new Promise(requestAnimationFrame);
  const between = [], drawn = [];
  let before = await next();
  for (let i = 0; i < frames; i++) {
    const back = Math.floor(i / 15) % 2 ? -1 : 1;
    if (gesture === "pan") turn({ deltaX: 30 * back, shiftKey: true });
    else turn({ deltaY: 60 * back });
    const now = await next();
    between.push(now - before);
    drawn.push(torchatlas.stats().frame_ms);
    before = now;
  }
  return [between, drawn];
}
"""
OPEN_ALL = """
async () => {
  const start = performance.now();
  await torchatlas.expand("all");
  return performance.now() - start;
}
"""
FAR = """
async () => {
  const surface = document.querySelector(".graph-surface");
  const { left, top, width, height } = surface.getBoundingClientRect();
  const next = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < 60; i++) {
    const nodes = torchatlas.visibleNodes();
    const low = Math.max(...nodes.map((node) => node.y + node.height));
    const [x, y] = [left + width / 2, top];
    if (low < top + height) return;
    surface.dispatchEvent(new WheelEvent("wheel", { deltaY: 150, clientX: x, clientY: y }));
    await next();
  }
}
"""


def measure_viewer(sizes: tuple[int, ...] = (*SIZES, LARGEST)) -> list[Result]:
    """Pan and zoom graphs of several sizes, all of them open, and open a very large one.

    Raises:
        RuntimeError: there is no Chromium.
    """
    return list(_figures(sizes))


def _figures(sizes: tuple[int, ...]) -> Iterator[Result]:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(QUIET))
        for size in sizes:
            report = Path(name) / f"{size}.html"
            Atlas(synthetic_run(size)).save(report)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            yield from _opening(page, report, size)
            if size < LARGEST:
                yield from _frames(page, size)
            page.close()
        browser.close()


def synthetic_run(size: int) -> Run:
    """A made-up model of about `size` nodes: stages of blocks of ops, no two blocks alike."""
    return Run("synthetic", "2026-01-01T00:00:00Z", graph=synthetic_graph(size))


def synthetic_graph(size: int) -> Graph:
    """Stages of blocks beside each other, about as wide as high. The same size, the same graph."""
    state = 1
    nodes: dict[str, Node] = {".": Node(".", "module", "synthetic", "Synthetic", None)}
    edges: list[Edge] = []
    before: list[str] = []
    beside = max(2, round((size / BLOCK * 3.6) ** 0.5))

    def chance(most: int) -> int:
        nonlocal state
        state = (state * 1103515245 + 12345) % 2147483648
        return state * most // 2147483648

    def module(name: str, parent: str) -> str:
        path = name if parent == "." else f"{parent}.{name}"
        nodes[path] = Node(path, "module", name, "Block", parent, order=len(nodes))
        return path

    def op(block: str, sources: set[str]) -> str:
        kind = TYPES[chance(len(TYPES))]
        path = f"{block}/{kind}:{len(nodes)}"
        flops = float(10 ** (3 + chance(7)))
        tensor = TensorSpec((1, 2 ** chance(10)), "float32", "cpu", 4 << chance(20))
        nodes[path] = Node(
            path, "op", kind, kind, block, outputs=(tensor,), flops=flops, order=len(nodes)
        )
        edges.extend(Edge(source, path, tensor) for source in sorted(sources))
        return path

    while len(nodes) + beside * BLOCK < size:
        stage = module(f"stage{len(nodes)}", ".")
        ends = []
        for _ in range(beside):
            block = module(f"block{len(nodes)}", stage)
            inside = [op(block, {before[chance(len(before))]} if before else set())]
            for _ in range(BLOCK - 2):
                skips = {inside[chance(len(inside))]} if chance(3) == 0 else set()
                inside.append(op(block, {inside[-1], *skips}))
            ends.append(inside[-1])
        before = ends
    return Graph(nodes, tuple(edges), CaptureReport("complete"))


def _opening(page: Page, report: Path, size: int) -> Iterator[Result]:
    page.goto(report.resolve().as_uri(), wait_until="commit")
    page.wait_for_function("() => window.torchatlas !== undefined")
    yield Result(
        f"{size:,} nodes: from navigation to the first picture", page.evaluate(READY), "ms"
    )
    took_ms = page.evaluate(OPEN_ALL)
    stats = page.evaluate("() => torchatlas.stats()")
    what = f"{size:,} nodes: open all ({stats['nodes']:,} drawn)"
    yield Result(what, took_ms, "ms")


def _frames(page: Page, size: int) -> Iterator[Result]:
    page.wait_for_timeout(400)
    limit = FRAME_LIMIT_MS if size <= KEPT_SIZE else None
    for where, gestures in (("close", ("pan", "zoom")), ("all in view", ("pan", "zoom"))):
        if where != "close":
            page.evaluate(FAR)
        for gesture in gestures:
            between_ms, drawn_ms = page.evaluate(MOVES, [gesture, 90])
            what = f"{size:,} nodes, {gesture}, {where}"
            worst = _nearly_worst(between_ms)
            frame = f"{median(drawn_ms):.1f} ms of it to draw, nearly worst frame {worst:.0f} ms"
            yield Result(
                f"{what}: a frame ({frame})", median(between_ms), "ms", limit=_rounded(limit)
            )


def _nearly_worst(times_ms: list[float]) -> float:
    return sorted(times_ms)[int(0.95 * (len(times_ms) - 1))]


def _rounded(limit_ms: float | None) -> float | None:
    """Timestamps of frames are rounded by the browser."""
    return None if limit_ms is None else round(limit_ms + 0.1, 1)


def main() -> None:
    """Print each figure as soon as it is there, of the sizes that are named or of all."""
    sizes = tuple(int(size) for size in sys.argv[1:]) or (*SIZES, LARGEST)
    for result in _figures(sizes):
        print(f"{result.what}: {result.value:.1f} {result.unit}", flush=True)


if __name__ == "__main__":
    main()
