"""Faults planted into real models and real training, and the same without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import torchatlas as ta
from torchatlas.measure.findings import examine
from torchatlas.run import Finding, Run


def looked_at(model: nn.Module, inputs: torch.Tensor) -> Run:
    targets = torch.zeros(len(inputs), dtype=torch.int64)
    return ta.visualize_model(model, (inputs, targets)).run


def found(run: Run, *rules: str) -> dict[str, Finding]:
    """The first finding of each of these rules; all of them could tell."""
    diagnosis = examine(run)
    told = {gap.what: gap.reason for gap in diagnosis.gaps if gap.what in rules}
    assert not told
    return {f.rule: f for f in reversed(diagnosis.findings) if f.rule in rules}


def perceptron(act: Callable[[], nn.Module]) -> nn.Sequential:
    return nn.Sequential(nn.Linear(16, 32), act(), nn.Linear(32, 32), act(), nn.Linear(32, 4))


INPUTS = torch.randn(256, 16, generator=torch.Generator().manual_seed(0))


def test_a_saturated_tanh() -> None:
    assert not found(looked_at(perceptron(nn.Tanh), INPUTS), "saturated_activation")
    model = perceptron(nn.Tanh)
    with torch.no_grad():
        model[0].weight.mul_(50)  # type: ignore[operator, union-attr]
    saturated = found(looked_at(model, INPUTS), "saturated_activation")
    assert saturated["saturated_activation"].nodes == ("1",)


def test_dormant_and_dead_units() -> None:
    rules = ("dormant_unit", "dead_relu")
    assert not found(looked_at(perceptron(nn.ReLU), INPUTS), *rules)
    model = perceptron(nn.ReLU)
    with torch.no_grad():
        model[0].weight[:10].mul_(1e-3)  # type: ignore[index, union-attr]
        model[0].bias[:10].mul_(1e-3)  # type: ignore[index, union-attr]
        model[2].bias[:20] = -100.0  # type: ignore[index, union-attr]
    both = found(looked_at(model, INPUTS), *rules)
    assert both["dormant_unit"].title == "10 of 32 units of 1 are dormant"
    assert both["dead_relu"].nodes == ("3",)


def test_values_that_fp16_cannot_hold_and_massive_ones() -> None:
    rules = ("half_overflow", "massive_activation")
    model = perceptron(nn.ReLU)
    assert not found(looked_at(model, INPUTS), *rules)
    with torch.no_grad():
        model[2].bias[0] = 1e6  # type: ignore[index, union-attr]
    both = found(looked_at(model, INPUTS), *rules)
    assert "2" in both["half_overflow"].nodes
    assert "2" in both["massive_activation"].nodes


class Attention(nn.Module):
    """One head, written out."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.key, self.value, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[batch, length, 8] to [batch, 4]."""
        scores = self.scale * (x @ self.key(x).transpose(1, 2))
        mixed = torch.softmax(scores, -1) @ self.value(x)
        head: torch.Tensor = self.head(mixed.mean(1))
        return head


def test_large_attention_logits() -> None:
    inputs = torch.randn(16, 6, 8)
    assert not found(looked_at(Attention(0.3), inputs), "attention_logits")
    assert found(looked_at(Attention(300.0), inputs), "attention_logits")


def transformer(feature_weight: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(4):
        norm = nn.LayerNorm(16)
        with torch.no_grad():
            norm.weight[5] = feature_weight
        layers += [norm, nn.Linear(16, 16)]
    return nn.Sequential(*layers)


def test_a_feature_that_stands_out_in_all_norms() -> None:
    assert not found(looked_at(transformer(1.0), INPUTS), "outlier_feature")
    finding = found(looked_at(transformer(60.0), INPUTS), "outlier_feature")["outlier_feature"]
    assert finding.title == "Feature 5 stands out through the layers"


def trained(
    folder: Path, change: Callable[[nn.Module], Any] = lambda _: None, **options: Any
) -> Run:
    """A hundred and twenty steps of a small model, recorded as often as can be."""
    model = perceptron(nn.ReLU)
    change(model)
    chosen = [p for n, p in model.named_parameters() if n not in options.get("left_out", ())]
    optimizer = torch.optim.Adam(chosen, lr=options.get("rate", 1e-3))
    labels = (INPUTS[:, 0] > 0).long()
    with ta.record(folder, model, optimizer=optimizer, example=INPUTS[:2], budget=1.0) as recorder:
        for step in range(120):
            loss = nn.functional.cross_entropy(model(INPUTS), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            recorder.log(loss=options.get("losses", {}).get(step, loss))
    return ta.load(folder).run


OVER_TIME = ("frozen_parameter", "loss_spike", "exploding_gradient", "nonfinite", "not_learning")


def test_healthy_training_is_silent(tmp_path: Path) -> None:
    run = trained(tmp_path)
    assert not {f.rule for f in examine(run).findings} & set(OVER_TIME)
    assert {"frozen_parameter", "loss_spike", "nonfinite"} <= set(examine(run).checked)


def test_a_parameter_that_the_optimizer_does_not_have(tmp_path: Path) -> None:
    run = trained(tmp_path, left_out=("2.weight",))
    assert found(run, "frozen_parameter")["frozen_parameter"].title == "2.weight does not move"


def test_a_loss_that_jumps(tmp_path: Path) -> None:
    run = trained(tmp_path, losses={115: 50.0})
    assert found(run, "loss_spike")["loss_spike"].steps == (116, 116)


def test_a_parameter_that_becomes_nan(tmp_path: Path) -> None:
    def poison(model: nn.Module) -> None:
        with torch.no_grad():
            model[0].weight[0, 0] = float("nan")  # type: ignore[index]

    titles = [f.title for f in examine(trained(tmp_path, poison)).findings if f.rule == "nonfinite"]
    assert any("parameter" in title for title in titles)


@pytest.mark.parametrize("rule", ["update_ratio", "exploding_gradient"])
def test_what_was_not_recorded_is_a_gap(rule: str) -> None:
    run = looked_at(perceptron(nn.ReLU), INPUTS)
    assert rule in {gap.what for gap in examine(run).gaps}
