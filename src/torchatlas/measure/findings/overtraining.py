"""Does training go on although the test loss has long stopped falling?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding


def overtraining(evidence: Evidence) -> Iterator[Finding]:
    """The best test loss is ten evaluations ago or more."""
    threshold = evidence.thresholds["overtraining"]
    series = [(step, loss) for step, loss in evidence.held_out_series("loss") if isfinite(loss)]
    if len(series) <= threshold:
        raise CannotTell(f"the test loss was evaluated no more than {threshold:g} times")
    best = min(range(len(series)), key=lambda place: series[place][1])
    since = len(series) - 1 - best
    if since >= threshold:
        step, loss = series[best]
        yield Finding(
            rule="overtraining",
            severity="info",
            title=f"The test loss has not improved for {since:,} evaluations",
            detail=f"It was best at step {step:,}, {loss:.3g}, and is {series[-1][1]:.3g} now.",
            advice=f"Stop, and keep the model of step {step:,}; or lower the learning rate.",
            value=float(since),
            threshold=threshold,
            unit="evaluations",
            samples=len(series),
            steps=(step, series[-1][0]),
            source="SageMaker Debugger, Overtraining",
            view="curves",
        )
