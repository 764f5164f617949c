"""Findings: sentences that a person can act on, each with the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping

from torchatlas.measure.findings.bias_before_norm import bias_before_norm
from torchatlas.measure.findings.class_imbalance import class_imbalance
from torchatlas.measure.findings.dead_relu import dead_relu
from torchatlas.measure.findings.evidence import Evidence, Rule
from torchatlas.measure.findings.generalisation_gap import generalisation_gap
from torchatlas.measure.findings.nonfinite import nonfinite
from torchatlas.measure.findings.overfitting import overfitting
from torchatlas.measure.findings.unnormalised_input import unnormalised_input
from torchatlas.measure.findings.unused_parameter import unused_parameter
from torchatlas.run import SEVERITIES, Finding, Run

RULES: dict[str, Rule] = {
    "nonfinite": nonfinite,
    "dead_relu": dead_relu,
    "overfitting": overfitting,
    "generalisation_gap": generalisation_gap,
    "unused_parameter": unused_parameter,
    "bias_before_norm": bias_before_norm,
    "unnormalised_input": unnormalised_input,
    "class_imbalance": class_imbalance,
}
"""Every rule by name; docs/findings.md says what each one means and how it can be wrong."""


def diagnose(run: Run, thresholds: Mapping[str, float] | None = None) -> tuple[Finding, ...]:
    """Hold a run against every rule.

    Args:
        thresholds: by rule, where the defaults do not suit.

    Returns:
        Findings, errors first and otherwise in the order of `RULES`.

    Raises:
        ValueError: a threshold names no rule.
    """
    unknown = set(thresholds or {}) - set(RULES)
    if unknown:
        raise ValueError(f"no rule is called {', '.join(sorted(unknown))}")
    evidence = Evidence(run, thresholds or {})
    findings: list[Finding] = []
    for rule in RULES.values():
        findings.extend(rule(evidence))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return tuple(findings)


__all__ = ["RULES", "diagnose"]
