"""Which units do hardly anything beside the others of their layer?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from torchatlas.measure.findings.evidence import CannotTell, Evidence, Row
from torchatlas.measure.findings.layers import RECTIFIERS
from torchatlas.run import Finding

LEAST_UNITS = 8
LEAST_VALUES_A_UNIT = 100
LEAST_SHARE = 0.1
"""Of a layer's units: a few are dormant in every network."""


def dormant_unit(evidence: Evidence) -> Iterator[Finding]:
    """A tenth of the units of an activation function or more are dormant.

    A unit is dormant when its mean absolute activation is at most 0.025 of the mean over its layer.
    A layer in which more than half of the units are dead is left to `dead_relu`.
    """
    threshold = evidence.thresholds["dormant_unit"]
    rows = [
        row
        for row in evidence.latest_channels("activation")
        if evidence.kind_of(row["node"]) in RECTIFIERS and row["mean_absolute"] is not None
    ]
    if not rows:
        raise CannotTell("no units of activation functions were looked at one by one")
    seen = [r for r in rows if r["values"] >= LEAST_VALUES_A_UNIT and r["channels"] >= LEAST_UNITS]
    if not seen:
        raise CannotTell(
            f"no layer of {LEAST_UNITS} units was seen {LEAST_VALUES_A_UNIT} times; "
            "use more batches"
        )
    for row in seen:
        yield from _in_layer(evidence, row, threshold)


def _in_layer(evidence: Evidence, row: Row, threshold: float) -> Iterator[Finding]:
    sizes = np.asarray(row["mean_absolute"], np.float64)
    mean = float(np.nanmean(sizes)) if np.isfinite(sizes).any() else 0.0
    if mean == 0.0:
        return  # all of it is dead, which is another finding
    dormant = int((sizes <= threshold * mean).sum())
    units = row["channels"]
    if dormant < LEAST_SHARE * units or (row["dead"] or 0) > units / 2:
        return
    yield Finding(
        rule="dormant_unit",
        severity="info",
        title=f"{dormant:,} of {units:,} units of {evidence.label(row['node'])} are dormant",
        detail=(
            f"Their mean absolute activation is at most {threshold:g} of the layer's mean, "
            f"{mean:.3g}; {row['values']:,} values of each were looked at."
        ),
        advice="Make the layer narrower, or start its dormant units anew; check the learning rate.",
        nodes=(row["node"],),
        value=float(np.nanmin(sizes)) / mean,
        threshold=threshold,
        unit="of the layer's mean absolute activation",
        samples=row["values"] * units,
        source="Sokar et al. 2023; that a tenth of the units must be dormant is our own",
        view="activations",
    )
