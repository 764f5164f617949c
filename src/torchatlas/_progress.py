"""Progress bars for anything that takes more than a moment; silent where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

StartTask = Callable[[str, int], Callable[[], None]]
"""Starts a bar: `start("evaluating", batches)` gives the function that moves it one on."""


@contextmanager
def progress() -> Iterator[StartTask]:
    """Show progress bars on standard error while the block runs, then clear them away."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining
    from rich.text import Text

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    hidden = not (console.is_terminal or console.is_jupyter)
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:

        def start(label: str, total: int) -> Callable[[], None]:
            task = bars.add_task(Text(label).markup, total=total or None)
            return lambda: bars.advance(task)

        yield start
