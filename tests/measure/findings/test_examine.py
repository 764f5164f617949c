"""All the rules together, and their catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.measure.findings.runs import activation, chain, gradient, metric, parameter, run_of

from torchatlas.measure.findings import RULES, THRESHOLDS, examine
from torchatlas.run import Gap, Run

CATALOGUE = Path(__file__).parents[3] / "docs" / "findings.md"


def faulty() -> Run:
    """NaN (error), an input off its centre (info), and an overfitted model (warning)."""
    return run_of(
        chain(("a", "linear"), ("b", "linear")),
        parameters=[parameter("a.weight"), parameter("b.weight")],
        distributions=[
            activation("input:x", [0.4, 0.6] * 500),
            activation("b", [float("nan")]),
            gradient("a.weight", [1.0]),
        ],
        evaluation=[
            metric("train", "loss", 0.1, (0.09, 0.11), 1_000),
            metric("test", "loss", 0.9, (0.8, 1.0), 1_000),
        ],
    )


def test_errors_come_first_and_notes_last() -> None:
    found = [(finding.rule, finding.severity) for finding in examine(faulty()).findings]
    assert found == [
        ("nonfinite", "error"),
        ("overfitting", "warning"),
        ("unnormalised_input", "info"),
    ]


def test_what_could_not_be_checked_is_a_gap_and_not_health() -> None:
    diagnosis = examine(faulty())
    gaps = {gap.what: gap.reason for gap in diagnosis.gaps}
    assert gaps["initial_loss"] == "no classes were counted; it is for classification"
    assert "nonfinite" in diagnosis.checked
    assert "bias_before_norm" in diagnosis.checked  # looked, and found nothing
    assert set(gaps) | set(diagnosis.checked) == set(RULES)
    assert not set(gaps) & set(diagnosis.checked)


def test_an_empty_run_has_no_finding_and_every_gap() -> None:
    diagnosis = examine(run_of())
    assert diagnosis.findings == ()
    assert diagnosis.checked == ()
    assert [gap.what for gap in diagnosis.gaps] == list(RULES)
    assert all(isinstance(gap, Gap) and gap.reason for gap in diagnosis.gaps)


def test_thresholds_are_overridden_by_name() -> None:
    kept = examine(faulty(), {"overfitting": 100, "unnormalised_input": 0.6}).findings
    assert [finding.rule for finding in kept] == ["nonfinite"]


def test_a_threshold_of_no_rule_is_refused() -> None:
    expected = "no rule with a threshold is called dead, nonfinite; those with one are dead_relu, "
    with pytest.raises(ValueError, match=expected):
        examine(faulty(), {"nonfinite": 1, "dead": 0.1})


def test_every_finding_names_its_own_rule_and_says_everything() -> None:
    for finding in examine(faulty()).findings:
        assert finding.rule in RULES
        assert finding.title
        assert not finding.title.endswith(".")
        assert finding.detail.endswith(".")
        assert finding.advice.endswith((".", "?"))
        assert finding.source
        assert finding.view


def test_thresholds_belong_to_rules() -> None:
    assert set(THRESHOLDS) <= set(RULES)


def test_the_catalogue_has_every_rule_with_its_threshold() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert list(sections) == list(RULES)
    for name, section in sections.items():
        stated = re.search(r"\*\*Threshold\*\*: ([^ ,;.]+(?:\.\d+)?)", section)
        assert stated, name
        value = stated.group(1)
        assert (float(value) if name in THRESHOLDS else value) == THRESHOLDS.get(name, "none"), name
