"""Findings: sentences that a person can act on, each with the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from torchatlas.measure.findings.all_zero import all_zero
from torchatlas.measure.findings.attention_logits import attention_logits
from torchatlas.measure.findings.bias_before_norm import bias_before_norm
from torchatlas.measure.findings.class_imbalance import class_imbalance
from torchatlas.measure.findings.dead_relu import dead_relu
from torchatlas.measure.findings.dormant_unit import dormant_unit
from torchatlas.measure.findings.epsilon_dominates import epsilon_dominates
from torchatlas.measure.findings.evidence import CannotTell, Evidence, Rule
from torchatlas.measure.findings.exploding_gradient import exploding_gradient
from torchatlas.measure.findings.failed_forward import failed_forward
from torchatlas.measure.findings.frozen_parameter import frozen_parameter
from torchatlas.measure.findings.generalisation_gap import generalisation_gap
from torchatlas.measure.findings.half_overflow import half_overflow
from torchatlas.measure.findings.initial_loss import initial_loss
from torchatlas.measure.findings.loss_spike import loss_spike
from torchatlas.measure.findings.massive_activation import massive_activation
from torchatlas.measure.findings.nonfinite import nonfinite
from torchatlas.measure.findings.not_learning import not_learning
from torchatlas.measure.findings.outlier_feature import outlier_feature
from torchatlas.measure.findings.overfitting import overfitting
from torchatlas.measure.findings.overtraining import overtraining
from torchatlas.measure.findings.poor_initialisation import poor_initialisation
from torchatlas.measure.findings.saturated_activation import saturated_activation
from torchatlas.measure.findings.stalled import stalled
from torchatlas.measure.findings.thresholds import THRESHOLDS
from torchatlas.measure.findings.unnormalised_input import unnormalised_input
from torchatlas.measure.findings.unused_parameter import unused_parameter
from torchatlas.measure.findings.update_ratio import update_ratio
from torchatlas.measure.findings.vanishing_gradient import vanishing_gradient
from torchatlas.run import SEVERITIES, Finding, Gap, Run

RULES: dict[str, Rule] = {
    "failed_forward": failed_forward,
    "nonfinite": nonfinite,
    "dead_relu": dead_relu,
    "vanishing_gradient": vanishing_gradient,
    "all_zero": all_zero,
    "not_learning": not_learning,
    "overfitting": overfitting,
    "generalisation_gap": generalisation_gap,
    "initial_loss": initial_loss,
    "unused_parameter": unused_parameter,
    "bias_before_norm": bias_before_norm,
    "unnormalised_input": unnormalised_input,
    "class_imbalance": class_imbalance,
    "dormant_unit": dormant_unit,
    "saturated_activation": saturated_activation,
    "exploding_gradient": exploding_gradient,
    "update_ratio": update_ratio,
    "poor_initialisation": poor_initialisation,
    "frozen_parameter": frozen_parameter,
    "loss_spike": loss_spike,
    "overtraining": overtraining,
    "attention_logits": attention_logits,
    "outlier_feature": outlier_feature,
    "massive_activation": massive_activation,
    "half_overflow": half_overflow,
    "epsilon_dominates": epsilon_dominates,
    "stalled": stalled,
}
"""Every rule by name; docs/findings.md says what each one means and how it can be wrong."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rules say of a run.

    Attributes:
        findings: errors first, otherwise in the order of `RULES`.
        gaps: rules that could not tell, and what they lacked; `what` is the name of the rule.
        checked: rules that could tell, whether they found something or not.
    """

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    checked: tuple[str, ...]


def examine(
    run: Run,
    thresholds: Mapping[str, float] | None = None,
    *,
    now: datetime | None = None,
) -> Diagnosis:
    """Hold a run against every rule.

    Args:
        thresholds: by rule, where those of `THRESHOLDS` do not suit.
        now: the time, with its zone, of a run that is watched while it grows.

    Raises:
        ValueError: no rule with a threshold has that name.
    """
    unknown = sorted(set(thresholds or {}) - set(THRESHOLDS))
    if unknown:
        raise ValueError(
            f"no rule with a threshold is called {', '.join(unknown)}; "
            f"those with one are {', '.join(THRESHOLDS)}"
        )
    evidence = Evidence(run, {**THRESHOLDS, **(thresholds or {})}, now)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for name, rule in RULES.items():
        try:
            findings.extend(rule(evidence))
        except CannotTell as reason:
            gaps.append(Gap(name, str(reason)))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    untold = {gap.what for gap in gaps}
    checked = tuple(name for name in RULES if name not in untold)
    return Diagnosis(tuple(findings), tuple(gaps), checked)


__all__ = ["RULES", "THRESHOLDS", "Diagnosis", "examine"]
