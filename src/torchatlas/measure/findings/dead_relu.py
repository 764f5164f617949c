"""Which ReLU layers have units that never fire?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence, Row
from torchatlas.run import Finding

LEAST_VALUES_A_UNIT = 100
_RELUS = ("relu", "relu6")


def dead_relu(evidence: Evidence) -> Iterator[Finding]:
    """More than half of a ReLU's units were never above zero in the whole sample.

    A unit is a channel or feature. It needs at least 100 values to be called dead.
    """
    threshold = evidence.thresholds["dead_relu"]
    if not (evidence.latest("activation") or evidence.latest_channels("activation")):
        raise CannotTell("no activations were measured")
    watched = _watched(evidence)
    enough = [row for row in watched if row["elements"] / row["units"] >= LEAST_VALUES_A_UNIT]
    if watched and not enough:
        raise CannotTell(f"no ReLU unit was seen {LEAST_VALUES_A_UNIT} times; use more batches")
    for row in enough:
        units, dead = row["units"], row["dead_units"]
        if dead / units > threshold:
            yield Finding(
                rule="dead_relu",
                severity="warning",
                title=f"{dead:,} of {units:,} units of {evidence.label(row['node'])} never fire",
                detail=(
                    f"They were zero for every one of {row['elements'] // units:,} values each, "
                    "so no gradient passes through them."
                ),
                advice="Lower the learning rate, check the initialisation, or use LeakyReLU.",
                nodes=(row["node"],),
                value=dead / units,
                threshold=threshold,
                unit="share of units",
                samples=row["elements"],
                source="SageMaker Debugger, DeadRelu",
                view="activations",
                split=row["split"],
            )


def _watched(evidence: Evidence) -> list[Row]:
    """Units and dead ones of each ReLU: counted as such, or else told by its channels."""
    counted = [row for row, _ in evidence.latest("activation") if row["units"]]
    known = {(row["node"], row["split"]) for row in counted}
    by_channel = [
        {
            "node": row["node"],
            "units": row["channels"],
            "dead_units": row["dead"],
            "elements": row["values"] * row["channels"],
        }
        for row in evidence.latest_channels("activation")
        if evidence.kind_of(row["node"]) in _RELUS
        and (row["node"], row["split"]) not in known
        and row["channels"]
    ]
    return counted + by_channel
