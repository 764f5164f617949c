"""Which biases are undone at once by the normalisation that follows?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence, some
from torchatlas.run import Finding, Node

_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
_TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_SUBTRACTS_THE_MEAN = {"batch_norm", "instance_norm"}

ROUNDING = 1e-5
"""Of a weight's gradient, in fp32: what is left where the gradient of a bias cancels out."""


def bias_before_norm(evidence: Evidence) -> Iterator[Finding]:
    """A conv or linear bias whose only use is a normalisation that subtracts each channel's mean.

    BatchNorm and InstanceNorm do; LayerNorm and GroupNorm mix channels, so a bias matters there.
    A linear layer's features are the channels only when its output has two dimensions.
    """
    evidence.executed_graph()
    pairs: dict[str, str] = {}
    biases: dict[str, None] = {}
    for layer, norm, own in _before_norms(evidence):
        pairs[layer] = norm
        biases |= dict.fromkeys(own)
    if not pairs:
        return
    counts = {row["tensor"]: row["count"] for row in evidence.rows("parameters")}
    total = sum(counts.get(name) or 0 for name in biases)
    layers = list(pairs)
    one = f"The bias of {layers[0]} has no effect"
    yield Finding(
        rule="bias_before_norm",
        severity="info",
        title=one if len(layers) == 1 else f"The biases of {len(layers)} layers have no effect",
        detail=(
            f"A norm subtracts each channel's mean right after it, and the bias with it: "
            f"{some([f'{layer} before {norm}' for layer, norm in pairs.items()])}."
        ),
        advice="Give the layer bias=False: fewer parameters, and one addition less.",
        nodes=tuple(dict.fromkeys(node for pair in pairs.items() for node in pair)),
        value=float(total),
        threshold=0.0,
        unit="parameters",
        samples=len(layers),
        source="PyTorch performance tuning guide",
        view="architecture",
    )


def undone_biases(evidence: Evidence) -> set[str]:
    """Names of the biases that a norm undoes.

    A training that is recorded has no edges to tell it by. There it shows in the gradient, which
    is rounding beside that of the layer's weight.
    """
    found = {name for _, _, own in _before_norms(evidence) for name in own}
    gradients = evidence.norms("gradient")
    for name, points in gradients.items():
        layer, _, last = name.rpartition(".")
        weight = {one.step: one.norm for one in gradients.get(f"{layer}.weight", ())}
        both = [(one.norm, weight[one.step]) for one in points if weight.get(one.step)]
        if last == "bias" and both and all(bias <= ROUNDING * norm for bias, norm in both):
            found.add(name)
    return found


def _before_norms(evidence: Evidence) -> Iterator[tuple[str, str, list[str]]]:
    """Each layer whose bias a norm undoes, that norm, and the names of the bias."""
    nodes = evidence.graph.nodes
    for node in nodes.values():
        users = evidence.targets.get(node.id, [])
        own = [name for name in node.parameters if name.rpartition(".")[2] == "bias"]
        types = {nodes[user].type for user in users}
        if own and _adds_by_channel(node, types) and types and types <= _SUBTRACTS_THE_MEAN:
            yield evidence.shown(node.id), evidence.shown(users[0]), own


def _adds_by_channel(node: Node, norms: set[str]) -> bool:
    """Whether one value of the bias goes to one channel of the norm, and to nothing else."""
    if node.kind != "op":
        return False
    if node.type == "linear":
        two_dimensional = bool(node.outputs) and len(node.outputs[0].shape) == 2
        return two_dimensional and norms == {"batch_norm"}
    return node.type in _CONVOLUTIONS + _TRANSPOSED
