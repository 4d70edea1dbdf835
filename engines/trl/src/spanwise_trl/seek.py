"""Conversations in which the model asks for frames: several rounds of prompt and reply, one row of the trainer.

A row is the first round's prompt and the replies of all rounds, one after the other. `packing` gives each reply the
hidden states that follow its own round's prompt, so the loss is over all rounds and the trainer sees one completion.

The prompt of a round is served: its own question and frames, or the whole conversation before it. Earlier replies are text
there, which the chat template may shorten and the tokenizer may cut in other places than the sampler did. What is trained
are the tokens that were sampled, after the prompt that they were sampled from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .clips import Clip
from .processor import ServedProcessor
from .rollout import Decoder, Rolled
from .sampling import seed_of, seeded
from .weights import whole_weights


@dataclass(eq=False)
class Conversation:
    """A row's rounds: `turns` are the clip that a round shows and the number of tokens of its reply."""

    key: int
    id: str
    generation: int
    turns: list[tuple[Clip, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tokens: list[list[int]] = field(default_factory=list)
    log_probs: list[list[float]] = field(default_factory=list)

    @property
    def input_ids(self) -> list[int]:
        """The prompt of the row."""
        return self.turns[0][0].input_ids


class SeekRollout:
    """`rollout_func` of the trainer: rounds are sampled until each conversation has ended."""

    def __init__(
        self,
        processor: ServedProcessor,
        decoder: Decoder,
        seed: int,
        rounds: int,
        heard: Callable[[Sequence[Any], Rolled], None],
    ) -> None:
        self.processor, self.decoder, self.seed, self.rounds, self.heard = processor, decoder, seed, rounds, heard
        self._made = 0

    def __call__(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        processor, accelerator = self.processor, trainer.accelerator
        step = processor.step()
        firsts = processor.resolve(prompts)
        rows: list[Conversation] = []
        turns: dict[str, int] = {}
        for id_ in processor.ids(prompts):
            generation = turns[id_] = turns.get(id_, -1) + 1
            # Clips have keys above 0.
            self._made += 1
            rows.append(Conversation(-self._made, id_, generation))
        waiting = list(zip(rows, firsts, strict=True))
        with whole_weights(trainer) as model:
            for round_ in range(self.rounds):
                for together in _equal_numbers(waiting):
                    members = [row for group in together.values() for row, _ in group]
                    clips = [group[0][1] for group in together.values()]
                    seed = seed_of(self.seed, step, accelerator.process_index, [f"{r.id}/{r.generation}/{round_}" for r in members])
                    with seeded(seed, accelerator.device):
                        rolled = self.decoder(model, clips, len(members) // len(clips), accelerator.device)
                    self._take([pair for group in together.values() for pair in group], rolled)
                waiting = self._next(step, [row for row, _ in waiting]) if round_ + 1 < self.rounds else []
                if not waiting:
                    break
        processor.keep(rows)
        self.heard(rows, Rolled([sum(row.tokens, []) for row in rows], [sum(row.log_probs, []) for row in rows]))
        return {
            "prompt_ids": [list(row.input_ids) for row in rows],
            "completion_ids": [sum(row.tokens, []) for row in rows],
            "logprobs": None,
        }

    def _take(self, asked: Sequence[tuple[Conversation, Clip]], rolled: Rolled) -> None:
        decode = self.processor.tokenizer.decode
        for (row, clip), tokens, said in zip(asked, rolled.completions, rolled.log_probs, strict=True):
            row.turns.append((clip, len(tokens)))
            row.texts.append(decode(tokens, skip_special_tokens=True))
            row.tokens.append(tokens)
            row.log_probs.append(said)

    def _next(self, step: int, rows: Sequence[Conversation]) -> list[tuple[Conversation, Clip]]:
        """The conversations that go on, with what their next round shows."""
        clock = self.processor.service.clock
        with clock.phase("prepare"):
            prompts = self.processor.service.turns(step, [(row.id, row.generation, row.texts) for row in rows])
            return [
                (row, self.processor.encoder(step, prompt))
                for row, prompt in zip(rows, prompts, strict=True)
                if prompt is not None
            ]


def _equal_numbers(
    waiting: Sequence[tuple[Conversation, Clip]],
) -> list[dict[int, list[tuple[Conversation, Clip]]]]:
    """Rows by the clip they look at, and these by how many rows look at them: what one call can decode together."""
    by_clip: dict[int, list[tuple[Conversation, Clip]]] = {}
    for row, clip in waiting:
        by_clip.setdefault(clip.key, []).append((row, clip))
    sizes = sorted({len(group) for group in by_clip.values()})
    return [{key: group for key, group in by_clip.items() if len(group) == size} for size in sizes]
