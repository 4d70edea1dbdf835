"""Attention for groups that share a prompt, and for the frames of many videos at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

#: Name of `grouped_attention` in transformers' registry.
GROUPED = "spanwise_grouped"
#: Name of `frame_attention`; transformers hands the bounds of all frames to implementations with "flash" in their name.
FRAMES = "spanwise_flash_frames"

#: Most query rows of a key head for which scores are made explicitly when decoding.
_DECODING_ROWS = 256


def masked_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float | None, dropout: float
) -> Tensor:
    """Attention under a boolean mask [B, 1, Q, K], without copies of keys and values for the heads that share them.

    query [B, H, Q, D], key and value [B, K heads, S, D]; gives [B, Q, H, D]. The query heads of a key head are laid
    side by side as rows.
    """
    batch, heads, rows, width = query.shape
    kept = key.shape[1]
    shared = heads // kept
    folded = query.reshape(batch, kept, shared * rows, width)
    tall = mask.repeat(1, 1, shared, 1)
    if not torch.is_grad_enabled() and shared * rows <= _DECODING_ROWS:
        # A fused kernel walks the keys with one block a head, which leaves most of a GPU idle for few rows.
        scale = width**-0.5 if scaling is None else scaling
        scores = torch.matmul(folded * scale, key.transpose(2, 3))
        scores.masked_fill_(tall.logical_not_(), torch.finfo(query.dtype).min)
        # The softmax of half precision sums in single precision.
        out = torch.matmul(scores.softmax(-1), value)
    else:
        out = scaled_dot_product_attention(folded, key, value, attn_mask=tall, scale=scaling, dropout_p=dropout)
    return out.reshape(batch, heads, rows, width).transpose(1, 2)


def grouped_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Plain attention, but a mask with fewer rows than there are queries holds the last ones only.

    The queries before them see all keys up to themselves: they are prompt in every sequence, so they take the fused
    causal kernel.
    """
    plain = attention_mask is None or attention_mask.shape[2] == query.shape[2] == key.shape[2]
    if plain:
        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs)
    causal = query.shape[2] - attention_mask.shape[2]
    if causal == 0:
        return masked_attention(query, key, value, attention_mask, scaling, dropout), None
    head, _ = sdpa_attention_forward(
        module,
        query[:, :, :causal],
        key[:, :, :causal],
        value[:, :, :causal],
        None,
        dropout=dropout,
        scaling=scaling,
        **{**kwargs, "is_causal": True},
    )
    tail = masked_attention(query[:, :, causal:], key, value, attention_mask, scaling, dropout)
    return torch.cat([head, tail], 1), None


def frame_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    cu_seq_lens_q: Tensor | None = None,
    max_length_q: int | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention within each frame pair of the vision tower: pairs of one size in one call instead of one call each.

    query, key, value [1, H, patches, D]; `cu_seq_lens_q` [pairs + 1] bounds the pairs. Gives [1, patches, H, D].
    """
    assert cu_seq_lens_q is not None and max_length_q is not None
    pairs, total = cu_seq_lens_q.shape[0] - 1, query.shape[2]
    if pairs * int(max_length_q) == total:
        batched = [x[0].unflatten(1, (pairs, -1)).transpose(0, 1) for x in (query, key, value)]
        out = scaled_dot_product_attention(*batched, scale=scaling, dropout_p=dropout)
        return out.transpose(1, 2).reshape(1, total, query.shape[1], query.shape[3]), None
    sizes = (cu_seq_lens_q[1:] - cu_seq_lens_q[:-1]).tolist()
    parts = zip(*(torch.split(x, sizes, dim=2) for x in (query, key, value)), strict=True)
    outs = [scaled_dot_product_attention(q, k, v, scale=scaling, dropout_p=dropout) for q, k, v in parts]
    return torch.cat(outs, 2).transpose(1, 2), None


AttentionInterface.register(GROUPED, grouped_attention)
AttentionMaskInterface.register(GROUPED, sdpa_mask)
AttentionInterface.register(FRAMES, frame_attention)
