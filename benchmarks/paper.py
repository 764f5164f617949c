"""What does a drawing of the architecture cost, beside what a person would use instead?

`python -m benchmarks.paper` prints the table by itself.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import table
from benchmarks.result import Result

RUNS = 3
PATIENCE_S = 60


def measure_paper() -> list[Result]:
    """Layout and files of a ResNet-18, a transformer and a graph of 20,000 nodes."""
    import torch
    from torch import nn
    from torchvision.models import resnet18

    import torchatlas as ta

    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    models: list[tuple[str, nn.Module, Any]] = [
        ("a ResNet-18", resnet18(), torch.zeros(1, 3, 64, 64)),
        ("a transformer of 24 layers", nn.TransformerEncoder(layer, 24), torch.zeros(1, 8, 64)),
    ]
    results: list[Result] = []
    for name, model, data in models:
        atlas = ta.visualize_model(model, data, include=())
        results += _files(name, atlas)
        results += _layouts(name, atlas)
    results.append(_large())
    return results


def _files(name: str, atlas: Any) -> list[Result]:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("svg", "png", "pdf"):
            path = Path(folder) / f"drawing.{ending}"
            took = _median(partial(atlas.save, path))
            results.append(Result(f"{name} folded, as .{ending}, median of {RUNS}", took, "s"))
            results.append(Result(f"its size as .{ending}", path.stat().st_size / 1024, "kB"))
    return results


def _layouts(name: str, atlas: Any) -> list[Result]:
    """Every node by itself, and the same nodes and edges laid out by others."""
    whole = atlas.plot("architecture", "svg", depth="all", fold=False, color=None, fonts="name")
    what = f"{name} unfolded, layout and SVG ({whole.count('data-node')} nodes)"
    took = _median(
        lambda: atlas.plot("architecture", "svg", depth="all", fold=False, color=None, fonts="name")
    )
    results = []
    for other, run in (("networkx and matplotlib", _networkx), ("Graphviz's dot", _graphviz)):
        try:
            theirs = _median(partial(run, atlas))
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"{name} with {other}: not measured ({error})")
            continue
        results.append(Result(what, took, "s", f"{other}: {theirs:.2f} s", took / theirs))
    return results or [Result(what, took, "s")]


def _networkx(atlas: Any) -> None:
    """Ops and edges alone: it knows no groups."""
    import networkx
    from matplotlib.figure import Figure

    graph = networkx.DiGraph((edge.source, edge.target) for edge in atlas.graph.edges)
    for rank, nodes in enumerate(networkx.topological_generations(graph)):
        for node in nodes:
            graph.nodes[node]["rank"] = rank
    places = networkx.multipartite_layout(graph, subset_key="rank", align="horizontal")
    figure = Figure(figsize=(8, 40))
    networkx.draw_networkx(graph, places, ax=figure.add_axes((0, 0, 1, 1)), font_size=6)
    with tempfile.TemporaryDirectory() as folder:
        figure.savefig(Path(folder) / "drawing.svg")


def _graphviz(atlas: Any) -> None:
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError("there is no `dot` on PATH")
    with tempfile.TemporaryDirectory() as folder:
        source = atlas.save(Path(folder) / "graph.dot")
        target = source.with_suffix(".svg")
        command = [program, "-Tsvg", str(source), "-o", str(target)]
        subprocess.run(command, check=True, timeout=PATIENCE_S, capture_output=True)


def _large() -> Result:
    """A graph of 20,000 nodes in 200 groups, opened as far as it can be read."""
    import torchatlas as ta
    from torchatlas.run import Edge, Graph, Node, Run, TensorSpec

    spec = TensorSpec((1, 8), "float32", "cpu", 32)
    nodes = [Node(".", "module", "Large", "Large", None)]
    ops = []
    for group in range(200):
        nodes.append(Node(f"g{group}", "module", f"g{group}", f"Group{group % 7}", "."))
        for i in range(99):
            kind = f"op{(i * 7 + group) % 13}"
            ops.append(f"g{group}/{kind}:{i}")
            nodes.append(Node(ops[-1], "op", kind, kind, f"g{group}"))
    edges = tuple(Edge(a, b, spec) for a, b in pairwise(ops))
    graph = Graph({node.id: node for node in nodes}, edges)
    atlas = ta.Atlas(Run("large", "2026-01-01T00:00:00+00:00", graph=graph))
    took = _median(lambda: atlas.plot("architecture", "svg", fonts="name"))
    return Result("a graph of 20,000 nodes, collapsed, as SVG", took, "s")


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    print(table(measure_paper()))
