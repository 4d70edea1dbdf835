"""Packed groups are exact: log-probabilities and all gradients are those of the rows one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import trl.trainer.utils
from stand_in import SETTINGS, StandIn
from torch import Tensor, nn
from transformers import TrainerCallback

from spanwise_trl import packing
from spanwise_trl.grpo import build
from spanwise_trl.model import head_of


#: Whether TRL computes the log-probabilities with the head.
FUSED = hasattr(trl.trainer.utils, "add_fused_lm_head")


SAMPLING = SETTINGS["sampling"]


class Capture(TrainerCallback):
    """Keeps the gradients of the first optimiser step."""

    def __init__(self) -> None:
        self.gradients: dict[str, Tensor] = {}

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if not self.gradients:
            self.gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def fixed_completions(clips: list[Any], longest: int) -> list[list[int]]:
    """Completions that follow from the clip and the turn alone, of different lengths, some of a single token."""
    turns: dict[str, int] = {}
    completions = []
    for clip in clips:
        turn = turns[clip.id] = turns.get(clip.id, -1) + 1
        row = 4 * int(clip.id.split("/")[1]) + turn
        random = torch.Generator().manual_seed(row)
        completions.append(torch.randint(20, 300, (1 + (5 * row + 3) % longest,), generator=random).tolist())
    return completions


def step_of(service: StandIn, packed: bool) -> tuple[dict[str, Tensor], dict[tuple[int, ...], Tensor], float]:
    """One step on fixed completions: gradients, log-probabilities by completion, loss."""
    service.run["engine"]["packing"] = packed
    training = build(service, on_cpu=True)
    trainer = training.trainer
    if training.guards.comparison is not None:
        training.guards.comparison.cancel()

    def rollout(prompts: list[Any], _trainer: Any) -> dict[str, Any]:
        clips = training.processor.resolve(prompts)
        longest = service.run["settings"]["sampling"]["maxTokens"]
        return {
            "prompt_ids": [list(clip.input_ids) for clip in clips],
            "completion_ids": fixed_completions(clips, longest),
            "logprobs": None,
        }

    trainer.rollout_func = rollout
    seen: dict[tuple[int, ...], Tensor] = {}

    def listen(_m: nn.Module, _a: Any, kwargs: dict[str, Any], output: Any) -> None:
        if torch.is_grad_enabled() and kwargs.get("labels") is not None:
            for row, label in enumerate(kwargs["labels"]):
                kept = label[1:] != -100
                seen[tuple(label[label != -100].tolist())] = output.log_probs[row][kept].detach().clone()

    head_of(trainer.model).register_forward_hook(listen, with_kwargs=True)
    capture = Capture()
    trainer.add_callback(capture)
    trainer.train()
    loss = next(entry["loss"] for entry in trainer.state.log_history if "loss" in entry)
    return capture.gradients, seen, loss


def compare(make: Callable[[], StandIn]) -> None:
    (plain, said, loss), (packed, heard, other) = step_of(make(), False), step_of(make(), True)
    assert plain.keys() == packed.keys()
    assert any("visual" in name for name in plain)
    # TRL before 1.15 gives logits, not log-probabilities; the gradients say the same.
    assert said.keys() == heard.keys() and len(said) == (8 if FUSED else 0)
    for key, expected in said.items():
        assert float((expected - heard[key]).abs().max() / expected.abs().max()) < 1e-5
    norm = torch.sqrt(sum((g.pow(2).sum() for g in plain.values()), torch.zeros(())))
    off = torch.sqrt(sum(((plain[n] - packed[n]).pow(2).sum() for n in plain), torch.zeros(())))
    assert float(norm) > 1e-4
    assert float(off / norm) < 1e-5
    assert loss == pytest.approx(other, abs=1e-6)


#: Architecture, and what differs from the stand-in's defaults.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3": ("qwen3", {}),
    "qwen3 dropped frames": ("qwen3", {"drop": True}),
    "qwen3 full mask": ("qwen3", {"engine": {"attention": "full"}}),
    "qwen25": ("qwen25", {}),
    "qwen2": ("qwen2", {}),
    "qwen25 frame by frame": ("qwen25", {"single": True}),
    "qwen2 frame by frame": ("qwen2", {"single": True}),
    "shapes": ("shapes", {}),
    "beta": ("qwen3", {"settings": {"beta": 0.04}}),
    "lora": ("qwen3", {"engine": {"loraRank": 4}}),
    "lora and beta": ("qwen3", {"engine": {"loraRank": 4}, "settings": {"beta": 0.04}}),
    "checkpointing": ("qwen3", {"engine": {"gradientCheckpointing": True}}),
    "lora and checkpointing": ("qwen3", {"engine": {"loraRank": 4, "gradientCheckpointing": True}}),
    "one prompt a pass": ("qwen3", {"engine": {"promptsPerPass": 1}}),
    "two updates": ("qwen3", {"settings": {"updates": 2}}),
    "gspo": ("qwen3", {"settings": {"loss": "gspo"}}),
    "dr_grpo": ("qwen3", {"settings": {"loss": "dr_grpo"}}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_packed_step_equals_the_plain_one(case: str, serve: Callable[..., StandIn]) -> None:
    model, options = CASES[case]
    compare(lambda: serve(model, steps=1, **options))


@pytest.mark.parametrize("fault", ["leak between completions", "positions that do not continue"])
def test_the_comparison_finds_a_planted_fault(
    fault: str, serve: Callable[..., StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = packing.pack

    def wrong(*args: Any, **kwargs: Any) -> packing.Packed:
        packed = right(*args, **kwargs)
        if fault == "leak between completions":
            mask = packed.arguments["attention_mask"]
            rows, columns = mask.shape[2:]
            packed.arguments["attention_mask"] = torch.ones_like(mask).tril(columns - rows)
        else:
            packed.arguments["position_ids"] = packed.arguments["position_ids"] + (
                packed.arguments["input_ids"] != 0
            ).long().cumsum(-1) // 20
        return packed

    monkeypatch.setattr(packing, "pack", wrong)
    with pytest.raises(AssertionError):
        compare(lambda: serve("qwen3", steps=1))


@pytest.mark.parametrize("scale", ["group", "none"])
def test_a_samples_weight_multiplies_its_part_of_the_gradient(scale: str, serve: Callable[..., StandIn]) -> None:
    settings = {"scale": scale, "maxGradNorm": 1e9}

    def gradients(weight: float | None) -> dict[str, Tensor]:
        service = serve(steps=1, settings=settings)
        if weight is not None:
            service.run["weighted"], service.weights = True, {"draw/1": weight}
        return step_of(service, True)[0]

    whole, none, part = gradients(None), gradients(0.0), gradients(0.25)
    assert any((whole[name] - none[name]).abs().max() > 1e-3 for name in whole)
    for name, gradient in part.items():
        expected = 0.75 * none[name] + 0.25 * whole[name]
        torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-6 * float(whole[name].abs().max() + 1))


@pytest.mark.parametrize("packed", [True, False])
def test_completions_that_were_cut_off_are_left_out_where_that_is_asked(packed: bool, serve: Callable[..., StandIn]) -> None:
    # No fixed completion ends, so nothing is left to learn.
    masked = step_of(serve(steps=1, settings={"maskTruncated": True}), packed)[0]
    assert all(gradient.abs().max() == 0 for gradient in masked.values())
    assert any(gradient.abs().max() > 0 for gradient in step_of(serve(steps=1), packed)[0].values())


def test_the_sampler_is_compared_with_the_loss_on_what_was_not_cut_off(serve: Callable[..., StandIn]) -> None:
    service = serve(steps=4, settings={"maskTruncated": True, "sampling": {**SAMPLING, "maxTokens": 24}})
    build(service, on_cpu=True).trainer.train()
    assert service.figures["sampler_loss_max"] < 1e-4
