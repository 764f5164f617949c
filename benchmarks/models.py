"""The models that tracing is measured on, each with an input, random weights, evaluation mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Built = tuple[nn.Module, tuple[Any, ...]]


def resnet18() -> Built:
    """One image of 224 x 224."""
    return _torchvision("resnet18")


def resnet152() -> Built:
    """One image of 224 x 224."""
    return _torchvision("resnet152")


def swin_t() -> Built:
    """One image of 224 x 224."""
    return _torchvision("swin_t")


def vit_b_16() -> Built:
    """One image of 224 x 224."""
    return _torchvision("vit_b_16")


def gpt2() -> Built:
    """GPT-2 small, 124 M parameters, 256 tokens."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return _evaluated(GPT2LMHeadModel(GPT2Config())), (torch.randint(0, 1000, (1, 256)),)


def bert() -> Built:
    """BERT base, 128 tokens."""
    from transformers import BertConfig, BertModel

    return _evaluated(BertModel(BertConfig())), (torch.randint(0, 1000, (1, 128)),)


def narrow_llama() -> Built:
    """80 layers of width 256, 64 tokens: many ops that each do little."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=80,
        num_attention_heads=4,
        vocab_size=1000,
    )
    return _evaluated(LlamaForCausalLM(config)), (torch.randint(0, 1000, (1, 64)),)


def llama_7b_on_meta() -> Built:
    """Llama with 6.7 billion parameters, none of them in memory, 64 tokens."""
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig())
        return _evaluated(model), (torch.zeros(1, 64, dtype=torch.long),)


class Chain(nn.Module):
    """A number of additions, one after the other."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape kept."""
        for _ in range(self.length):
            x = x + 1
        return x


MODELS: dict[str, Callable[[], Built]] = {
    "gpt2": gpt2,
    "resnet152": resnet152,
    "narrow_llama": narrow_llama,
    "resnet18": resnet18,
    "bert": bert,
    "swin_t": swin_t,
    "vit_b_16": vit_b_16,
}
"""Those that other tools are run on as well."""

MOST_TIMES_FORWARD = {"gpt2": 1.3, "resnet152": 1.3, "narrow_llama": 5.0}
"""How many times as long as a forward pass a trace may take."""


def _evaluated(model: Any) -> nn.Module:
    evaluated: nn.Module = model.eval()
    return evaluated


def _torchvision(name: str) -> Built:
    from torchvision import models

    return models.get_model(name, weights=None).eval(), (torch.randn(1, 3, 224, 224),)
