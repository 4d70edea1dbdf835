"""Packed groups: the rows of a micro-batch that share a clip pass the backbone as one sequence, with the prompt once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from .attention import FRAMES, GROUPED
from .clips import Clip, Encoder
from .guards import GuardError
from .norms import fuse_norms
from .vision import backbone, check_pads, check_row, clip_keys, refuse_blind, stack_vision

#: Fused kernels want mask rows of a multiple of this many columns.
_MULTIPLE = 16


@dataclass(frozen=True)
class Packed:
    """`arguments` of the backbone for one sequence a clip, and `where` [B, L]: the flat place of every row's token."""

    arguments: dict[str, Tensor]
    where: Tensor


#: Clips that a row shows, with the number of tokens of the reply to each; None for all that there are.
Rounds = Sequence[tuple[Clip, int | None]]


class _Span(NamedTuple):
    """A reply: its row and clip, sequence and place in it, and the columns of what it follows and of itself."""

    row: int
    clip: Clip
    sequence: int
    start: int
    head: Tensor
    tail: Tensor


def pack(
    body: nn.Module,
    rows: Sequence[Rounds],
    input_ids: Tensor,
    attention_mask: Tensor,
    video_token: int,
    attention: str = "split",
) -> Packed:
    """Rows [B, L] as sequences [N, S], one for each distinct clip: its prompt, then each row's completion.

    A row of several rounds holds the first one's prompt and all replies; each reply follows its own round's prompt here.
    The place before a later reply stands for that prompt's end, whose hidden state the reply's first token is read from.

    A completion sees the prompt and itself only, and its positions continue from the prompt's, so hidden states are those
    of the rows one by one. With `attention="split"` the mask covers only the rows after the shortest prompt.
    """
    device = input_ids.device
    ids, seen = input_ids.cpu(), attention_mask.cpu().bool()
    clips = [rounds[0][0] for rounds in rows]
    unique = list({clip.key: clip for rounds in rows for clip, _ in rounds}.values())
    number = {clip.key: n for n, clip in enumerate(unique)}
    fill = [len(clip.input_ids) for clip in unique]
    spans: list[_Span] = []
    for row, rounds in enumerate(rows):
        columns = seen[row].nonzero()[:, 0]
        check_row(clips[row], ids[row, columns].tolist())
        prompt = len(clips[row].input_ids)
        before, left = columns[:prompt], columns[prompt:]
        for turn, (clip, size) in enumerate(rounds):
            n = number[clip.key]
            tail = left if size is None else left[:size]
            # A completion that is left out of the loss has no columns.
            spans.append(_Span(row, clip, n, fill[n], before if turn == 0 else before[-1:], tail))
            fill[n] += len(tail)
            before, left = tail, left[len(tail) :]
        if len(left) > 0:
            raise GuardError(f"the row of {clips[row].id} is longer than its rounds")
    check_pads(clips, ((ids == video_token) & seen).sum(1).tolist(), body.visual.spatial_merge_size**2)

    count, length = len(unique), -(-max(fill) // _MULTIPLE) * _MULTIPLE
    tokens = torch.zeros(count, length, dtype=torch.long)
    positions = torch.zeros(3, count, length, dtype=torch.long)
    group = torch.full((count, length), -1)
    where = torch.zeros(ids.shape, dtype=torch.long)
    for n, clip in enumerate(unique):
        prompt = len(clip.input_ids)
        tokens[n, :prompt] = torch.tensor(clip.input_ids)
        positions[:, n, :prompt] = clip.positions(body, video_token)[0]
        group[n, :prompt] = 0
    for number_, (row, clip, n, start, head, tail) in enumerate(spans):
        steps = torch.arange(len(tail))
        prompt = len(clip.input_ids)
        where[row, head] = n * length + torch.arange(prompt - len(head), prompt)
        where[row, tail] = n * length + start + steps
        tokens[n, start : start + len(tail)] = ids[row, tail]
        group[n, start : start + len(tail)] = number_ + 1
        positions[:, n, start : start + len(tail)] = clip.positions(body, video_token)[1] + steps

    first = min(len(clip.input_ids) for clip in unique) if attention == "split" else 0
    group = group.to(device)
    query, key = torch.arange(first, length, device=device)[:, None], torch.arange(length, device=device)[None]
    mine = (group[:, None, :] == 0) | (group[:, None, :] == group[:, first:, None])
    arguments = {
        "input_ids": tokens.to(device),
        "position_ids": positions.to(device),
        "attention_mask": ((key <= query) & mine)[:, None],
        **stack_vision(unique, device),
    }
    # Positions are given, so the model needs no interval to make them from.
    arguments.pop("second_per_grid_ts", None)
    return Packed(arguments, where.to(device))


def use_attention(body: nn.Module) -> None:
    """Sets the attention of groups and frames. It must stay: gradient checkpointing looks it up again in the backward pass."""
    wanted = {"text_config": GROUPED, "vision_config": FRAMES}
    if body.language_model.config._attn_implementation != GROUPED:
        body.set_attn_implementation(wanted)


class GroupHooks:
    """Hooks that pack every forward pass whose rows are named by clip keys, and give its answer in rows again."""

    def __init__(self, model: nn.Module, encoder: Encoder, attention: str = "split") -> None:
        self.body, self.encoder, self.attention = backbone(model), encoder, attention
        use_attention(self.body)
        fuse_norms(self.body)
        self._where: Tensor | None = None
        self._handles = [
            self.body.register_forward_pre_hook(self._before, with_kwargs=True),
            self.body.register_forward_hook(self._after),
        ]

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _before(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        self._where = None
        keys = clip_keys(kwargs)
        if keys is None:
            refuse_blind(kwargs, self.encoder.video_token)
            return args, kwargs
        rows = [self.encoder.rounds_of(key) for key in keys.tolist()]
        packed = pack(
            module, rows, kwargs["input_ids"], kwargs["attention_mask"], self.encoder.video_token, self.attention
        )
        self._where = packed.where
        rest = {name: value for name, value in kwargs.items() if name not in ("pixel_values", "mm_token_type_ids")}
        return args, {**rest, **packed.arguments}

    def _after(self, _module: nn.Module, _args: tuple[Any, ...], output: Any) -> Any:
        if self._where is not None:
            # Places of padding get some other token's state, which the loss masks.
            output.last_hidden_state = output.last_hidden_state.flatten(0, 1)[self._where]
            self._where = None
        return output
