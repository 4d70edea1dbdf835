"""Tiny random checkpoints of three architectures, with their processors."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
)
from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip

TEMPLATE = """{% for m in messages %}<|im_start|>{{ m.role }}
{% for c in m.content %}{% if c.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

#: Pixels that the sides of frames are multiples of.
FACTOR = {"qwen3": 32, "qwen25": 28, "qwen2": 28}


def tokenizer() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    words = "When does the red circle move? <12.5 seconds> from 1.0 to 2.0 seconds <answer></answer> assistant user"
    made.train_from_iterator(
        [words] * 3,
        trainers.BpeTrainer(
            vocab_size=380, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
        ),
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL,
    )
    fast.image_token, fast.video_token = "<|image_pad|>", "<|video_pad|>"
    fast.vision_start_token, fast.vision_end_token = "<|vision_start|>", "<|vision_end|>"
    return fast


def save(kind: str, folder: Path) -> str:
    """Writes a checkpoint; gives its folder."""
    torch.manual_seed(3)
    tok = tokenizer()
    ids = {name: tok.convert_tokens_to_ids(name) for name in SPECIAL}
    width, patch = 64, FACTOR[kind] // 2
    sizes = {"patch_size": patch, "merge_size": 2, "temporal_patch_size": 2}
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}
    text = {
        "vocab_size": len(tok), "hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096,
        "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"],
        "tie_word_embeddings": False, "rope_parameters": rope,
    }  # fmt: skip
    top = {
        "image_token_id": ids["<|image_pad|>"], "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"], "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": False,
    }  # fmt: skip
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "patch_size": patch,
        "spatial_merge_size": 2, "temporal_patch_size": 2,
    }  # fmt: skip
    images = Qwen2VLImageProcessor(min_pixels=(2 * patch) ** 2, max_pixels=128 * 128 * 4, **sizes)
    size = {"shortest_edge": (2 * patch) ** 2, "longest_edge": 128 * 128 * 64}
    if kind == "qwen3":
        videos = Qwen3VLVideoProcessor(size=size, **sizes)
        processor = Qwen3VLProcessor(images, tok, videos, chat_template=TEMPLATE)
        config = Qwen3VLConfig(
            text_config={**text, "head_dim": 16, "rope_parameters": {**rope, "mrope_interleaved": True}},
            vision_config={
                **vision, "out_hidden_size": width, "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
            },  # fmt: skip
            **top,
        )
        model = Qwen3VLForConditionalGeneration(config)
    elif kind == "qwen25":
        videos = Qwen2VLVideoProcessor(size=size, **sizes)
        processor = Qwen2_5_VLProcessor(images, tok, videos, chat_template=TEMPLATE)
        config = Qwen2_5_VLConfig(
            text_config=text,
            vision_config={
                **vision, "out_hidden_size": width, "spatial_patch_size": patch, "window_size": 56,
                "fullatt_block_indexes": [1], "tokens_per_second": 2,
            },  # fmt: skip
            **top,
        )
        model = Qwen2_5_VLForConditionalGeneration(config)
    else:
        videos = Qwen2VLVideoProcessor(size=size, **sizes)
        processor = Qwen2VLProcessor(images, tok, videos, chat_template=TEMPLATE)
        config = Qwen2VLConfig(
            text_config=text,
            vision_config={
                "depth": 2, "embed_dim": 32, "hidden_size": width, "num_heads": 4, "mlp_ratio": 2, "patch_size": patch,
                "spatial_patch_size": patch, "spatial_merge_size": 2, "temporal_patch_size": 2,
            },  # fmt: skip
            **top,
        )
        model = Qwen2VLForConditionalGeneration(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.generation_config.eos_token_id = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    model.generation_config.pad_token_id = ids["<|endoftext|>"]
    out = folder / kind
    model.float().save_pretrained(out)
    processor.save_pretrained(out)
    return str(out)
