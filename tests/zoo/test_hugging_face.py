"""Models of transformers from small configurations: text, vision, audio, experts, and caches."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from tests.zoo.cases import Case, Collection, Make, Runs, check

transformers = pytest.importorskip("transformers")
case = Collection()
IDS = torch.tensor([[1, 2, 3]])
CACHE = "past_key_values"  # newer versions of transformers name it `cache`
if "cache" in inspect.signature(transformers.LlamaForCausalLM.forward).parameters:
    CACHE = "cache"


def llama(**settings: Any) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=17,
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        **settings,
    )
    return transformers.LlamaForCausalLM(config).eval()


@case
def a_decoder_and_the_cache_that_it_fills() -> Case:
    layer = "model.layers.0"
    return Case(
        llama(),
        (),
        {"input_ids": IDS, "use_cache": True},
        edges={
            ("input:input_ids", "model.embed_tokens/embedding:0"),
            ("model.embed_tokens/embedding:0", f"{layer}/add:0"),
            (f"{layer}.mlp.down_proj/linear:0", f"{layer}/add:1"),
            (f"{layer}/add:1", "model.layers.1/add:0"),
            ("lm_head/linear:0", "output:logits"),
            (f"{layer}.self_attn.v_proj/linear:0", f"{layer}.self_attn/view:2"),
            (f"{layer}.self_attn/transpose:2", f"{layer}.self_attn/cat:3"),
            (f"{layer}.self_attn/cat:3", f"{layer}.self_attn/scaled_dot_product_attention:0"),
            (f"{layer}.self_attn/cat:3", f"output:{CACHE}.layers.0.values"),
        },
        only=False,
        absent={(f"{layer}.input_layernorm/to:0", f"{layer}/add:0")},
    )


@case
def a_cache_that_goes_in() -> Case:
    """The old keys and values are inputs, and the step's hang on them."""
    model = llama()
    with torch.no_grad():
        cache = getattr(model(input_ids=IDS, use_cache=True), CACHE)
    held = [(layer.keys, layer.values) for layer in cache.layers]

    def fresh() -> tuple[Any, ...]:
        again = transformers.DynamicCache()
        for position, (keys, values) in enumerate(held):
            again.update(keys.clone(), values.clone(), position)
        return torch.tensor([[4]]), again

    def forward(self: Any, ids: Any, cache: Any) -> Any:
        return self.inner(input_ids=ids, **{CACHE: cache})

    layer = "inner.model.layers.1"
    return Case(
        Runs(forward, inner=model),
        fresh,
        edges={
            ("input:cache.layers.0.keys", "inner.model.layers.0.self_attn/cat:2"),
            ("input:cache.layers.1.values", f"{layer}.self_attn/cat:3"),
            (f"{layer}.self_attn/cat:3", f"output:{CACHE}.layers.1.values"),
            ("inner.lm_head/linear:0", "output:logits"),
        },
        only=False,
        flip=False,
    )


@case
def a_cache_of_fixed_size() -> Case:
    """It is written in place: the attention hangs on the write, and so does the output."""
    model = llama()

    def forward(self: Any, ids: Any, cache: Any) -> Any:
        return self.inner(input_ids=ids, use_cache=True, **{CACHE: cache})

    def fresh() -> tuple[Any, ...]:
        cache = transformers.StaticCache(config=model.config, max_cache_len=4)
        with torch.no_grad():
            model(input_ids=torch.tensor([[1]]), **{CACHE: cache})
        return torch.tensor([[4]]), cache

    layer = "inner.model.layers.0.self_attn"
    return Case(
        Runs(forward, inner=model),
        fresh,
        edges={
            ("input:cache.layers.0.keys", f"{layer}/index_copy_:0"),
            (f"{layer}/index_copy_:1", f"{layer}/scaled_dot_product_attention:0"),
            (f"{layer}/index_copy_:1", f"output:{CACHE}.layers.0.values"),
        },
        only=False,
        flip=False,
    )


@case
def an_encoder_with_a_named_output() -> Case:
    config = transformers.BertConfig(
        vocab_size=17,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=8,
    )
    model = transformers.BertModel(config).eval()
    return Case(
        model,
        (),
        {"input_ids": IDS, "attention_mask": torch.tensor([[1, 1, 0]]), "return_dict": True},
        edges={
            ("input:input_ids", "embeddings.word_embeddings/embedding:0"),
            ("embeddings.LayerNorm/layer_norm:0", "embeddings.dropout/dropout:0"),
            ("encoder.layer.1.output.LayerNorm/layer_norm:0", "output:last_hidden_state"),
            ("pooler.activation/tanh:0", "output:pooler_output"),
        },
        only=False,
    )


@case
def an_encoder_and_decoder() -> Case:
    config = transformers.T5Config(
        vocab_size=17,
        d_model=8,
        d_kv=4,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
    )
    model = transformers.T5ForConditionalGeneration(config).eval()
    cross = "decoder.block.0.layer.1.EncDecAttention"
    return Case(
        model,
        (),
        {"input_ids": IDS, "labels": IDS + 3, "use_cache": False},
        edges={
            ("input:input_ids", "encoder.embed_tokens/embedding:0"),
            ("shared.weight", "encoder.embed_tokens/embedding:0"),
            ("encoder.dropout#1/dropout:0", f"{cross}.k/linear:0"),
            ("encoder.dropout#1/dropout:0", f"{cross}.v/linear:0"),
            ("encoder.dropout#1/dropout:0", "output:encoder_last_hidden_state"),
            ("lm_head/linear:0", "output:logits"),
        },
        only=False,
    )


@case
def vision() -> Case:
    config = transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=16,
        patch_size=8,
    )
    model = transformers.ViTForImageClassification(config).eval()
    projection = "vit.embeddings.patch_embeddings.projection/conv2d:0"
    return Case(
        model,
        (),
        {"pixel_values": torch.rand(1, 3, 16, 16)},
        edges={
            ("input:pixel_values", projection),
            ("vit.embeddings.cls_token", "vit.embeddings/expand:0"),
            ("classifier/linear:0", "output:logits"),
        },
        only=False,
    )


@case
def audio() -> Case:
    config = transformers.Wav2Vec2Config(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(4, 4),
        conv_stride=(4, 2),
        conv_kernel=(4, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        vocab_size=9,
    )
    model = transformers.Wav2Vec2ForCTC(config).eval()
    convolutions = "wav2vec2.feature_extractor.conv_layers"
    return Case(
        model,
        (),
        {"input_values": torch.randn(1, 160)},
        edges={
            (f"{convolutions}.0.activation/gelu:0", f"{convolutions}.1.conv/conv1d:0"),
            ("lm_head/linear:0", "output:logits"),
        },
        only=False,
    )


@case
def speech_to_text() -> Case:
    config = transformers.WhisperConfig(
        vocab_size=17,
        num_mel_bins=4,
        d_model=8,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_source_positions=4,
        max_target_positions=8,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    model = transformers.WhisperForConditionalGeneration(config).eval()
    cross = "model.decoder.layers.0.encoder_attn"
    return Case(
        model,
        (),
        {
            "input_features": torch.randn(1, 4, 8),
            "decoder_input_ids": IDS,
            "use_cache": False,
        },
        edges={
            ("input:input_features", "model.encoder.conv1/conv1d:0"),
            ("model.encoder.layer_norm/layer_norm:0", f"{cross}.k_proj/linear:0"),
            ("model.encoder.layer_norm/layer_norm:0", "output:encoder_last_hidden_state"),
            ("proj_out/linear:0", "output:logits"),
        },
        only=False,
    )


@case
def a_mixture_of_experts() -> Case:
    """Which experts run depends on the data; the router's choice leads to what they give."""
    config = transformers.MixtralConfig(
        vocab_size=17,
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        num_local_experts=3,
        num_experts_per_tok=2,
        pad_token_id=0,
    )
    model = transformers.MixtralForCausalLM(config).eval()
    model(IDS, output_router_logits=True)  # transformers puts its hooks on in the first call
    gate, experts = "model.layers.0.mlp.gate", "model.layers.0.mlp.experts"
    return Case(
        model,
        (),
        {"input_ids": IDS, "use_cache": False, "output_router_logits": True},
        edges={
            ("input:input_ids", "model.embed_tokens/embedding:0"),
            (f"{gate}.weight", f"{gate}/linear:0"),
            (f"{gate}/softmax:0", f"{gate}/topk:0"),
            (f"{experts}.gate_up_proj", f"{experts}/transpose:0"),
            (f"{experts}.act_fn/silu:0", f"{experts}/mul:0"),
            ("lm_head/linear:0", "output:logits"),
        },
        only=False,
    )


@pytest.mark.parametrize("make", case.makers, ids=case.names)
def test_edges(make: Make) -> None:
    check(make())
