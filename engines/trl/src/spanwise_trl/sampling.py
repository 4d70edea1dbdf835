"""How tokens are drawn, and seeds that are pure functions of what is sampled."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers.generation.logits_process import TopKLogitsWarper, TopPLogitsWarper


@dataclass(frozen=True)
class Sampling:
    """Ancestral sampling. `banned` are tokens that are never drawn: those of the vision input."""

    temperature: float
    top_p: float
    top_k: int
    max_tokens: int
    ends: tuple[int, ...]
    pad: int
    banned: tuple[int, ...]
    _bars: dict[tuple[torch.device, int], Tensor] = field(default_factory=dict, repr=False, compare=False)

    def draw(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [R] drawn from logits [R, V], and their log-probabilities under the temperature alone, as the loss counts."""
        scaled = logits.float() / self.temperature
        scores = scaled.masked_fill(self._barred(logits), -torch.inf)
        if self.top_k > 0:
            scores = TopKLogitsWarper(self.top_k)(None, scores)
        if self.top_p < 1:
            scores = TopPLogitsWarper(self.top_p)(None, scores)
        drawn = torch.multinomial(scores.softmax(-1), 1)[:, 0]
        return drawn, scaled.log_softmax(-1).gather(1, drawn[:, None])[:, 0]

    def _barred(self, logits: Tensor) -> Tensor:
        """Bool [V]; made once, because indices from the host would hold up the device at every token."""
        key = (logits.device, logits.shape[-1])
        if key not in self._bars:
            bar = torch.zeros(key[1], dtype=torch.bool)
            bar[list(self.banned)] = True
            self._bars[key] = bar.to(key[0])
        return self._bars[key]

    def cut(self, tokens: Sequence[int]) -> list[int]:
        """A completion up to its first end token, that included."""
        for place, token in enumerate(tokens):
            if token in self.ends:
                return list(tokens[: place + 1])
        return list(tokens)


def seed_of(seed: int, step: int, rank: int, ids: Sequence[str]) -> int:
    """Seed of the rollouts of some prompts at a step. Ranks differ: with one seed all would sample the same texts."""
    text = "/".join([str(seed), str(step), str(rank), *ids])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


@contextlib.contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draws follow from `seed` within, and go on as before afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
