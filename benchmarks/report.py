"""Writes results down: newest first, with date, hardware and versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

import torchatlas
from benchmarks.result import Result

MARK = "<!-- newest first -->\n"


def add_section(path: Path, results: list[Result]) -> None:
    """Put a section with these results before the older ones.

    Raises:
        ValueError: the file has no mark that says where.
    """
    text = path.read_text(encoding="utf-8")
    before, mark, after = text.partition(MARK)
    if not mark:
        raise ValueError(f"{path} has no line {MARK.strip()!r} to write below")
    today = datetime.now(UTC).date().isoformat()
    section = (
        f"\n## {today}, TorchAtlas {torchatlas.__version__}\n\n{machine()}\n\n{table(results)}"
    )
    path.write_text(before + mark + section + after, encoding="utf-8")


def machine() -> str:
    """What it was measured on, in a sentence."""
    parts = [
        f"{os.cpu_count()} CPU cores ({_processor()})",
        f"{torch.get_num_threads()} torch threads",
        f"{platform.system()}",
        f"Python {platform.python_version()}",
        f"torch {torch.__version__}",
    ]
    return ", ".join(parts) + "."


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| what | figure | beside | ratio | limit |", "|---|---|---|---|---|"]
    lines += [_line(result) for result in results]
    return "\n".join(lines) + "\n"


def _line(result: Result) -> str:
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    limits = [] if result.limit is None else [f"{_figure(result.limit)} {result.unit}"]
    limits += [] if result.ratio_limit is None else [f"{result.ratio_limit:.2f} x"]
    limit = ", ".join([*limits, *(["**missed**"] if result.kept is False else [])])
    cells = (result.what, f"{_figure(result.value)} {result.unit}", result.beside, ratio, limit)
    return f"| {' | '.join(cells)} |"


def _figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
