"""The models that tools are compared on: random weights, evaluation mode, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Arguments = tuple[torch.Tensor, ...]
Built = tuple[nn.Module, Arguments]


@dataclass(frozen=True, slots=True)
class Case:
    """A model, and what a trace of it may cost.

    Attributes:
        title: name and size of the input, for a table.
        build: the model in evaluation mode, and its positional arguments.
        ratio_limit: how many forward passes a trace may take; None where no limit was set.
    """

    title: str
    build: Callable[[], Built]
    ratio_limit: float | None = None


def build(name: str) -> Built:
    """The model of this name, with the same weights and inputs each time."""
    torch.manual_seed(0)
    return MODELS[name].build()


def llama_7b_on_meta() -> Built:
    """6.74 billion parameters without a byte of memory, and 512 tokens."""
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.device("meta"):
        tokens = torch.zeros(1, 512, dtype=torch.long)
        return _evaluated(LlamaForCausalLM(LlamaConfig())), (tokens,)


def perceptron() -> Built:
    """So small that what a first call builds once is what is seen."""
    return nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)).eval(), (torch.ones(2, 8),)


class Chain(nn.Module):
    """A number of small ops, one after the other."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape kept."""
        for _ in range(self.length):
            x = x + 1
        return x


def chain(length: int) -> Built:
    """Nothing but ops: what one of them costs, and whether the next one costs more."""
    return Chain(length).eval(), (torch.zeros(4),)


def _gpt2() -> Built:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config()
    return _evaluated(GPT2LMHeadModel(config)), _tokens(config, 512)


def _bert() -> Built:
    from transformers import BertConfig, BertModel

    config = BertConfig()
    return _evaluated(BertModel(config)), _tokens(config, 128)


def _narrow_llama() -> Built:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=80,
        num_attention_heads=4,
        vocab_size=1000,
    )
    return _evaluated(LlamaForCausalLM(config)), _tokens(config, 64)


def _classifier(name: str, batch: int = 1) -> Callable[[], Built]:
    def build() -> Built:
        from torchvision.models import get_model

        return _evaluated(get_model(name, weights=None)), (torch.randn(batch, 3, 224, 224),)

    return build


def _evaluated(model: Any) -> nn.Module:
    evaluated: nn.Module = model.eval()
    return evaluated


def _tokens(config: Any, length: int) -> Arguments:
    return (torch.randint(config.vocab_size, (1, length)),)


MODELS = {
    "gpt2": Case("GPT-2 small, 1 x 512 tokens", _gpt2, 1.3),
    "resnet152": Case("ResNet-152, 1 image", _classifier("resnet152"), 1.3),
    "resnet152_batch": Case("ResNet-152, 8 images", _classifier("resnet152", 8), 1.3),
    "narrow_llama": Case("Llama, 80 layers of width 256, 1 x 64 tokens", _narrow_llama, 5.0),
    "bert": Case("BERT base, 1 x 128 tokens", _bert),
    "swin_t": Case("Swin-T, 1 image", _classifier("swin_t")),
    "vit_b_16": Case("ViT-B/16, 1 image", _classifier("vit_b_16")),
    "resnet18": Case("ResNet-18, 1 image", _classifier("resnet18")),
}
"""Images are of 224 x 224. Titles stand in a table, names on the command line."""
