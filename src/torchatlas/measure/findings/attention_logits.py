"""Do the logits of attention grow beyond bounds?"""

from __future__ import annotations

from collections.abc import Iterator

from torchatlas.measure.findings.evidence import CannotTell, Evidence, some
from torchatlas.run import Finding

DIVERGES = 1e4
_PASSES_ON = frozenset(("dropout", "to", "float", "half", "typeas", "identity", "contiguous"))
_MULTIPLIES = frozenset(("matmul", "bmm", "einsum", "baddbmm"))
_FUSED = frozenset(("scaleddotproductattention", "multiheadattention", "multiheadattentionforward"))


def attention_logits(evidence: Evidence) -> Iterator[Finding]:
    """What goes into the softmax of attention is above 100; above 10,000 it diverges.

    Attention is a softmax whose output is multiplied as a matrix. The fused op does not show its
    logits.
    """
    threshold = evidence.thresholds["attention_logits"]
    graph = evidence.executed_graph()
    softmaxes = [
        node
        for node in graph.nodes
        if evidence.kind_of(node) == "softmax"
        and node == evidence.shown(node)
        and _is_multiplied(evidence, node)
    ]
    fused = any(evidence.kind_of(node) in _FUSED for node in graph.nodes)
    if not softmaxes and not fused:
        return  # it has no attention
    before = {maker: node for node in softmaxes for maker in evidence.makers(node)}
    logits = [(row, s) for row, s in evidence.latest("activation") if row["node"] in before]
    if not logits:
        raise CannotTell(
            "attention is one fused op, which does not show its logits"
            if fused
            else "no logits of attention were looked at"
        )
    large = {
        row["node"]: (s.maximum, s.count)
        for row, s in logits
        if s.maximum is not None and s.maximum > threshold
    }
    if large:
        worst = max(large, key=lambda node: large[node][0])
        largest = large[worst][0]
        yield Finding(
            rule="attention_logits",
            severity="warning" if largest > DIVERGES else "info",
            title=f"Attention logits reach {largest:,.0f}",
            detail=(
                f"The softmax behind {some(list(large))} picks single positions; training tends "
                f"to diverge beyond {DIVERGES:,.0f}."
            ),
            advice="Normalise queries and keys (QK-norm), clip the logits, or lower the rate.",
            nodes=evidence.known(node for maker in large for node in (maker, before[maker])),
            value=largest,
            threshold=threshold,
            unit="largest logit",
            samples=sum(count for _, count in large.values()),
            source="Wortsman et al. 2023; Kimi K2 (2025)",
            view="activations",
        )


def _is_multiplied(evidence: Evidence, node: str) -> bool:
    """Whether a matrix product uses it, past ops that only pass it on."""
    waiting, seen = [node], set[str]()
    while waiting:
        for user in evidence.users(waiting.pop()):
            kind = evidence.kind_of(user)
            if kind in _MULTIPLIES:
                return True
            if kind in _PASSES_ON and user not in seen:
                seen.add(user)
                waiting.append(user)
    return False
