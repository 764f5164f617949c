"""The rule `attention_logits`: planted faults, healthy data, no data."""

from __future__ import annotations

from tests.measure.findings.runs import activation, chain, findings_of, reason_of, run_of

from torchatlas.run import Run

ATTENTION = (
    ("q", "linear"),
    ("scores", "matmul"),
    ("probs", "softmax"),
    ("drop", "dropout"),
    ("out", "matmul"),
)


def run_with(largest: float, *ops: tuple[str, str]) -> Run:
    rows = [activation("scores", [0.0, largest, float("-inf")])]
    return run_of(chain(*(ops or ATTENTION)), distributions=rows)


def test_large_logits_are_found() -> None:
    (finding,) = findings_of("attention_logits", run_with(500.0))
    assert finding.title == "Attention logits reach 500"
    assert (finding.severity, finding.nodes) == ("info", ("scores", "probs"))
    (finding,) = findings_of("attention_logits", run_with(20_000.0))
    assert finding.severity == "warning"


def test_small_ones_and_masks_are_silent() -> None:
    assert findings_of("attention_logits", run_with(30.0)) == []
    assert findings_of("attention_logits", run_with(-5_000.0)) == []


def test_the_softmax_of_a_classifier_is_no_attention() -> None:
    run = run_with(500.0, ("scores", "linear"), ("probs", "softmax"))
    assert findings_of("attention_logits", run) == []


def test_logits_that_were_not_looked_at_are_a_gap() -> None:
    run = run_of(chain(*ATTENTION))
    assert reason_of("attention_logits", run) == "no logits of attention were looked at"


def test_the_fused_op_does_not_show_its_logits() -> None:
    run = run_with(500.0, ("scores", "scaled_dot_product_attention"))
    assert reason_of("attention_logits", run) == (
        "attention is one fused op, which does not show its logits"
    )


def test_the_threshold_can_be_moved() -> None:
    assert findings_of("attention_logits", run_with(30.0), threshold=20)


def test_without_a_pass_it_cannot_tell() -> None:
    assert reason_of("attention_logits", run_of()).startswith("no forward pass was traced")
