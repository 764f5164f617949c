"""Has a training that should be running fallen silent?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from torchatlas.measure.findings.evidence import CannotTell, Evidence
from torchatlas.run import Finding

_ENDED = ("ended by", "recording")
"""Facts that a recorder notes at the end."""


def stalled(evidence: Evidence) -> Iterator[Finding]:
    """Nothing was logged for 30 minutes, and nothing says that the training has ended.

    It needs to know the time: a run that is opened from disk is not asked.
    """
    threshold = evidence.thresholds["stalled"]
    if any(fact in evidence.run.facts for fact in _ENDED):
        return
    if evidence.now is None:
        raise CannotTell("the run is not watched while it grows")
    times = [row["time_s"] for row in evidence.rows("scalars") if row["time_s"] is not None]
    if not times:
        raise CannotTell("nothing was logged yet")
    try:
        began = datetime.fromisoformat(evidence.run.created)
    except ValueError as error:
        raise CannotTell(f"it is not known when the run began: {evidence.run.created!r}") from error
    last = began + timedelta(seconds=max(times))
    silence_s = (evidence.now - last).total_seconds()
    if silence_s > threshold:
        steps = [row["step"] or 0 for row in evidence.rows("scalars")]
        yield Finding(
            rule="stalled",
            severity="warning",
            title=f"Nothing was logged for {silence_s / 60:,.0f} minutes",
            detail=f"The last value is of step {max(steps):,}, and the run has not ended.",
            advice="See whether the process is still there, and what it waits for.",
            value=silence_s,
            threshold=threshold,
            unit="s",
            samples=len(times),
            steps=(max(steps), max(steps)),
            source="SageMaker Debugger, StalledTraining",
            view="curves",
        )
