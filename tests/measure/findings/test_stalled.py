"""The rule `stalled`: planted silence, running and ended trainings, no clock."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.measure.findings.runs import reason_of, run_of, series

from torchatlas.measure.findings import examine
from torchatlas.run import Finding, Run


def run_with(facts: dict[str, str] | None = None) -> Run:
    rows = series("loss", "train", {1: 1.0, 2: 0.9})
    for row, time_s in zip(rows, (10.0, 3_600.0), strict=True):
        row["time_s"] = time_s
    return run_of(scalars=rows, facts=facts)


def found(run: Run, hour: int, minute: int, threshold: float = 1_800) -> list[Finding]:
    now = datetime(2026, 1, 1, hour, minute, tzinfo=UTC)
    diagnosis = examine(run, {"stalled": threshold}, now=now)
    return [finding for finding in diagnosis.findings if finding.rule == "stalled"]


def test_half_an_hour_of_silence_is_found() -> None:
    (finding,) = found(run_with(), 1, 45)
    assert finding.title == "Nothing was logged for 45 minutes"
    assert (finding.value, finding.steps) == (2_700, (2, 2))


def test_a_training_that_goes_on_or_has_ended_is_silent() -> None:
    assert found(run_with(), 1, 29) == []
    assert found(run_with({"ended by": "KeyboardInterrupt"}), 9, 0) == []
    assert found(run_with({"recording": "1 % of the time"}), 9, 0) == []


def test_a_run_that_has_ended_needs_no_clock() -> None:
    gaps = examine(run_with({"recording": "1 % of the time"})).gaps
    assert "stalled" not in [gap.what for gap in gaps]


def test_the_threshold_can_be_moved() -> None:
    assert found(run_with(), 1, 45, threshold=3_600) == []
    assert found(run_with(), 1, 1, threshold=30)


def test_without_a_clock_or_a_value_it_cannot_tell() -> None:
    assert reason_of("stalled", run_with()) == "the run is not watched while it grows"
    diagnosis = examine(run_of(), now=datetime(2026, 1, 1, tzinfo=UTC))
    reasons = {gap.what: gap.reason for gap in diagnosis.gaps}
    assert reasons["stalled"] == "nothing was logged yet"
