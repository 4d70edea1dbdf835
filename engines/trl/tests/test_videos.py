"""Prompts of several videos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stand_in import StandIn

from spanwise_trl.clips import Encoder
from spanwise_trl.grpo import build
from spanwise_trl.guards import GuardError

Serve = Callable[..., StandIn]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        # The second video as if it began where the first does, or were sampled at another rate.
        ("qwen3", lambda told: {"frames_indices": [second % 7 for second in told["frames_indices"]]}),
        ("qwen25", lambda told: {"fps": told["fps"] if told["total_num_frames"] == 2 else 24.0}),
    ],
)
def test_several_videos_of_a_prompt_of_which_one_has_other_times(
    kind: str, wrong: Callable[[dict[str, Any]], dict[str, Any]], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Halves(StandIn):
        """The frames as two videos, the second of which comes later; the first has two frames."""

        def item(self, step: int, id_: str) -> dict[str, Any]:
            item = super().item(step, id_)
            frames = item["video"]["frames"]
            for place in range(2, len(frames)):
                frames[place]["time"] += 7.0
            halves = [{"type": "video", "frames": 2}, {"type": "text", "text": "later"}, {"type": "video", "frames": len(frames) - 2}]
            item["messages"][0]["content"][:1] = halves
            return item

    service = serve(kind, steps=1)
    service.__class__ = Halves
    build(service, on_cpu=True).trainer.train()
    assert service.figures["sampler_loss_max"] < 1e-4
    right = Encoder.metadata

    def planted(self: Encoder, *given: Any) -> dict[str, Any]:
        told = right(self, *given)
        return {**told, **wrong(told)}

    monkeypatch.setattr(Encoder, "metadata", planted)
    again = serve(kind, steps=1)
    again.__class__ = Halves
    with pytest.raises(GuardError, match="seconds, served were"):
        build(again, on_cpu=True).trainer.train()


@pytest.mark.parametrize("kind", ["qwen3", "qwen25", "qwen2"])
def test_an_image_is_trained_on_as_a_video_of_one_frame(kind: str, serve: Serve) -> None:
    class Still(StandIn):
        """What the service serves of an image: one frame at 0 s, of a clip of 1 s."""

        def item(self, step: int, id_: str) -> dict[str, Any]:
            item = super().item(step, id_)
            video = item["video"]
            item["video"] = {**video, "frames": [{**video["frames"][0], "time": 0.0}], "fps": 1.0, "duration": 1.0}
            return item

    service = serve(kind, steps=1)
    service.__class__ = Still
    training = build(service, on_cpu=True)
    training.trainer.train()
    assert service.figures["sampler_loss_max"] < 1e-4
    clips = list(training.encoder._by_content.values())
    assert clips and all(clip.vision["video_grid_thw"].tolist()[0][0] == 1 for clip in clips)
