"""`python -m benchmarks`: measure everything, and add the figures to RESULTS.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.capture import measure_capture
from benchmarks.checkpoints import measure_checkpoints
from benchmarks.demo import measure_demo
from benchmarks.events import measure_events
from benchmarks.imports import measure_imports
from benchmarks.layout import measure_layout
from benchmarks.page import measure_page
from benchmarks.paper import measure_paper
from benchmarks.recorder import measure_recorder
from benchmarks.report import add_section, table
from benchmarks.result import Result
from benchmarks.serve import measure_serve
from benchmarks.summaries import measure_summaries
from benchmarks.viewer import measure_viewer
from benchmarks.viewer_beside import measure_beside

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure one thing after the other, never two at once."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measures: list[Callable[[], list[Result]]] = [
            measure_imports,
            measure_capture,
            measure_summaries,
            lambda: measure_recorder(folder / "recorder"),
            lambda: measure_events(folder / "events"),
            lambda: measure_serve(folder / "serve"),
            lambda: measure_checkpoints(folder / "checkpoints"),
            lambda: measure_demo(folder / "demo"),
            lambda: measure_page(folder / "demo" / "report.html"),
            measure_viewer,
            measure_beside,
            measure_paper,
            lambda: measure_layout(folder / "layout"),
        ]
        for measure in measures:
            found = measure()
            print(table(found), flush=True)
            results += found
    add_section(RESULTS, results)
    print(f"added to {RESULTS.name}")


if __name__ == "__main__":
    main()
