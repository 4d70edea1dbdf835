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
    """A reply: its row and clip, and the columns of what it follows and of itself."""

    row: int
    clip: Clip
    head: Tensor
    tail: Tensor


class _Layout(NamedTuple):
    """The clip and the length of each sequence, and of each reply its sequence and its place in it."""

    clips: list[Clip]
    lengths: list[int]
    places: list[tuple[int, int]]

    @property
    def tokens(self) -> int:
        """Computed ones: all sequences are padded to one length."""
        return len(self.clips) * max(self.lengths)


def _lay(spans: Sequence[_Span], most: int | None) -> _Layout:
    """Replies after their clips: all that a clip has in one sequence, or so many that it has at most `most` tokens."""
    layout = _Layout([], [], [])
    last: dict[int, int] = {}
    for _, clip, _, tail in spans:
        n = last.get(clip.key)
        if n is None or (most is not None and layout.lengths[n] + len(tail) > most):
            n = last[clip.key] = len(layout.clips)
            layout.clips.append(clip)
            layout.lengths.append(len(clip.input_ids))
        layout.places.append((n, layout.lengths[n]))
        layout.lengths[n] += len(tail)
    return layout


def pack(
    body: nn.Module,
    rows: Sequence[Rounds],
    input_ids: Tensor,
    attention_mask: Tensor,
    video_token: int,
    attention: str = "split",
) -> Packed:
    """Rows [B, L] as sequences [N, S], one for each distinct clip: its prompt, then each row's completion. A clip has
    several sequences where that takes fewer tokens than padding all the others to its length: rounds of conversations have
    one reply each, the prompt of a group has them all.

    A row of several rounds holds the first one's prompt and all replies; each reply follows its own round's prompt here.
    The place before a later reply stands for that prompt's end, whose hidden state the reply's first token is read from.

    A completion sees the prompt and itself only, and its positions continue from the prompt's, so hidden states are those
    of the rows one by one. With `attention="split"` the mask covers only the rows after the shortest prompt.
    """
    device = input_ids.device
    ids, seen = input_ids.cpu(), attention_mask.cpu().bool()
    clips = [rounds[0][0] for rounds in rows]
    spans: list[_Span] = []
    for row, rounds in enumerate(rows):
        columns = seen[row].nonzero()[:, 0]
        check_row(clips[row], ids[row, columns].tolist())
        prompt = len(clips[row].input_ids)
        before, left = columns[:prompt], columns[prompt:]
        for turn, (clip, size) in enumerate(rounds):
            tail = left if size is None else left[:size]
            # A completion that is left out of the loss has no columns.
            spans.append(_Span(row, clip, before if turn == 0 else before[-1:], tail))
            before, left = tail, left[len(tail) :]
        if len(left) > 0:
            raise GuardError(f"the row of {clips[row].id} is longer than its rounds")
    check_pads(clips, ((ids == video_token) & seen).sum(1).tolist(), body.visual.spatial_merge_size**2)

    longest = max(len(span.clip.input_ids) + len(span.tail) for span in spans)
    shown, lengths, places = min(_lay(spans, None), _lay(spans, longest), key=lambda layout: layout.tokens)
    count, length = len(shown), -(-max(lengths) // _MULTIPLE) * _MULTIPLE
    tokens = torch.zeros(count, length, dtype=torch.long)
    positions = torch.zeros(3, count, length, dtype=torch.long)
    group = torch.full((count, length), -1)
    where = torch.zeros(ids.shape, dtype=torch.long)
    for n, clip in enumerate(shown):
        prompt = len(clip.input_ids)
        tokens[n, :prompt] = torch.tensor(clip.input_ids)
        positions[:, n, :prompt] = clip.positions(body, video_token)[0]
        group[n, :prompt] = 0
    for number, ((row, clip, head, tail), (n, start)) in enumerate(zip(spans, places, strict=True)):
        steps = torch.arange(len(tail))
        prompt = len(clip.input_ids)
        where[row, head] = n * length + torch.arange(prompt - len(head), prompt)
        where[row, tail] = n * length + start + steps
        tokens[n, start : start + len(tail)] = ids[row, tail]
        group[n, start : start + len(tail)] = number + 1
        positions[:, n, start : start + len(tail)] = clip.positions(body, video_token)[1] + steps

    first = min(len(clip.input_ids) for clip in shown) if attention == "split" else 0
    group = group.to(device)
    query, key = torch.arange(first, length, device=device)[:, None], torch.arange(length, device=device)[None]
    mine = (group[:, None, :] == 0) | (group[:, None, :] == group[:, first:, None])
    arguments = {
        "input_ids": tokens.to(device),
        "position_ids": positions.to(device),
        "attention_mask": ((key <= query) & mine)[:, None],
        **stack_vision(shown, device),
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
