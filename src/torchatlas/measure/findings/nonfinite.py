"""Where do NaN and infinity begin?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

from torchatlas.measure.findings.evidence import CannotTell, Evidence, NormPoint, Row, some
from torchatlas.run import ROOT, Finding, TensorSummary, is_output

Bad = tuple[Row, TensorSummary]


def nonfinite(evidence: Evidence) -> Iterator[Finding]:
    """Any NaN or infinity in parameters, activations, gradients or the recorded loss.

    For activations the origin is the first node in execution order whose output is not finite,
    so what it used was; for gradients it is the last one, for backward runs from the end. Minus
    infinity alone that never reaches the model's output is how attention masks: a note only.
    Gradients behind an activation that is not finite follow from it and are not told again.
    """
    kinds = ("parameter", "activation", "gradient")
    measured = {quantity: evidence.latest(quantity) for quantity in kinds}
    scalars = evidence.rows("scalars")
    norms = {kind: evidence.norms(kind) for kind in ("parameter", "gradient", "update")}
    if not scalars and not any(measured.values()) and not any(norms.values()):
        raise CannotTell("no values were looked at")
    bad = {kind: [(row, s) for row, s in rows if s.nonfinite] for kind, rows in measured.items()}
    if bad["parameter"]:
        yield _in_parameters(bad["parameter"])
    if bad["activation"]:
        yield _in_activations(evidence, bad["activation"], bad["parameter"])
    if bad["gradient"] and (not bad["activation"] or _is_mask(evidence, bad["activation"])):
        yield _in_gradients(evidence, bad["gradient"])
    for quantity, tensors in norms.items():
        if not bad.get(quantity) and not (quantity == "update" and norms["gradient"]):
            yield from _in_norms(evidence, quantity, tensors)
    yield from _in_scalars(scalars)


def _in_parameters(bad: list[Bad]) -> Finding:
    names = [row["tensor"] for row, _ in bad]
    many = f"{len(names)} parameters are" if len(names) > 1 else f"The parameter {names[0]} is"
    return _finding(
        title=f"{many} not finite",
        detail=f"{_counts(bad[0][1])} in {some(names)}.",
        advice="Load an earlier checkpoint, and find the step at which it happened.",
        bad=bad,
        view="parameters",
    )


def _in_activations(evidence: Evidence, bad: list[Bad], parameters: list[Bad]) -> Finding:
    bad = sorted(bad, key=lambda item: _order(evidence, item[0]["node"]))
    row, summary = bad[0]
    own = [p["tensor"] for p, _ in parameters if p["node"] == row["node"]]
    node = evidence.graph.nodes.get(row["node"])
    advice = "Look at what this node does: a division, a logarithm, an overflow?"
    if node is not None and node.kind == "input":
        advice = "Clean the data: they are not finite before the model sees them."
    elif own:
        advice = f"Its parameter {own[0]} is not finite: load an earlier checkpoint."
    finding = _finding(
        title=f"{evidence.label(row['node'])} is the first whose output is not finite",
        detail=f"{_counts(summary)}; {_nodes(bad)} in all with such an output.",
        advice=advice,
        bad=bad,
        view="activations",
    )
    if _is_mask(evidence, bad):
        return replace(
            finding,
            severity="info",
            title=f"{evidence.label(row['node'])} puts out minus infinity",
            advice="Nothing to do if it is a mask: it does not reach the model's output.",
        )
    return finding


def _in_gradients(evidence: Evidence, bad: list[Bad]) -> Finding:
    def backward_order(item: Bad) -> tuple[float, bool]:
        return -_order(evidence, item[0]["node"]), not _is_output(item[0])

    bad = sorted(bad, key=backward_order)
    row, summary = bad[0]
    where = f"the output of {evidence.label(row['node'])}" if _is_output(row) else row["tensor"]
    users = evidence.users(row["node"]) if row["node"] in evidence.graph.nodes else []
    behind = f", and comes from backward through {some(users)}" if _is_output(row) and users else ""
    return _finding(
        title=f"The gradient of {where} is not finite",
        detail=(
            f"{_counts(summary)}. It is the first that backward meets{behind}; "
            f"{_nodes(bad)} in all with such a gradient."
        ),
        advice="Lower the learning rate or clip gradients; in fp16, scale the loss.",
        bad=bad,
        view="gradients",
    )


def _in_norms(
    evidence: Evidence, quantity: str, tensors: dict[str, list[NormPoint]]
) -> Iterator[Finding]:
    """What the last distributions do not show, but norms taken more often do: the first step."""
    bad = [(point, name) for name, points in tensors.items() for point in points if point.nonfinite]
    if not bad:
        return
    step = min(point.step for point, _ in bad)
    backwards = -1 if quantity == "gradient" else 1
    there = sorted(
        ((point, name) for point, name in bad if point.step == step),
        key=lambda item: backwards * _order(evidence, item[0].node),
    )
    point, name = there[0]
    last = max(p.step for points in tensors.values() for p in points)
    later = sum(1 for other, _ in bad if other.step > step)
    begins = "backward meets" if quantity == "gradient" else "forward meets"
    yield Finding(
        rule="nonfinite",
        severity="error",
        title=f"The {quantity} of {name} is not finite at step {step:,}"
        if quantity != "parameter"
        else f"The parameter {name} is not finite at step {step:,}",
        detail=(
            f"{point.nonfinite:,} values; it is the first that {begins} of {len(there):,} such "
            f"tensors at that step, and {later:,} were seen after it."
        ),
        advice="Look at the steps just before it; lower the learning rate or clip gradients.",
        nodes=evidence.known(p.node for p, _ in there),
        value=float(sum(p.nonfinite for p, _ in there)),
        threshold=0.0,
        unit="values",
        samples=sum(len(points) for points in tensors.values()),
        steps=(step, last),
        source="IEEE 754",
        view=f"{quantity}s",
    )


def _in_scalars(rows: list[Row]) -> Iterator[Finding]:
    bad = [row for row in rows if row["value"] is not None and not isfinite(row["value"])]
    if not bad:
        return
    first = min(bad, key=lambda row: row["step"] or 0)
    step, last = first["step"] or 0, max(row["step"] or 0 for row in rows)
    name = f"{first['split']} {first['name']}" if first["split"] else first["name"]
    yield Finding(
        rule="nonfinite",
        severity="error",
        title=f"The {name} is not finite at step {step:,}",
        detail=f"So are {len(bad):,} of {len(rows):,} recorded values from there to {last:,}.",
        advice="Look at the steps just before it; lower the learning rate or clip gradients.",
        value=float(len(bad)),
        threshold=0.0,
        unit="values",
        samples=len(rows),
        steps=(step, last),
        source="IEEE 754",
        view="curves",
        split=first["split"],
    )


def _finding(title: str, detail: str, advice: str, bad: list[Bad], view: str) -> Finding:
    return Finding(
        rule="nonfinite",
        severity="error",
        title=title[0].upper() + title[1:] if title.startswith("the ") else title,
        detail=detail,
        advice=advice,
        nodes=tuple(dict.fromkeys(row["node"] for row, _ in bad)),
        value=float(sum(summary.nonfinite for _, summary in bad)),
        threshold=0.0,
        unit="values",
        samples=sum(summary.count for _, summary in bad),
        source="IEEE 754",
        view=view,
        split=_split_of(bad),
    )


def _split_of(bad: list[Bad]) -> str | None:
    """The split of all of them; None where they are of several or of none."""
    splits = {row["split"] for row, _ in bad}
    return splits.pop() if len(splits) == 1 else None


def _order(evidence: Evidence, node_id: str) -> float:
    """Position in execution order at which a node is done: a group, after what is in it."""
    node = evidence.graph.nodes.get(node_id)
    if node is None:
        return float("inf")
    depth = sum(1 for _ in evidence.graph.ancestors(node_id))
    last = max((child.order for child in evidence.graph.descendants(node_id)), default=node.order)
    return last - depth * 1e-9


def _is_mask(evidence: Evidence, bad: list[Bad]) -> bool:
    """Minus infinity and nothing else, and none of it leaves the model."""
    if any(summary.nan or summary.positive_infinity for _, summary in bad):
        return False
    outputs = {node.id for node in evidence.graph.nodes.values() if node.kind == "output"}
    seen = {row["node"] for row, _ in evidence.latest("activation")} & (outputs | {ROOT})
    return bool(seen) and not any(row["node"] in seen for row, _ in bad)


def _is_output(row: Row) -> bool:
    return is_output(row["tensor"])


def _nodes(bad: list[Bad]) -> str:
    count = len({row["node"] for row, _ in bad})
    return f"{count:,} {'node' if count == 1 else 'nodes'}"


def _counts(summary: TensorSummary) -> str:
    infinite = summary.positive_infinity + summary.negative_infinity
    parts = [f"{summary.nan:,} NaN"] if summary.nan else []
    parts += [f"{infinite:,} infinite"] if infinite else []
    return f"{' and '.join(parts)} of {summary.count:,} values"
