"""Every guard stops the fault that it is for. Each fault is planted into a training that is healthy without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from stand_in import StandIn
from transformers import BatchFeature

from spanwise_trl import grpo, guards
from spanwise_trl.client import ServiceError
from spanwise_trl.clips import Encoder
from spanwise_trl.grpo import build
from spanwise_trl.guards import GuardError
from spanwise_trl.processor import ServedProcessor
from spanwise_trl.sampling import Sampling

Serve = Callable[..., StandIn]


def train(service: StandIn, plant: Callable[[Any], None] = lambda _: None) -> Any:
    training = build(service, on_cpu=True)
    plant(training)
    training.trainer.train()
    return training


@pytest.mark.parametrize("kind", ["qwen3", "qwen25", "qwen2", "shapes"])
def test_a_healthy_training_passes_and_reports_every_figure(kind: str, serve: Serve) -> None:
    sampling = {"temperature": 3.0, "topP": 1.0, "topK": 0, "maxTokens": 8}
    training = train(serve(kind, steps=2, settings={"sampling": sampling}))
    figures = training.service.figures
    assert figures["sampler_loss_max"] < 1e-4
    assert figures["sampler_loss_tokens"] > 0
    assert figures["vision_gradient"] > 0 and figures["other_gradient"] > 0


@pytest.mark.parametrize("packing", [True, False])
def test_a_sampled_vision_token(packing: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve(steps=1, engine={"packing": packing})
    training = build(service, on_cpu=True)
    video = training.encoder.video_token

    def rollout(prompts: list[Any], _trainer: Any) -> dict[str, Any]:
        clips = training.processor.resolve(prompts)
        return {
            "prompt_ids": [list(clip.input_ids) for clip in clips],
            "completion_ids": [[40, video, 41] for _ in clips],
            "logprobs": None,
        }

    training.trainer.rollout_func = rollout
    with pytest.raises(GuardError, match="a vision token was sampled"):
        training.trainer.train()


@pytest.mark.parametrize("packing", [True, False])
def test_video_tokens_without_video(packing: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What TRL does with video by itself: the loss gets no pixels, and nothing says so."""
    blind = lambda self, images=None, text=None, **_: BatchFeature({"pixel_values": torch.zeros(len(images))})  # noqa: E731
    monkeypatch.setattr(ServedProcessor, "__call__", blind)
    with pytest.raises(GuardError, match="without video"):
        train(serve(steps=1, engine={"packing": packing}))


@pytest.mark.parametrize("packing", [True, False])
def test_rows_that_meet_another_rows_clip(packing: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ServedProcessor.__call__

    def rolled(self: ServedProcessor, images: Any = None, text: Any = None, **_: Any) -> BatchFeature:
        return BatchFeature({"pixel_values": right(self, images=images, text=text).pixel_values.roll(4)})

    monkeypatch.setattr(ServedProcessor, "__call__", rolled)
    with pytest.raises(GuardError, match="does not begin with its own prompt"):
        train(serve(steps=1, engine={"packing": packing}))


def test_a_row_that_outlives_its_clip(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ServedProcessor.__call__

    def forgetful(self: ServedProcessor, images: Any = None, text: Any = None, **_: Any) -> BatchFeature:
        keys = right(self, images=images, text=text)
        self.encoder._by_key.clear()
        return keys

    monkeypatch.setattr(ServedProcessor, "__call__", forgetful)
    with pytest.raises(GuardError, match="is gone"):
        train(serve(steps=1))


def test_a_small_cache_keeps_the_clips_of_buffered_rows(serve: Serve) -> None:
    def plant(training: Any) -> None:
        training.encoder.room = 1

    assert train(serve(steps=3), plant).trainer.state.global_step == 3


def test_a_grid_that_does_not_fit_the_tokens(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def plant(training: Any) -> None:
        inner = training.encoder.processor
        right = type(inner).__call__

        def cut(self: Any, *args: Any, **kwargs: Any) -> Any:
            out = right(self, *args, **kwargs)
            out["video_grid_thw"] = out["video_grid_thw"] - torch.tensor([[1, 0, 0]])
            return out

        monkeypatch.setattr(type(inner), "__call__", cut)

    with pytest.raises(GuardError, match="video tokens, the grids"):
        train(serve(steps=1), plant)


@pytest.mark.parametrize("kind", ["qwen3", "qwen25"])
def test_a_processor_that_resizes(kind: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def plant(training: Any) -> None:
        inner = training.encoder.processor
        factor = 2 * training.encoder.patch
        inner.video_processor.size = {"shortest_edge": factor**2, "longest_edge": factor**2}
        right = type(inner).__call__
        monkeypatch.setattr(type(inner), "__call__", lambda self, *a, **k: right(self, *a, **{**k, "do_resize": True}))

    with pytest.raises(GuardError, match="the processor made"):
        train(serve(kind, steps=1), plant)


@pytest.mark.parametrize(("kind", "fps"), [("qwen3", 2.0), ("qwen25", 24.0)])
def test_times_that_are_not_the_served_ones(
    kind: str, fps: float, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Encoder.metadata
    monkeypatch.setattr(Encoder, "metadata", lambda self, *given: {**right(self, *given), "fps": fps})
    with pytest.raises(GuardError, match="seconds, served were"):
        train(serve(kind, steps=1))


def test_dropped_frames_where_the_model_knows_one_interval(serve: Serve) -> None:
    class Uneven(StandIn):
        def item(self, step: int, id_: str) -> dict[str, Any]:
            item = super().item(step, id_)
            del item["video"]["frames"][1]
            return item

    service = serve("qwen25", steps=1)
    service.__class__ = Uneven
    with pytest.raises(GuardError, match="masks that blank frames"):
        train(service)


def test_other_ids_than_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = StandIn._ask

    def reversed_(self: StandIn, method: str, path: str, body: Any = None) -> bytes:
        answer = right(self, method, path, body)
        return json.dumps({"items": json.loads(answer)["items"][::-1]}).encode() if path == "/v1/prompts" else answer

    monkeypatch.setattr(StandIn, "_ask", reversed_)
    with pytest.raises(ServiceError, match="when asked for"):
        train(serve(steps=1))


def test_rewards_of_other_completions(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = StandIn.reward
    monkeypatch.setattr(StandIn, "reward", lambda self, item: {**right(self, item), "generation": 0})
    with pytest.raises(ServiceError, match="other completions"):
        train(serve(steps=1))


def stale(training: Any) -> None:
    """The loss gets the pixels of another moment: same shapes, same ids, other content."""
    right = type(training.processor).__call__

    class Stale(ServedProcessor):
        def __call__(self, images: Any = None, text: Any = None, **_: Any) -> BatchFeature:
            for clip in self.now.values():
                clip.vision = {**clip.vision, "pixel_values_videos": clip.vision["pixel_values_videos"].flip(0)}
            return right(self, images=images, text=text)

    training.processor.__class__ = Stale


def dropped(training: Any) -> None:
    """The tower's features are replaced by nothing in the loss: training is blind."""
    tower = training.hooks[0].body.visual

    def blank(_m: Any, _a: Any, output: Any) -> Any:
        if torch.is_grad_enabled():
            output.pooler_output = output.pooler_output * 0
            if getattr(output, "deepstack_features", None) is not None:
                output.deepstack_features = [feature * 0 for feature in output.deepstack_features]
        return output

    tower.register_forward_hook(blank)


@pytest.mark.parametrize("fault", [stale, dropped])
@pytest.mark.parametrize("kind", ["qwen3", "qwen25", "shapes"])
def test_a_loss_that_sees_another_video_than_the_sampler(fault: Any, kind: str, serve: Serve) -> None:
    with pytest.raises(GuardError, match="sampler and loss disagree"):
        train(serve(kind, steps=1), fault)


def test_a_loss_over_rows_that_were_not_sampled(serve: Serve) -> None:
    def plant(training: Any) -> None:
        rollout = training.trainer.rollout_func

        def other(prompts: list[Any], trainer: Any) -> dict[str, Any]:
            rolled = rollout(prompts, trainer)
            return {**rolled, "completion_ids": [[50, 51, *tokens] for tokens in rolled["completion_ids"]]}

        training.trainer.rollout_func = other

    with pytest.raises(GuardError, match="was not sampled"):
        train(serve(steps=1), plant)


def test_a_vision_tower_without_gradient(serve: Serve) -> None:
    def plant(training: Any) -> None:
        tower = training.hooks[0].body.visual

        def detach(_m: Any, _a: Any, output: Any) -> Any:
            output.pooler_output = output.pooler_output.detach() + 0 * sum(p.sum() for p in tower.parameters())
            output.deepstack_features = [feature.detach() for feature in output.deepstack_features]
            return output

        tower.register_forward_hook(detach)

    with pytest.raises(GuardError, match="gradient of the vision tower is 0"):
        train(serve(steps=1), plant)


def test_a_frozen_vision_tower_is_no_fault(serve: Serve) -> None:
    training = train(serve(steps=1, engine={"freezeVision": True}))
    assert training.service.figures["vision_gradient"] is None


def test_equal_rewards_postpone_the_check_of_gradients(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    right = StandIn.reward

    def equal_at_first(self: StandIn, item: dict[str, Any]) -> dict[str, Any]:
        given = right(self, item)
        return {**given, "reward": 0.0} if len(self.rewarded) == 1 else given

    monkeypatch.setattr(StandIn, "reward", equal_at_first)
    service = train(serve(steps=3)).service
    steps = [event["step"] for event in service.events if "vision_gradient" in event.get("figures", {})]
    assert steps == [1]
    assert service.figures["vision_gradient"] > 0


def test_fewer_processes_than_asked(serve: Serve) -> None:
    with pytest.raises(GuardError, match="1 processes take part, 2 were asked for"):
        train(serve(steps=1, engine={"processes": 2}))


@pytest.mark.parametrize("sharding", ["fsdp2", "zero2", "zero3"])
def test_weights_that_are_not_spread_as_asked(sharding: str, serve: Serve) -> None:
    with pytest.raises(GuardError, match=f"spread as ddp, asked was {sharding}"):
        train(serve(steps=1, engine={"sharding": sharding}))


def test_ranks_with_one_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(guards.dist, "get_world_size", lambda: 2)

    def gather(others: Callable[[int], int]) -> Callable[[list[torch.Tensor], torch.Tensor], None]:
        def fill(every: list[torch.Tensor], mine: torch.Tensor) -> None:
            for rank, one in enumerate(every):
                one.fill_(others(int(mine)) if rank else int(mine))

        return fill

    monkeypatch.setattr(guards.dist, "all_gather", gather(lambda mine: mine + 1))
    guards.check_seeds(5, torch.device("cpu"))
    monkeypatch.setattr(guards.dist, "all_gather", gather(lambda mine: mine))
    with pytest.raises(GuardError, match="same seed"):
        guards.check_seeds(5, torch.device("cpu"))


def test_prompts_that_processes_cannot_share(serve: Serve) -> None:
    with pytest.raises(ValueError, match="3 prompts a step cannot be shared by 2 processes"):
        build(serve(settings={"prompts": 3}, engine={"processes": 2}), on_cpu=True)
    with pytest.raises(ValueError, match="cannot be cut into passes of 3"):
        build(serve(settings={"prompts": 4}, engine={"promptsPerPass": 3}), on_cpu=True)
    with pytest.raises(ValueError, match="raise promptsPerPass"):
        build(serve(settings={"prompts": 4, "updates": 2}, engine={"promptsPerPass": 2}), on_cpu=True)


def test_a_vision_token_is_banned_from_sampling(serve: Serve) -> None:
    training = build(serve(), on_cpu=True)
    config = training.trainer.model.config
    sampling: Sampling = training.rollout.decoder.sampling
    assert {config.video_token_id, config.image_token_id} <= set(sampling.banned)
    assert grpo.vision_tokens(training.trainer.model) == sorted(sampling.banned)
