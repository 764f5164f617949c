"""Which biases are undone at once by the normalisation that follows?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import Evidence
from torchatlas.run import Finding

_WITH_BIAS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "linear")
_SUBTRACTS_THE_MEAN = ("batch_norm", "instance_norm")


def bias_before_norm(evidence: Evidence) -> Iterator[Finding]:
    """A conv or linear bias whose only use is a normalisation that subtracts each channel's mean.

    BatchNorm and InstanceNorm do; LayerNorm and GroupNorm mix channels, so a bias matters there.
    """
    for node in evidence.graph.nodes.values():
        biases = [name for name in node.parameters if name.rpartition(".")[2] == "bias"]
        users = evidence.targets.get(node.id, [])
        if node.kind != "op" or node.type not in _WITH_BIAS or not biases or not users:
            continue
        types = {evidence.graph.nodes[user].type for user in users}
        if not types <= set(_SUBTRACTS_THE_MEAN):
            continue
        here, norm = evidence.shown(node.id), evidence.shown(users[0])
        yield Finding(
            rule="bias_before_norm",
            severity="info",
            title=f"The bias of {here} has no effect",
            detail=f"{norm} subtracts each channel's mean right after it, and the bias with it.",
            advice="Give the layer bias=False: fewer parameters, and one addition less.",
            nodes=(here, norm),
            samples=1,
            source="PyTorch performance tuning guide",
            view="architecture",
        )
