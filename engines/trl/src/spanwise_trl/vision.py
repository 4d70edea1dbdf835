"""Gives rows of a batch their video: hooks on the backbone, below the language-model head, PEFT, DDP and FSDP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .clips import Clip, Encoder
from .guards import GuardError


def backbone(model: nn.Module) -> nn.Module:
    """The module that takes pixels and token ids and gives hidden states, under whatever wraps it."""
    found = [m for m in model.modules() if hasattr(m, "visual") and hasattr(m, "language_model") and hasattr(m, "get_rope_index")]
    if len(found) != 1:
        raise GuardError(f"expected one vision-language backbone, found {[type(m).__name__ for m in found]}")
    return found[0]


def check_row(clip: Clip, ids: Sequence[int]) -> None:
    """A row begins with its clip's own prompt, and holds no vision token that was sampled."""
    if list(ids[: len(clip.input_ids)]) != clip.input_ids:
        raise GuardError(f"the row of {clip.id} does not begin with its own prompt")


def check_pads(clips: Sequence[Clip], pads: Sequence[int], merge: int) -> None:
    """As many video tokens in each row as the grids of its clip have merged patches."""
    want = [int(clip.vision["video_grid_thw"].prod(-1).sum()) // merge for clip in clips]
    if list(pads) != want:
        raise GuardError(
            f"rows with {list(pads)} video tokens do not fit their clips' grids, which give {want}: "
            "a vision token was sampled, a prompt was cut, or rows are out of order"
        )


def stack_vision(clips: Sequence[Clip], device: torch.device) -> dict[str, Tensor]:
    """The vision inputs of several clips, one after the other."""
    names = clips[0].vision
    return {name: torch.cat([clip.vision[name] for clip in clips]).to(device, non_blocking=True) for name in names}


def clip_keys(kwargs: dict[str, Any]) -> Tensor | None:
    """Keys of clips, which travel through the trainer as `pixel_values` of integers."""
    keys = kwargs.get("pixel_values")
    return keys if keys is not None and not keys.is_floating_point() else None


def refuse_blind(kwargs: dict[str, Any], video_token: int) -> None:
    """A forward pass with video tokens must have a video."""
    ids = kwargs.get("input_ids")
    if ids is None or kwargs.get("pixel_values_videos") is not None or kwargs.get("mm_encoder_outputs"):
        return
    if ids.is_cuda and torch.cuda.is_current_stream_capturing():
        return  # single tokens of the decoding loop; a comparison would end the recording
    if bool((ids == video_token).any()):
        raise GuardError("a forward pass with video tokens and without video")


def give_video(model: nn.Module, encoder: Encoder) -> RemovableHandle:
    """Every row gets its own copy of its clip's pixels: what TRL does with images. The plain way, used where packing is off."""
    body = backbone(model)
    merge = body.visual.spatial_merge_size**2

    def before(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        keys = clip_keys(kwargs)
        if keys is None:
            refuse_blind(kwargs, encoder.video_token)
            return args, kwargs
        ids, mask = kwargs["input_ids"], kwargs["attention_mask"]
        clips = [encoder.by_key(key) for key in keys.tolist()]
        for clip, row, seen in zip(clips, ids.cpu(), mask.cpu().bool(), strict=True):
            check_row(clip, row[seen].tolist())
        check_pads(clips, ((ids == encoder.video_token) & mask.bool()).sum(1).tolist(), merge)
        return args, {
            **kwargs,
            "pixel_values": None,
            "mm_token_type_ids": (ids == encoder.video_token).int() * 2,
            **stack_vision(clips, ids.device),
        }

    return body.register_forward_pre_hook(before, with_kwargs=True)
