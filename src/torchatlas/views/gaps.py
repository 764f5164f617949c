"""What a chart says of the numbers that it has not."""

from __future__ import annotations

from torchatlas.run import ROOT, Run


def gap_lines(run: Run, whats: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons that the run gives for what is missing of the tables or quantities `whats`."""
    lines = [
        gap.reason if gap.node in (None, "", ROOT) else f"{gap.node}: {gap.reason}"
        for gap in run.gaps
        if gap.what in whats
    ]
    return tuple(dict.fromkeys(lines))


def gap_lines_or(run: Run, whats: tuple[str, ...], otherwise: str) -> tuple[str, ...]:
    """The reasons, or `otherwise` where the run gives none."""
    return gap_lines(run, whats) or (otherwise,)
