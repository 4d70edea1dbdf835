"""Conversations in which the model asks for frames: sampled round by round, trained as one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from stand_in import SETTINGS, StandIn
from torch import Tensor

from spanwise_trl import packing, sft
from spanwise_trl.grpo import build
from spanwise_trl.guards import GuardError
from spanwise_trl.vision import stack_vision

Serve = Callable[..., StandIn]


#: Qwen3-VL is shown the frames of a round as one video, the others a video for each frame.
KINDS = ["qwen3", "qwen25", "qwen2"]


def seeking(serve: Serve, model: str, **options: Any) -> StandIn:
    sampling = {**SETTINGS["sampling"], "maxTokens": 6}
    settings = {"seek": {"rounds": 3}, "sampling": sampling, "maxGradNorm": 1e9}
    return serve(model, settings=settings, single=model != "qwen3", **options)


@pytest.mark.parametrize("kind", KINDS)
def test_each_reply_follows_its_own_round_and_all_are_trained(kind: str, serve: Serve) -> None:
    service = seeking(serve, kind, steps=2)
    training = build(service, on_cpu=True)
    kept: dict[str, Any] = {}
    keep = training.processor.keep

    def listen(rows: Any) -> None:
        kept.setdefault("rows", list(rows))
        keep(rows)

    training.processor.keep = listen  # type: ignore[method-assign]
    model = training.trainer.model
    before = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    training.trainer.train()
    rows = kept["rows"]
    assert [len(row.turns) for row in rows] == [1, 2, 1, 2, 1, 2, 1, 2]
    figures = service.figures
    # What the sampler saw in each round is what the loss sees, for every token of every round.
    assert figures["sampler_loss_max"] < 1e-4
    assert figures["sampler_loss_tokens"] == sum(len(tokens) for row in rows for tokens in row.tokens)
    # The same by plain forward passes of each round alone.
    model.load_state_dict(before)
    for row in rows[:2]:
        for (clip, size), tokens, said in zip(row.turns, row.tokens, row.log_probs, strict=True):
            ids = torch.tensor([[*clip.input_ids, *tokens]])
            with torch.no_grad():
                logits = model(
                    input_ids=ids,
                    mm_token_type_ids=(ids == training.encoder.video_token).int() * 2,
                    **stack_vision([clip], torch.device("cpu")),
                ).logits[0]
            expected = logits.log_softmax(-1)[-size - 1 : -1].gather(1, ids[0, -size:, None])[:, 0]
            torch.testing.assert_close(torch.tensor(said), expected, rtol=1e-3, atol=1e-4)
    # The last reply is rewarded; the replies so far are what the service decides the next round by.
    posted = {(item["id"], item["generation"]): item["text"] for item in service.rewarded[0]["items"]}
    assert posted == {(row.id, row.generation): row.texts[-1] for row in rows}
    told = {(item["id"], item["generation"]): item["replies"] for item in service.rewarded[0]["items"]}
    for row in rows:
        sizes = [len(tokens) for tokens in row.tokens]
        expected = [{"text": text, "tokens": size} for text, size in zip(row.texts, sizes, strict=True)]
        assert told[row.id, row.generation] == expected
    assert service.turned[0]["items"][0]["replies"] == rows[0].texts[:1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_reply_that_follows_another_rounds_prompt_is_noticed(kind: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = packing.pack

    def swapped(body: Any, rows: Any, *more: Any) -> Any:
        first: Tensor | Any = rows[0][0][0]
        return right(body, [[rounds[0], *((first, size) for _, size in rounds[1:])] for rounds in rows], *more)

    monkeypatch.setattr(packing, "pack", swapped)
    with pytest.raises(GuardError, match="sampler and loss disagree"):
        build(seeking(serve, kind, steps=1), on_cpu=True).trainer.train()


@pytest.mark.parametrize("kind", KINDS)
def test_supervised_fine_tuning_learns_the_reply_to_each_round(kind: str, serve: Serve) -> None:
    service = seeking(serve, kind, steps=2, kind="sft")
    training = sft.build(service, on_cpu=True)
    tokenizer, model = training.processor.tokenizer, training.trainer.model
    batch = training.trainer.data_collator([{"step": 0, "id": "draw/0"}, {"step": 0, "id": "draw/1"}])
    # The second conversation goes on after its first reply.
    taught = [service.item(0, id_)["answer"] for id_ in ("draw/0", "draw/1", "draw/8")]
    assert [(turn["id"], turn["replies"]) for turn in service.turned[0]["items"]] == [("draw/0", taught[:1]), ("draw/1", taught[1:2])]
    total = torch.zeros(())
    for row, (labels, answer, place) in enumerate(zip(batch["labels"], taught, ("draw/0", "draw/1", "draw/8"), strict=True)):
        learnt = labels[labels != -100]
        assert tokenizer.decode(learnt[:-1]) == answer and int(learnt[-1]) == tokenizer.eos_token_id
        # The same row alone.
        ((_, clip),) = training.processor.served(0, [place])
        ids = torch.tensor([[*clip.input_ids, *learnt.tolist()]])
        assert batch["input_ids"][row, : ids.shape[1]].tolist() == ids[0].tolist()
        with torch.no_grad():
            logits = model(
                input_ids=ids,
                mm_token_type_ids=(ids == training.encoder.video_token).int() * 2,
                **stack_vision([clip], torch.device("cpu")),
            ).logits[0]
        total -= logits[len(clip.input_ids) - 1 : -1].log_softmax(-1).gather(1, learnt[:, None]).sum()
    training.trainer.train()
    losses = [entry["loss"] for entry in training.trainer.state.log_history if "loss" in entry]
    assert losses[0] == pytest.approx(float(total) / int((batch["labels"] != -100).sum()), rel=1e-4)
    assert service.figures["vision_gradient"] > 0
