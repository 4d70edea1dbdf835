"""Rollouts: each clip passes the vision tower and the prefill once, and its G completions are decoded together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from transformers import DynamicCache, StaticCache
from trl.trainer.utils import pad

from .clips import Clip
from .compat import cache_argument
from .guards import GuardError
from .packing import use_attention
from .processor import ServedProcessor
from .sampling import Sampling, seed_of, seeded
from .vision import backbone, stack_vision
from .weights import whole_weights

#: Static caches have room for a multiple of this many tokens, so that a recorded graph serves several steps.
_ROOM = 256


@dataclass(frozen=True)
class Rolled:
    """Completions in the order of the rows, with the log-probability of each token as sampled."""

    completions: list[list[int]]
    log_probs: list[list[float]]


def groups_of(clips: Sequence[Clip]) -> tuple[list[Clip], int]:
    """Clips of adjacent rows as (distinct clips, G); G is 1 and the clips are all where groups differ in size."""
    runs = [(next(rows), 1 + sum(1 for _ in rows)) for _, rows in groupby(clips, key=lambda clip: clip.key)]
    sizes = {size for _, size in runs}
    return ([clip for clip, _ in runs], sizes.pop()) if len(sizes) == 1 else (list(clips), 1)


def all_done(done: Tensor, together: bool) -> bool:
    """Whether every completion has ended; over all ranks where their forward passes must keep step."""
    flag = done.all()
    if together and dist.is_initialized() and dist.get_world_size() > 1:
        flag = flag.to(torch.int32)
        dist.all_reduce(flag, op=dist.ReduceOp.MIN)
    return bool(flag)


class Decoder:
    """Decodes G completions of each clip as one sequence over one copy of the prompt's keys and values.

    `graph` records a decoding step as a CUDA graph and replays it, also in later calls: weights may change between
    calls, not move. With `sharded` weights, which do move, it is recorded anew each time, and all ranks keep step.
    """

    def __init__(self, sampling: Sampling, video_token: int, graph: bool, sharded: bool = False) -> None:
        self.sampling, self.video_token, self.graph, self.sharded = sampling, video_token, graph, sharded
        self._recorded: tuple[tuple[Any, ...], _Recorded] | None = None

    @torch.no_grad()
    def __call__(self, model: nn.Module, clips: Sequence[Clip], group: int, device: torch.device) -> Rolled:
        """Completions of `group` rows for each clip, in order."""
        body = backbone(model)
        use_attention(body)
        ids = pad(
            [torch.tensor(clip.input_ids) for clip in clips], padding_value=self.sampling.pad, padding_side="left"
        ).to(device)
        mask = pad(
            [torch.ones(len(clip.input_ids), dtype=torch.long) for clip in clips], padding_value=0, padding_side="left"
        ).to(device)
        was_training = model.training
        model.eval()
        try:
            return self._decode(model, body, clips, group, ids, mask)
        finally:
            model.train(was_training)
            if self.sharded:
                self.release()

    def _decode(
        self, model: nn.Module, body: nn.Module, clips: Sequence[Clip], group: int, ids: Tensor, mask: Tensor
    ) -> Rolled:
        sampling, device = self.sampling, ids.device
        count, prompt = ids.shape
        cache = DynamicCache(config=body.language_model.config)
        argument = cache_argument(body)
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            mm_token_type_ids=(ids == self.video_token).int() * 2,
            use_cache=True,
            logits_to_keep=1,
            **{argument: cache},
            **stack_vision(clips, device),
        ).logits
        if int(cache.get_seq_length()) != prompt:
            raise GuardError("the prompt was not kept in the cache: is gradient checkpointing on while sampling?")
        recorded = self._record_for(model, body, cache, (count, group, prompt), device) if self.graph else None
        after = torch.tensor([clip.positions(body, self.video_token)[1] for clip in clips], device=device)
        after = after[None, :, None].expand(3, count, group).contiguous()
        own = torch.eye(group, dtype=torch.bool, device=device).expand(count, 1, group, group)
        seen = mask.bool()[:, None, None].expand(count, 1, group, -1)
        if recorded is not None:
            recorded.seen.zero_()
            recorded.seen[..., :prompt] = seen

        token, log_prob = sampling.draw(logits.expand(count, group, -1).flatten(0, 1))
        tokens, log_probs = [token], [log_prob]
        ends = torch.tensor(sampling.ends, device=device)
        done = torch.isin(token, ends)
        for step in range(sampling.max_tokens - 1):
            if step % 8 == 0 and all_done(done, self.sharded):
                break
            if recorded is not None:
                at = prompt + step * group
                recorded.seen[..., at : at + group] = own
                logits = recorded.step(token.view(count, group), after + step)
            else:
                seen = torch.cat([seen, own], -1)
                logits = model(
                    input_ids=token.view(count, group),
                    position_ids=after + step,
                    attention_mask=seen,
                    use_cache=True,
                    **{argument: cache},
                ).logits
            token, log_prob = sampling.draw(logits.flatten(0, 1))
            token = torch.where(done, sampling.pad, token)
            tokens.append(token)
            log_probs.append(log_prob)
            done = done | torch.isin(token, ends)
        completions = [sampling.cut(row) for row in torch.stack(tokens, 1).tolist()]
        said = torch.stack(log_probs, 1).tolist()
        return Rolled(completions, [row[: len(c)] for row, c in zip(said, completions, strict=True)])

    def _record_for(
        self, model: nn.Module, body: nn.Module, filled: DynamicCache, shape: tuple[int, int, int], device: torch.device
    ) -> _Recorded:
        """The recorded step of this shape, its static cache filled with the prompt's keys and values."""
        count, group, prompt = shape
        room = -(-(prompt + group * self.sampling.max_tokens) // _ROOM) * _ROOM
        kind = (count, group, room, id(body))
        if self._recorded is None or self._recorded[0] != kind:
            self._recorded = None
            self._recorded = (kind, _Recorded(model, body, count, group, room, device))
        recorded = self._recorded[1]
        recorded.cache.reset()
        for number, layer in enumerate(filled.layers):
            recorded.cache.update(layer.keys, layer.values, number)
            # Two copies of a long prompt would be the peak of memory.
            layer.keys = layer.values = None
        return recorded

    def release(self) -> None:
        """Frees the recorded graph and its cache."""
        self._recorded = None


class _Recorded:
    """One decoding step of fixed shape with a static cache. On CUDA it runs once as it is, is recorded, then replayed."""

    def __init__(
        self, model: nn.Module, body: nn.Module, count: int, group: int, room: int, device: torch.device
    ) -> None:
        self.cache = StaticCache(config=body.language_model.config, max_cache_len=room)
        self.seen = torch.zeros(count, 1, group, room, dtype=torch.bool, device=device)
        self._feed = torch.zeros(count, group, dtype=torch.long, device=device)
        self._at = torch.zeros(3, count, group, dtype=torch.long, device=device)
        self._model, self._argument = model, cache_argument(body)
        self._warm = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._logits: Tensor | None = None

    def _once(self) -> Tensor:
        return self._model(
            input_ids=self._feed,
            position_ids=self._at,
            attention_mask=self.seen,
            use_cache=True,
            **{self._argument: self.cache},
        ).logits

    def step(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Logits [N, G, V] after feeding tokens [N, G] at positions [3, N, G]."""
        self._feed.copy_(tokens)
        self._at.copy_(positions)
        if self._graph is None:
            if self._warm < 1 or not tokens.is_cuda:
                self._warm += 1
                return self._once()
            torch.cuda.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            # Recording runs nothing, so the cache stays as it is.
            with torch.cuda.graph(self._graph):
                self._logits = self._once()
        self._graph.replay()
        assert self._logits is not None
        return self._logits


class Rollout:
    """`rollout_func` of the trainer. `heard` is told what was sampled, for the check against the loss."""

    def __init__(
        self,
        processor: ServedProcessor,
        decoder: Decoder,
        seed: int,
        heard: Callable[[Sequence[Clip], Rolled], None] | None = None,
    ) -> None:
        self.processor, self.decoder, self.seed, self.heard = processor, decoder, seed, heard

    def __call__(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        clips = self.processor.resolve(prompts)
        distinct, group = groups_of(clips)
        accelerator = trainer.accelerator
        # Not the ids of the clips: a clip that is still known from an earlier step has the id of then.
        ids = list(dict.fromkeys(self.processor.ids(prompts)))
        seed = seed_of(self.seed, self.processor.step(), accelerator.process_index, ids)
        with (
            whole_weights(trainer) as model,
            seeded(seed, accelerator.device),
        ):
            rolled = self.decoder(model, distinct, group, accelerator.device)
        if self.heard is not None:
            self.heard(clips, rolled)
        return {
            "prompt_ids": [list(clip.input_ids) for clip in clips],
            "completion_ids": rolled.completions,
            "logprobs": None,
        }
