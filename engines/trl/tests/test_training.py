"""Whole trainings through TRL with the stand-in: masks follow the steps, resume is exact, checkpoints load elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from stand_in import StandIn
from transformers import AutoModelForImageTextToText, AutoProcessor

from spanwise_trl import grpo, sft

Serve = Callable[..., StandIn]


def prompts_of(service: StandIn) -> list[tuple[int, tuple[str, ...]]]:
    """Steps and places in the order that they were first asked for."""
    return list(dict.fromkeys((body["step"], tuple(body["ids"])) for body in service.asked))


def test_steps_ask_for_their_own_prompts_and_report_their_masks(serve: Serve) -> None:
    service = serve(steps=3)
    grpo.build(service, on_cpu=True).trainer.train()
    assert prompts_of(service) == [(step, ("draw/0", "draw/1")) for step in range(3)]
    assert {body["step"] for body in service.rewarded} == {0, 1, 2}
    for event in service.events:
        if event["kind"] == "step":
            want = {id_: service.item(event["step"], id_)["mask"] for id_ in ("draw/0", "draw/1")}
            assert event["masks"] == want
            assert event["figures"]["loss"] is not None and event["figures"]["seconds/update"] > 0
    assert [event["kind"] for event in service.events][-1] == "end"


@pytest.mark.parametrize("kind", ["curriculum", "sft"])
def test_a_step_counts_what_it_waited_for_and_not_what_was_read_ahead(
    kind: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts, rewards = StandIn.prompts, StandIn.rewards

    def slow(self: StandIn, step: int, ids: list[str]) -> Any:
        if threading.current_thread() is threading.main_thread():
            asked.append(step)
        time.sleep(0.05)
        return prompts(self, step, ids)

    def slower(self: StandIn, *more: Any) -> Any:
        time.sleep(0.1)
        return rewards(self, *more)

    asked: list[int] = []
    monkeypatch.setattr(StandIn, "prompts", slow)
    monkeypatch.setattr(StandIn, "rewards", slower)
    service = serve("qwen3", steps=3, kind=kind, settings={"group": 4})
    (grpo if kind == "curriculum" else sft).build(service, on_cpu=True).trainer.train()
    assert asked == [0]
    rows = [event["figures"] for event in service.events if event["kind"] == "step"]
    for row in rows:
        phases = {name: seconds for name, seconds in row.items() if name.startswith("seconds/")}
        assert all(seconds >= 0 for seconds in phases.values()) and row["seconds/update"] > 0
        assert row["wait_s"] == pytest.approx(row["seconds/prepare"] + row.get("seconds/reward", 0), abs=0.05)
        assert (row["wait_s"] >= 0.05) or row is not rows[0]
        assert (row.get("seconds/reward", 0) >= 0.1) == (kind == "curriculum")
        assert ("seconds/generate" in row) == (kind == "curriculum")


def test_each_clip_is_processed_once_a_step_and_seen_once_in_rollout_and_loss(serve: Serve) -> None:
    service = serve(steps=2)
    training = grpo.build(service, on_cpu=True)
    pairs: list[int] = []
    training.hooks[0].body.visual.register_forward_pre_hook(
        lambda _m, args, kwargs: pairs.append(int((kwargs.get("grid_thw") if "grid_thw" in kwargs else args[1]).shape[0])),
        with_kwargs=True,
    )
    training.trainer.train()
    assert training.encoder.encoded == 4
    # Two steps of one prefill and one loss pass, two clips each.
    assert pairs == [2, 2, 2, 2]


@pytest.mark.parametrize("updates", [1, 2])
def test_a_resumed_training_asks_for_the_same_prompts(updates: int, serve: Serve, tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": 4, "settings": {"updates": updates}, "engine": {"checkpointEvery": 2}}
    straight = serve(**options)
    whole = grpo.build(straight, on_cpu=True).trainer
    whole.train()
    resumed = serve(**options)
    resumed.run["engine"]["output"] = str(tmp_path / "again")
    again = grpo.build(resumed, on_cpu=True).trainer
    again.train(resume_from_checkpoint=str(tmp_path / "out" / f"checkpoint-{2 * updates}"))
    assert prompts_of(resumed) == prompts_of(straight)[2:]
    masks = lambda service: {e["step"]: e["masks"] for e in service.events if e["kind"] == "step"}  # noqa: E731
    assert masks(resumed) == {step: given for step, given in masks(straight).items() if step >= 2}
    # Rollouts are seeded by step, so even the completions are the same.
    texts = lambda service: [b["items"] for b in service.rewarded if b["step"] >= 2]  # noqa: E731
    assert texts(resumed) == texts(straight)
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(again.model.state_dict()[name], weight, rtol=1e-4, atol=1e-5)


def test_a_checkpoint_is_a_hugging_face_folder_with_the_runs_card(serve: Serve, tmp_path: Path) -> None:
    grpo.build(serve(steps=1), on_cpu=True).trainer.train()
    folder = tmp_path / "out" / "checkpoint-1"
    model = AutoModelForImageTextToText.from_pretrained(folder)
    assert type(AutoProcessor.from_pretrained(folder)).__name__ == "Qwen3VLProcessor"
    assert type(model).__name__ == "Qwen3VLForConditionalGeneration"
    card = json.loads((folder / "spanwise-run.json").read_text())
    assert card["run"] == "stand-in" and card["steps"] == 1 and card["settings"]["group"] == 4
    assert "base_model" in (folder / "README.md").read_text()


def test_the_curriculum_stops_a_training_and_leaves_a_checkpoint(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = StandIn._ask

    def stopping(self: StandIn, method: str, path: str, body: Any = None) -> bytes:
        answer = right(self, method, path, body)
        stop = path == "/v1/events" and body["kind"] == "step" and body["step"] == 1
        return b'{"stop": true}' if stop else answer

    monkeypatch.setattr(StandIn, "_ask", stopping)
    training = grpo.build(serve(steps=5), on_cpu=True)
    training.trainer.train()
    assert training.trainer.state.global_step == 2
    assert (tmp_path / "out" / "checkpoint-2" / "model.safetensors").exists()


def test_supervised_fine_tuning_learns_the_answers_alone(serve: Serve) -> None:
    service = serve("qwen3", steps=4, kind="sft", settings={"learningRate": 3e-3})
    training = sft.build(service, on_cpu=True)
    batch = sft.Collator(training.processor, training.processor.tokenizer.eos_token_id, 1)(
        [{"step": 0, "id": "draw/0"}, {"step": 0, "id": "draw/1"}]
    )
    tokenizer = training.processor.tokenizer
    for row, id_ in zip(batch["labels"], ("draw/0", "draw/1"), strict=True):
        learnt = row[row != -100].tolist()
        assert learnt[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(learnt[:-1]) == service.item(0, id_)["answer"]
    plain = training.trainer.model
    with torch.no_grad():
        expected = plain(**batch).loss.item()
    training.trainer.train()
    losses = [entry["loss"] for entry in training.trainer.state.log_history if "loss" in entry]
    assert losses[0] == pytest.approx(expected, rel=1e-4)
    assert losses[-1] < losses[0]
    assert service.figures["vision_gradient"] > 0
    assert prompts_of(service)[-1] == (3, ("draw/0", "draw/1"))


def test_supervised_fine_tuning_refuses_a_sample_without_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = StandIn.item
    monkeypatch.setattr(StandIn, "item", lambda self, step, id_: {**right(self, step, id_), "answer": None})
    with pytest.raises(RuntimeError, match="no annotated answer"):
        sft.build(serve("qwen3", steps=1, kind="sft"), on_cpu=True).trainer.train()
