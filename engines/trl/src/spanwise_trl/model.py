"""Loads what is trained: the checkpoint, its processor, and which of its weights learn."""

from __future__ import annotations

import os
from typing import Any

import torch
from peft import LoraConfig
from torch import nn
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel

from .settings import Run
from .vision import backbone

_LANGUAGE = r"language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
_VISION = r"visual\..*\.(qkv|proj|linear_fc1|linear_fc2|gate_proj|up_proj|down_proj)"


def load_model(run: Run) -> PreTrainedModel:
    model = AutoModelForImageTextToText.from_pretrained(run.engine["model"], dtype=run.dtype)
    if run.engine["freezeVision"]:
        backbone(model).visual.requires_grad_(False)
    return model


def device_of(on_cpu: bool) -> torch.device:
    """The device of this process."""
    return torch.device("cpu") if on_cpu else torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def load_processor(run: Run) -> Any:
    return AutoProcessor.from_pretrained(run.engine["model"])


def lora_of(run: Run) -> LoraConfig | None:
    """LoRA on every linear layer of the decoder, and of the vision tower unless it is frozen."""
    rank = run.engine["loraRank"]
    if rank is None:
        return None
    layers = _LANGUAGE if run.engine["freezeVision"] else f"{_LANGUAGE}|{_VISION}"
    alpha = run.engine["loraAlpha"]
    return LoraConfig(r=rank, lora_alpha=2 * rank if alpha is None else alpha, target_modules=rf".*({layers})$", task_type="CAUSAL_LM")


def head_of(model: nn.Module) -> nn.Module:
    """The module with the language-model head, whose forward gives what the loss uses."""
    body = backbone(model)
    return next(m for m in model.modules() if hasattr(m, "lm_head") and any(child is body for child in m.children()))
