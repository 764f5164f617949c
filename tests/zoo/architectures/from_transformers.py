"""transformers: one small model of each kind of architecture, built from a configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from tests.zoo.architectures.architecture import Architecture, Inputs
from torch import nn

QUICK = ("bert", "llama")

Make = Callable[[], dict[str, Any]]
"""Keyword inputs of a model, made anew at every call."""

WORDS, LENGTH = 99, 8
"""Size of every vocabulary, and of every text."""

_WINDOW = {"_sliding_window_tensor": "the size of the window, which the cache keeps as a tensor"}

CUT: dict[str, dict[str, str]] = {
    "gemma2": _WINDOW,
    "gemma3_text": _WINDOW,
    "gpt_oss": _WINDOW,
    "mistral": _WINDOW,
    "reformer": {"buckets_cache.0": "nothing: an empty tensor, since a local layer has no buckets"},
    "vit_mae": {
        "mask": "which patches are hidden, drawn at random",
        "ids_restore": "the order of the patches, drawn at random",
    },
    "xlstm": {"seqlen_offset": "the number of words before, which the cache keeps as a tensor"},
}
"""Outputs that hang on no input: a part of their name, and what they are."""


def text(length: int = LENGTH) -> dict[str, Any]:
    """Words. Not the first ones, which mean padding and the like."""
    return {"input_ids": torch.randint(5, WORDS, (1, length))}


def pair_of_texts(length: int = LENGTH) -> dict[str, Any]:
    """For an encoder and for a decoder."""
    return text(length) | {"decoder_input_ids": torch.randint(5, WORDS, (1, 5))}


def image(size: int = 32, channels: int = 3) -> dict[str, Any]:
    """One image."""
    return {"pixel_values": torch.rand(1, channels, size, size)}


def frames(count: int, size: int = 32) -> dict[str, Any]:
    """One short film."""
    return {"pixel_values": torch.rand(1, count, 3, size, size)}


def sound(samples: int = 2000) -> dict[str, Any]:
    """One wave."""
    return {"input_values": torch.randn(1, samples)}


def spectrogram(bands: int, length: int) -> dict[str, Any]:
    """Energy by band and time, as encoders of speech take it."""
    return {"input_features": torch.randn(1, bands, length)}


def text_and_image(length: int = LENGTH, size: int = 32) -> dict[str, Any]:
    """Words and an image beside them."""
    return text(length) | {"attention_mask": torch.ones(1, length).long()} | image(size)


def text_with_image(token: int, count: int, size: int = 32) -> dict[str, Any]:
    """Words, and among them places for an image."""
    ids = torch.randint(5, WORDS - 5, (1, LENGTH))
    places = torch.full((1, count), token)
    return {"input_ids": torch.cat([places, ids], 1)} | image(size)


def past_and_future(past: int, future: int, features: int = 1) -> dict[str, Any]:
    """A series with its times, as the forecasters take it."""
    return {
        "past_values": torch.randn(1, past),
        "past_time_features": torch.randn(1, past, features),
        "past_observed_mask": torch.ones(1, past),
        "future_values": torch.randn(1, future),
        "future_time_features": torch.randn(1, future, features),
    }


SMALL = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
"""What most configurations of text models understand."""

GROUPED = SMALL | {"num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64}
EXPERTS = GROUPED | {"num_local_experts": 4, "num_experts": 4, "num_experts_per_tok": 2}
PAIRED = {
    "vocab_size": WORDS,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}
SEEING = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}
HEARING = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "conv_dim": (16, 16, 16),
    "conv_stride": (5, 4, 2),
    "conv_kernel": (10, 4, 3),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "vocab_size": WORDS,
}
FORECASTING = {
    "prediction_length": 4,
    "context_length": 8,
    "lags_sequence": [1, 2],
    "num_time_features": 1,
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
}
TOWERS = {"text_config": GROUPED | {"projection_dim": 16}, "vision_config": SEEING}

SETTLES = {
    "dinov3_vit": "keeps the coordinates of the patches from its first call",
}
"""What a model does at its first call alone."""

RECIPES: dict[str, tuple[dict[str, Any], Make]] = {
    # encoders of text
    "albert": (SMALL | {"embedding_size": 16}, text),
    "bert": (SMALL, text),
    "big_bird": (SMALL | {"block_size": 4, "num_random_blocks": 1}, partial(text, 64)),
    "canine": (SMALL | {"downsampling_rate": 4, "local_transformer_stride": 16}, partial(text, 32)),
    "convbert": (SMALL | {"embedding_size": 32}, text),
    "deberta": (SMALL | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}, text),
    "deberta-v2": (
        SMALL | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 4},
        text,
    ),
    "distilbert": (
        {"vocab_size": WORDS, "dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4},
        text,
    ),
    "electra": (SMALL | {"embedding_size": 16}, text),
    "esm": (SMALL | {"mask_token_id": 3, "position_embedding_type": "rotary"}, text),
    "fnet": (SMALL, text),
    "funnel": (
        {
            "vocab_size": WORDS,
            "architectures": ["FunnelModel"],
            "block_sizes": [1, 1],
            "num_decoder_layers": 1,
            "d_model": 32,
            "n_head": 4,
            "d_head": 8,
            "d_inner": 64,
        },
        text,
    ),
    "ibert": (SMALL, text),
    "layoutlm": (SMALL, text),
    "longformer": (SMALL | {"attention_window": 4}, text),
    "luke": (SMALL | {"entity_vocab_size": 20, "entity_emb_size": 16}, text),
    "mobilebert": (
        SMALL | {"embedding_size": 32, "intra_bottleneck_size": 32, "true_hidden_size": 32},
        text,
    ),
    "modernbert": (SMALL | {"max_position_embeddings": 64, "cls_token_id": 1}, text),
    "mpnet": (SMALL, text),
    "nystromformer": (SMALL | {"num_landmarks": 4, "segment_means_seq_len": 8}, text),
    "rembert": (SMALL | {"input_embedding_size": 16}, text),
    "roberta": (SMALL, text),
    "roformer": (SMALL | {"embedding_size": 32}, text),
    "squeezebert": (SMALL | {"embedding_size": 32}, text),
    "xlm-roberta": (SMALL, text),
    "xlnet": ({"vocab_size": WORDS, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, text),
    "yoso": (SMALL, text),
    # decoders of text
    "bloom": ({"vocab_size": WORDS, "hidden_size": 32, "n_layer": 2, "n_head": 4}, text),
    "codegen": (
        {"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4},
        text,
    ),
    "cohere": (GROUPED, text),
    "ctrl": ({"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "dff": 64}, text),
    "falcon": (SMALL | {"new_decoder_architecture": True, "num_kv_heads": 2}, text),
    "gemma2": (GROUPED, text),
    "gemma3_text": (GROUPED, text),
    "glm4": (GROUPED, text),
    "gpt2": ({"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4}, text),
    "gpt_bigcode": ({"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4}, text),
    "gpt_neo": (
        {
            "vocab_size": WORDS,
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 4,
        },
        text,
    ),
    "gpt_neox": (SMALL, text),
    "gptj": (
        {"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4},
        text,
    ),
    "granite": (GROUPED, text),
    "llama": (GROUPED, text),
    "mistral": (GROUPED, text),
    "mpt": ({"vocab_size": WORDS, "d_model": 32, "n_layers": 2, "n_heads": 4}, text),
    "nemotron": (GROUPED, text),
    "olmo2": (GROUPED, text),
    "openai-gpt": ({"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4}, text),
    "opt": (SMALL | {"ffn_dim": 64, "word_embed_proj_dim": 32}, text),
    "phi3": (GROUPED, text),
    "qwen2": (GROUPED, text),
    "qwen3": (GROUPED, text),
    "stablelm": (GROUPED, text),
    # mixtures of experts
    "deepseek_v3": (
        GROUPED
        | {
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "n_group": 2,
            "topk_group": 1,
            "first_k_dense_replace": 1,
            "moe_intermediate_size": 16,
            "q_lora_rank": 16,
            "kv_lora_rank": 16,
            "qk_nope_head_dim": 8,
            "qk_rope_head_dim": 8,
            "v_head_dim": 8,
            "num_key_value_heads": 4,
        },
        text,
    ),
    "gpt_oss": (EXPERTS | {"sliding_window": 4}, text),
    "granitemoe": (EXPERTS, text),
    "jetmoe": (EXPERTS | {"kv_channels": 8, "num_key_value_heads": 2}, text),
    "mixtral": (EXPERTS, text),
    "olmoe": (EXPERTS, text),
    "phimoe": (EXPERTS, text),
    "qwen3_moe": (EXPERTS | {"moe_intermediate_size": 16}, text),
    "switch_transformers": (
        {
            "vocab_size": WORDS,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 4,
            "num_experts": 4,
            "num_sparse_encoder_layers": 1,
            "num_sparse_decoder_layers": 1,
            "expert_capacity": 8,
        },
        pair_of_texts,
    ),
    # state spaces and recurrences
    "bamba": (
        GROUPED
        | {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_chunk_size": 4}
        | {"attn_layer_indices": [1]},
        text,
    ),
    "falcon_mamba": (SMALL | {"state_size": 8, "time_step_rank": 2}, text),
    "jamba": (
        EXPERTS
        | {
            "mamba_d_state": 8,
            "mamba_dt_rank": 2,
            "use_mamba_kernels": False,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
        },
        text,
    ),
    "lfm2": (GROUPED | {"layer_types": ["conv", "full_attention"]}, text),
    "mamba": (SMALL | {"state_size": 8, "time_step_rank": 2}, text),
    "mamba2": (
        SMALL | {"state_size": 8, "num_heads": 8, "head_dim": 8, "n_groups": 1, "chunk_size": 4},
        text,
    ),
    "qwen3_next": (
        EXPERTS
        | {
            "moe_intermediate_size": 16,
            "shared_expert_intermediate_size": 16,
            "layer_types": ["linear_attention", "full_attention"],
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
        },
        text,
    ),
    "recurrent_gemma": (SMALL | {"lru_width": 32, "num_hidden_layers": 3}, text),
    "rwkv": (SMALL | {"attention_hidden_size": 32, "context_length": 64}, text),
    "xlstm": (
        {"vocab_size": WORDS, "hidden_size": 64, "num_heads": 4, "chunk_size": 4}
        | {"num_hidden_layers": 2, "num_blocks": 2}
        | {"qk_dim_factor": 1.0, "v_dim_factor": 1.0},
        text,
    ),
    # encoders with decoders of text
    "bart": (PAIRED, text),
    "bigbird_pegasus": (PAIRED, pair_of_texts),
    "blenderbot": (PAIRED, pair_of_texts),
    "led": (PAIRED | {"attention_window": 4}, pair_of_texts),
    "longt5": (
        {
            "vocab_size": WORDS,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 4,
            "local_radius": 3,
        },
        pair_of_texts,
    ),
    "m2m_100": (PAIRED, pair_of_texts),
    "marian": (PAIRED, pair_of_texts),
    "mbart": (PAIRED, text),
    "pegasus": (PAIRED, pair_of_texts),
    "prophetnet": (
        {
            "vocab_size": WORDS,
            "hidden_size": 32,
            "num_encoder_layers": 2,
            "num_decoder_layers": 2,
            "num_encoder_attention_heads": 4,
            "num_decoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "max_position_embeddings": 64,
        },
        pair_of_texts,
    ),
    "t5": (
        {
            "vocab_size": WORDS,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 2,
            "num_heads": 4,
        },
        pair_of_texts,
    ),
    # images and films
    "beit": (SEEING, image),
    "convnext": ({"hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 1, 1]}, image),
    "convnextv2": ({"hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 1, 1]}, image),
    "dinov2": (SEEING, image),
    "dinov3_vit": (SEEING, image),
    "dpt": (SEEING | {"backbone_out_indices": [0, 0, 1, 1]}, image),
    "efficientnet": (
        {"image_size": 64, "width_coefficient": 0.5, "hidden_dim": 640},
        partial(image, 64),
    ),
    "focalnet": (
        {"image_size": 32, "embed_dim": 8, "depths": [1, 1, 1], "focal_levels": [2, 2, 2]},
        image,
    ),
    "glpn": (
        {
            "hidden_sizes": [8, 8, 16, 16],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4],
            "decoder_hidden_size": 16,
        },
        partial(image, 64),
    ),
    "hiera": (
        {
            "image_size": [32, 32],
            "embed_dim": 8,
            "depths": [1, 1],
            "num_heads": [1, 2],
            "num_query_pool": 1,
            "masked_unit_size": [2, 2],
        },
        image,
    ),
    "ijepa": (SEEING, image),
    "levit": ({"image_size": 64, "depths": [1, 1, 1]}, partial(image, 64)),
    "mobilenet_v2": ({"depth_multiplier": 0.35}, partial(image, 64)),
    "mobilevit": ({"image_size": 64}, partial(image, 64)),
    "poolformer": ({"hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 1, 1]}, partial(image, 64)),
    "pvt": (
        {
            "image_size": 64,
            "hidden_sizes": [8, 8, 16, 16],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 2],
        },
        partial(image, 64),
    ),
    "regnet": (
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "groups_width": 4},
        image,
    ),
    "resnet": ({"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}, image),
    "segformer": (
        {
            "hidden_sizes": [8, 8, 16, 16],
            "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 4],
        },
        partial(image, 64),
    ),
    "swin": (
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2]}
        | {"window_size": 4},
        image,
    ),
    "swinv2": (
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 2], "num_heads": [2, 2]}
        | {"window_size": 4},
        image,
    ),
    "timesformer": (SEEING | {"num_frames": 2}, partial(frames, 2)),
    "videomae": (SEEING | {"num_frames": 4}, partial(frames, 4)),
    "vit": (SEEING, image),
    "vit_mae": (SEEING, image),
    "vivit": (SEEING | {"num_frames": 4, "tubelet_size": [2, 8, 8]}, partial(frames, 4)),
    "yolos": (SEEING | {"image_size": [32, 32], "num_detection_tokens": 5}, image),
    # sound
    "audio-spectrogram-transformer": (
        SEEING | {"num_mel_bins": 16, "max_length": 32},
        lambda: {"input_values": torch.randn(1, 32, 16)},
    ),
    "dac": (
        {"encoder_hidden_size": 8, "downsampling_ratios": [2, 4], "decoder_hidden_size": 16}
        | {"hidden_size": 32, "codebook_size": 16, "codebook_dim": 4, "n_codebooks": 2},
        lambda: {"input_values": torch.randn(1, 1, 320)},
    ),
    "encodec": (
        {"num_filters": 4, "hidden_size": 16, "codebook_size": 16, "codebook_dim": 16},
        lambda: {"input_values": torch.randn(1, 1, 640)},
    ),
    "hubert": (HEARING, sound),
    "sew": (HEARING | {"squeeze_factor": 2}, sound),
    "speech_to_text": (
        PAIRED
        | {"input_feat_per_channel": 16, "conv_channels": 32, "max_source_positions": 64}
        | {"max_target_positions": 64},
        lambda: {
            "input_features": torch.randn(1, 32, 16),
            "decoder_input_ids": torch.randint(5, WORDS, (1, 5)),
        },
    ),
    "unispeech": (HEARING, sound),
    "vits": (
        {
            "vocab_size": WORDS,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "ffn_dim": 64,
            "flow_size": 32,
            "spectrogram_bins": 9,
            "upsample_initial_channel": 16,
            "upsample_rates": [2, 2],
            "upsample_kernel_sizes": [4, 4],
            "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3]],
            "prior_encoder_num_wavenet_layers": 1,
            "posterior_encoder_num_wavenet_layers": 1,
        },
        text,
    ),
    "wav2vec2": (HEARING, sound),
    "wav2vec2-conformer": (HEARING, sound),
    "wavlm": (HEARING, sound),
    "whisper": (
        PAIRED | {"num_mel_bins": 16, "max_source_positions": 16, "max_target_positions": 32},
        lambda: spectrogram(16, 32) | {"decoder_input_ids": torch.randint(5, WORDS, (1, 5))},
    ),
    # several kinds of input
    "blip": (TOWERS, text_and_image),
    "clip": (TOWERS, text_and_image),
    "flava": (
        {
            "text_config": SMALL,
            "image_config": SEEING,
            "multimodal_config": SMALL,
            "hidden_size": 32,
        },
        text_and_image,
    ),
    "git": (SMALL | {"vision_config": SEEING}, text_and_image),
    "llava": (
        {
            "text_config": GROUPED | {"model_type": "llama"},
            "vision_config": SEEING | {"model_type": "clip_vision_model", "projection_dim": 16},
            "image_token_index": 98,
            "image_token_id": 98,
        },
        partial(text_with_image, 98, 16),
    ),
    "lxmert": (
        SMALL | {"l_layers": 1, "x_layers": 1, "r_layers": 1, "visual_feat_dim": 16},
        lambda: text() | {"visual_feats": torch.randn(1, 3, 16), "visual_pos": torch.rand(1, 3, 4)},
    ),
    "owlvit": (TOWERS, text_and_image),
    "paligemma": (
        {
            "text_config": GROUPED | {"model_type": "gemma"},
            "vision_config": SEEING | {"model_type": "siglip_vision_model"},
            "projection_dim": 32,
            "image_token_index": 98,
            "image_token_id": 98,
        },
        partial(text_with_image, 98, 16),
    ),
    "siglip": (TOWERS, text_and_image),
    "vilt": (SMALL | SEEING, text_and_image),
    "visual_bert": (
        SMALL | {"visual_embedding_dim": 16},
        lambda: text() | {"visual_embeds": torch.randn(1, 3, 16)},
    ),
    # series, and others
    "decision_transformer": (
        {
            "state_dim": 3,
            "act_dim": 2,
            "hidden_size": 32,
            "n_layer": 2,
            "n_head": 4,
            "max_ep_len": 9,
        },
        lambda: {
            "states": torch.randn(1, 4, 3),
            "actions": torch.randn(1, 4, 2),
            "rewards": torch.randn(1, 4, 1),
            "returns_to_go": torch.randn(1, 4, 1),
            "timesteps": torch.arange(4).unsqueeze(0),
            "attention_mask": torch.ones(1, 4).long(),
        },
    ),
    "informer": (FORECASTING, partial(past_and_future, 10, 4)),
    "patchtsmixer": (
        {"context_length": 16, "patch_length": 4, "patch_stride": 4, "num_input_channels": 2}
        | {"d_model": 8, "num_layers": 2},
        lambda: {"past_values": torch.randn(1, 16, 2)},
    ),
    "patchtst": (
        {"context_length": 16, "patch_length": 4, "patch_stride": 4, "num_input_channels": 2}
        | {"d_model": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "ffn_dim": 32},
        lambda: {"past_values": torch.randn(1, 16, 2)},
    ),
    "perceiver": (
        {"num_latents": 8, "d_latents": 16, "d_model": 16, "num_blocks": 1}
        | {"num_self_attends_per_block": 2, "num_self_attention_heads": 2}
        | {"num_cross_attention_heads": 2},
        lambda: {"inputs": torch.randn(1, 10, 16)},
    ),
    "reformer": (
        {
            "vocab_size": WORDS,
            "hidden_size": 32,
            "attention_head_size": 8,
            "num_attention_heads": 4,
            "feed_forward_size": 64,
            "attn_layers": ["local", "lsh"],
            "num_buckets": 4,
            "axial_pos_embds_dim": [16, 16],
            "axial_pos_shape": [8, 8],
            "local_attn_chunk_length": 4,
            "lsh_attn_chunk_length": 4,
            "is_decoder": False,
            "hash_seed": 0,
        },
        partial(text, 64),
    ),
    "time_series_transformer": (FORECASTING, partial(past_and_future, 10, 4)),
}
"""Model type -> settings of its configuration, and its inputs."""


def make_model(model_type: str, settings: dict[str, Any], inputs: Make) -> tuple[nn.Module, Inputs]:
    """The model without a head, with random weights."""
    import transformers  # takes seconds to load

    configuration = transformers.AutoConfig.for_model(model_type, **settings)
    model = transformers.AutoModel.from_config(configuration)
    return model, ((), inputs())


TRANSFORMERS = tuple(
    Architecture(
        "transformers",
        name,
        partial(make_model, name, *recipe),
        name in QUICK,
        CUT.get(name, {}),
        SETTLES.get(name),
    )
    for name, recipe in RECIPES.items()
)
