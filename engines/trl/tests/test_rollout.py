"""Rollouts: what is sampled has the log-probabilities that the loss counts, by every way of decoding."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from stand_in import StandIn
from transformers import DynamicCache

from spanwise_trl.grpo import build
from spanwise_trl.guards import GuardError
from spanwise_trl.rollout import Decoder, Rolled, Rollout, groups_of
from spanwise_trl.sampling import Sampling, seed_of, seeded

CPU = torch.device("cpu")


def resolved(training: Any, count: int) -> list[Any]:
    """Clips of the first places, as rows of groups of four."""
    rows = [[{"role": "user", "content": [{"type": "image", "image": f"draw/{n // 4}"}]}] for n in range(4 * count)]
    return training.processor.resolve(rows)


def oracle(model: torch.nn.Module, clip: Any, completion: list[int], video_token: int) -> torch.Tensor:
    """Log-probabilities of a completion by one plain forward pass over the whole row."""
    ids = torch.tensor([[*clip.input_ids, *completion]])
    with torch.no_grad():
        logits = model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            mm_token_type_ids=(ids == video_token).int() * 2,
            **clip.vision,
        ).logits[0]
    start = len(clip.input_ids) - 1
    return logits[start : start + len(completion)].float().log_softmax(-1).gather(1, torch.tensor(completion)[:, None])[:, 0]


@pytest.mark.parametrize("kind", ["qwen3", "qwen25", "qwen2", "shapes"])
@pytest.mark.parametrize("static", [False, True])
def test_samples_have_the_log_probabilities_of_a_plain_forward_pass(
    kind: str, static: bool, serve: Callable[..., StandIn]
) -> None:
    training = build(serve(kind), on_cpu=True)
    clips = resolved(training, 2)
    distinct, group = groups_of(clips)
    assert (len(distinct), group) == (2, 4)
    assert len({len(clip.input_ids) for clip in distinct}) == 2
    decoder = training.rollout.decoder
    decoder.graph = static
    with seeded(7, CPU):
        rolled = decoder(training.trainer.model, distinct, group, CPU)
    assert len(rolled.completions) == 8
    for clip, tokens, said in zip(clips, rolled.completions, rolled.log_probs, strict=True):
        expected = oracle(training.trainer.model, clip, tokens, training.encoder.video_token)
        assert float((expected - torch.tensor(said)).abs().max()) < 1e-4
    with seeded(7, CPU):
        assert decoder(training.trainer.model, distinct, group, CPU).completions == rolled.completions
    with seeded(8, CPU):
        assert decoder(training.trainer.model, distinct, group, CPU).completions != rolled.completions


def sampling(**changes: Any) -> Sampling:
    settings: dict[str, Any] = {
        "temperature": 1.0, "top_p": 1.0, "top_k": 0, "max_tokens": 4, "ends": (2,), "pad": 0, "banned": (3,),
    }  # fmt: skip
    return Sampling(**{**settings, **changes})


def test_banned_tokens_are_never_drawn_and_limits_hold() -> None:
    logits = torch.zeros(2000, 8)
    logits[:, 3] = 9.0
    logits[:, 5] = 2.0
    drawn, log_probs = sampling().draw(logits)
    assert 3 not in drawn.tolist() and len(set(drawn.tolist())) == 7
    torch.testing.assert_close(log_probs, logits.log_softmax(-1).gather(1, drawn[:, None])[:, 0])
    assert set(sampling(top_k=1).draw(logits)[0].tolist()) == {5}
    assert set(sampling(top_p=0.2).draw(logits)[0].tolist()) == {5}
    warm = sampling(temperature=2.0).draw(logits)
    torch.testing.assert_close(warm[1], (logits / 2).log_softmax(-1).gather(1, warm[0][:, None])[:, 0])


def test_a_completion_ends_with_its_first_end_token() -> None:
    assert sampling().cut([4, 2, 0, 0]) == [4, 2]
    assert sampling().cut([4, 4, 4, 4]) == [4, 4, 4, 4]
    assert sampling().cut([2]) == [2]


def test_seeds_follow_from_step_rank_and_prompts() -> None:
    seeds = {seed_of(s, t, r, ids) for s in (0, 1) for t in (0, 1) for r in (0, 1) for ids in (["a"], ["b"], ["a", "b"])}
    assert len(seeds) == 24
    assert seed_of(0, 1, 0, ["a"]) == seed_of(0, 1, 0, ["a"])


def test_a_prompt_that_repeats_an_earlier_one_has_the_seed_of_its_own_id(monkeypatch: pytest.MonkeyPatch) -> None:
    # After a resume nothing is known of the earlier step, and the draws must be the same.
    clip = SimpleNamespace(key=1, id="draw/0", input_ids=[1])
    processor = SimpleNamespace(resolve=lambda rows: [clip] * len(rows), ids=lambda rows: rows, step=lambda: 5)
    trainer = SimpleNamespace(accelerator=SimpleNamespace(process_index=0, device=CPU))
    seeds: list[int] = []

    def decode(*_: Any) -> Rolled:
        seeds.append(torch.initial_seed())
        return Rolled([[2]] * 4, [[0.0]] * 4)

    monkeypatch.setattr("spanwise_trl.rollout.whole_weights", nullcontext)
    Rollout(processor, decode, 1)(["draw/3"] * 4, trainer)
    assert seeds == [seed_of(1, 5, 0, ["draw/3"])]


def test_draws_within_a_seed_leave_the_others_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = torch.rand(1)
    with seeded(9, CPU):
        torch.rand(5)
    torch.testing.assert_close(torch.cat([first, torch.rand(1)]), expected)


def test_groups_of_unequal_size_are_decoded_row_by_row(serve: Callable[..., StandIn]) -> None:
    training = build(serve(), on_cpu=True)
    clips = resolved(training, 2)
    assert groups_of(clips[1:]) == (clips[1:], 1)


def test_a_cache_that_does_not_keep_the_prompt_is_refused(
    serve: Callable[..., StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    training = build(serve(), on_cpu=True)
    clips, group = groups_of(resolved(training, 1))

    class Forgetful(DynamicCache):
        def update(self, keys: torch.Tensor, values: torch.Tensor, *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
            return keys, values

    monkeypatch.setattr("spanwise_trl.rollout.DynamicCache", Forgetful)
    with pytest.raises(GuardError, match="was not kept"):
        training.rollout.decoder(training.trainer.model, clips, group, CPU)


def test_decoding_stops_when_every_completion_has_ended(serve: Callable[..., StandIn]) -> None:
    training = build(serve(settings={"sampling": {"temperature": 1.0, "topP": 1.0, "topK": 0, "maxTokens": 64}}), on_cpu=True)
    clips, group = groups_of(resolved(training, 2))
    old = training.rollout.decoder.sampling
    vocabulary = training.trainer.model.config.text_config.vocab_size
    ends = tuple(token for token in range(vocabulary) if token not in old.banned)
    decoder = Decoder(replace(old, ends=ends), training.encoder.video_token, graph=False)
    calls = []
    training.trainer.model.register_forward_hook(lambda *_: calls.append(1))
    rolled = decoder(training.trainer.model, clips, group, CPU)
    assert [len(tokens) for tokens in rolled.completions] == [1] * 8
    assert len(calls) == 1
