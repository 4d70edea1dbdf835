"""What the speed of a step is measured on: a random Qwen3-VL of the 2 B size and the settings of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from stand_in import ENGINE, SETTINGS  # noqa: E402
from tiny import SPECIAL, TEMPLATE, tokenizer  # noqa: E402
from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor  # noqa: E402
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor  # noqa: E402


def write_processor(folder: Path) -> Qwen3VLConfig:
    """Writes configuration and processor of the model's layout; gives the configuration."""
    tok = tokenizer()
    ids = {name: tok.convert_tokens_to_ids(name) for name in SPECIAL}
    sizes = {"patch_size": 16, "merge_size": 2, "temporal_patch_size": 2}
    processor = Qwen3VLProcessor(
        Qwen2VLImageProcessor(min_pixels=1024, max_pixels=448 * 448 * 64, **sizes),
        tok,
        Qwen3VLVideoProcessor(size={"shortest_edge": 1024, "longest_edge": 448 * 448 * 512}, **sizes),
        chat_template=TEMPLATE,
    )
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28,
            "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
            "tie_word_embeddings": True, "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 5000000.0, "mrope_section": [24, 20, 20], "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
            "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [5, 11, 17],
        },
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    processor.save_pretrained(folder)
    config.save_pretrained(folder)
    return config


def random_model(config: Qwen3VLConfig, tok_end: int, device: str) -> Qwen3VLForConditionalGeneration:
    """The model with random bf16 weights, the same for one seed."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        model = Qwen3VLForConditionalGeneration._from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    torch.set_default_dtype(torch.float32)
    model.generation_config.eos_token_id = [tok_end]
    return model


def run_of(model: str, output: str, steps: int, prompts: int, group: int, new: int, engine: dict[str, Any]) -> dict[str, Any]:
    """What `GET /v1/run` gives."""
    sampling = {"temperature": 1.0, "topP": 1.0, "topK": 0, "maxTokens": new}
    settings = {**SETTINGS, "learningRate": 1e-6, "prompts": prompts, "group": group, "sampling": sampling}
    defaults = {**ENGINE, "precision": "bf16", "gradientCheckpointing": True, "deadline": 60.0, "tries": 3}
    return {
        "run": "bench", "kind": "curriculum", "steps": steps, "prompts": prompts, "group": group, "samples": 10**6, "weighted": False,
        "settings": settings, "sharedFrames": None,
        "engine": {**defaults, "model": model, "output": output, "checkpointEvery": 10**6, **engine},
    }  # fmt: skip
