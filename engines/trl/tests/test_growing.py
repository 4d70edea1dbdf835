"""Growing conversations about frames: the prompt of a round is all that was shown and said before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from stand_in import SETTINGS, StandIn
from test_packing import Capture
from torch import Tensor

from spanwise_trl import packing
from spanwise_trl.clips import Clip
from spanwise_trl.grpo import build
from spanwise_trl.rollout import Rolled
from spanwise_trl.vision import stack_vision

Serve = Callable[..., StandIn]

#: Two conversations of one round and two of two rounds.
REPLIES = ["the red circle", "<12.5 seconds> when does it move", "<answer>1.0</answer>", "from 1.0 to 2.0 seconds"]
SAMPLING = {**SETTINGS["sampling"], "maxTokens": 256}

#: A template that keeps the end only of what was said before, as those of reasoning models do.
SHORTENING = """{% for m in messages %}<|im_start|>{{ m.role }}
{% for c in m.content %}{% if c.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% elif m.role == 'assistant' %}{{ c.text[-2:] }}{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def growing(serve: Serve, kind: str, **options: Any) -> StandIn:
    settings = {"seek": {"rounds": 2}, "prompts": 1, "maxGradNorm": 1e9, **options}
    return serve(kind, steps=1, settings=settings, single=kind in ("qwen25", "qwen2"), growing=True)


def rows_of(training: Any) -> list[Any]:
    """The list that the conversations of the first step will be in."""
    kept: list[Any] = []
    keep = training.processor.keep

    def listen(rows: Any) -> None:
        kept.extend(rows)
        keep(rows)

    training.processor.keep = listen
    return kept


@pytest.mark.parametrize(("kind", "length"), [("qwen3", 1), ("qwen25", 1), ("qwen2", 1), ("shapes", 1), ("qwen3", 9)])
def test_the_gradient_is_that_of_whole_conversations(
    kind: str, length: int, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 1 if length == 1 else 2
    service = growing(serve, kind, sampling=SAMPLING, scale="none", group=4 * times)
    training = build(service, on_cpu=True)
    assert training.guards.comparison is not None
    training.guards.comparison.cancel()
    tokenizer, video_token = training.processor.tokenizer, training.encoder.video_token
    said = [[*tokenizer.encode(length * text, add_special_tokens=False), tokenizer.eos_token_id] for text in REPLIES]
    turn = iter([times * [0, 1, 2, 3], times * [2, 0]])

    def decode(_model: Any, clips: list[Clip], group: int, _device: Any) -> Rolled:
        replies = [said[n] for n in next(turn)]
        assert len(replies) == len(clips) * group
        return Rolled(replies, [[0.0] * len(reply) for reply in replies])

    training.rollout.decoder = decode
    shapes: list[tuple[int, ...]] = []

    def spy(*args: Any) -> packing.Packed:
        packed = right(*args)
        shapes.append(tuple(packed.arguments["input_ids"].shape))
        return packed

    right = packing.pack
    monkeypatch.setattr(packing, "pack", spy)
    rows = rows_of(training)
    capture = Capture()
    training.trainer.add_callback(capture)
    model = training.trainer.model
    start = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    training.trainer.train()
    assert [len(row.turns) for row in rows] == times * [1, 2, 1, 2]
    # Long replies to one prompt are several sequences, so that those of later rounds are not padded to all of them.
    assert len({clip.key for row in rows for clip, _ in row.turns}) == 3
    assert all(count == 3 if length == 1 else 3 < count < 8 for count, _ in shapes)

    rewards = torch.tensor([service.reward(item)["reward"] for item in service.rewarded[0]["items"]])
    model.load_state_dict(start)
    model.zero_grad()
    for row, advantage in zip(rows, rewards - rewards.mean(), strict=True):
        # One forward pass over all that was shown and said, of which the replies are learnt.
        (last, _), final = row.turns[-1], row.tokens[-1]
        whole = [*last.input_ids, *final]
        logits = model(
            input_ids=torch.tensor([whole]),
            mm_token_type_ids=(torch.tensor([whole]) == video_token).int() * 2,
            **stack_vision([last], torch.device("cpu")),
        ).logits[0].log_softmax(-1)
        parts: list[Tensor] = []
        for (clip, _), tokens in zip(row.turns, row.tokens, strict=True):
            at = len(clip.input_ids)
            assert whole[: at + len(tokens)] == [*clip.input_ids, *tokens]
            parts.append(logits[at - 1 : at - 1 + len(tokens)].gather(1, torch.tensor(tokens)[:, None]))
        (-advantage * torch.cat(parts).mean() / len(rows)).backward()
    assert any("visual" in name for name in capture.gradients)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            worst = float((parameter.grad - capture.gradients[name]).abs().max())
            assert worst <= 1e-5 * float(parameter.grad.abs().max()) + 1e-7, name


@pytest.mark.parametrize("kind", ["qwen3", "qwen25", "qwen2"])
def test_what_a_template_makes_of_earlier_replies_changes_no_token_that_is_trained(kind: str, serve: Serve) -> None:
    service = growing(serve, kind)
    training = build(service, on_cpu=True)
    training.encoder.processor.chat_template = SHORTENING
    rows = rows_of(training)
    labels: list[tuple[int, ...]] = []

    def listen(_m: Any, _a: Any, kwargs: dict[str, Any], _output: Any) -> None:
        if torch.is_grad_enabled():
            length = len(rows[0].input_ids)
            for ids, mask in zip(kwargs["input_ids"], kwargs["attention_mask"], strict=True):
                labels.append(tuple(ids[mask.bool()].tolist()[length:]))

    training.trainer.model.register_forward_hook(listen, with_kwargs=True)
    training.trainer.train()
    later = [row for row in rows if len(row.turns) == 2]
    assert later
    for row in later:
        first, second = (training.processor.tokenizer.decode(clip.input_ids) for clip, _ in row.turns)
        assert second.startswith(f"{first}{row.texts[0][-2:]}<|im_end|>")
        assert row.tokens[0] != training.processor.tokenizer.encode(row.texts[0][-2:])
    assert sorted(labels) == sorted(tuple(sum(row.tokens, [])) for row in rows)
    # The loss sees what was sampled from.
    assert service.figures["sampler_loss_tokens"] == sum(len(tokens) for row in rows for tokens in row.tokens)
    assert service.figures["sampler_loss_max"] < 1e-4
