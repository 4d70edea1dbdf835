"""vLLM rollouts against a stand-in with the same calls: the real model answers, after expanding the prompt as vLLM does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from stand_in import StandIn

from spanwise_trl.grpo import build
from spanwise_trl.guards import GuardError
from spanwise_trl.rollout import Decoder
from spanwise_trl.sampling import seeded
from spanwise_trl.vllm import Colocated, Served, VllmRollout, unexpanded_ids

Serve = Callable[..., StandIn]


@dataclass
class LogProb:
    logprob: float


class StandInEngine:
    """`LLM.generate`: expands each prompt with the trainer's processor, then samples with the trainer's model."""

    def __init__(self, training: Any) -> None:
        self.training = training
        self.requests: list[Any] = []
        self.parameters: Any = None

    def expand(self, frames: np.ndarray, told: dict[str, Any], ids: list[int]) -> Any:
        inner = self.training.encoder.processor
        text = inner.tokenizer.decode(ids)
        metadata = {k: v for k, v in told.items() if k not in ("do_sample_frames", "video_backend")}
        return inner(
            text=[text],
            videos=[torch.from_numpy(frames).permute(0, 3, 1, 2)],
            video_metadata=[metadata],
            do_sample_frames=False,
            do_resize=False,
            return_tensors="pt",
        )

    def generate(self, requests: list[Any], sampling_params: Any, use_tqdm: bool) -> list[Any]:
        self.requests, self.parameters = requests, sampling_params
        answers = []
        by_content = {clip.prompt.content: clip for clip in self.training.processor.now.values()}
        for request in requests:
            ((frames, told),) = request["multi_modal_data"]["video"]
            expanded = self.expand(frames, told, request["prompt_token_ids"])["input_ids"][0].tolist()
            clip = by_content[request["multi_modal_uuids"]["video"][0]]
            decoder = Decoder(self.training.rollout.sampling, self.training.encoder.video_token, graph=False)
            with seeded(sampling_params.seed, torch.device("cpu")):
                rolled = decoder(self.training.trainer.model, [clip], sampling_params.n, torch.device("cpu"))
            outputs = [
                SimpleNamespace(token_ids=t, logprobs=[{token: LogProb(p)} for token, p in zip(t, said, strict=True)])
                for t, said in zip(rolled.completions, rolled.log_probs, strict=True)
            ]
            answers.append(SimpleNamespace(prompt_token_ids=expanded, outputs=outputs))
        return answers


def colocated(service: StandIn) -> tuple[Any, StandInEngine]:
    """A training whose rollouts come from the stand-in."""
    training = build(service, on_cpu=True)
    sampling = training.rollout.decoder.sampling
    rollout = VllmRollout(
        training.processor, training.run, sampling, training.guards.comparison.heard,
        Colocated(sampling, lambda **settings: SimpleNamespace(**settings)),
    )  # fmt: skip
    training.rollout = rollout
    engine = StandInEngine(training)
    training.trainer.vllm_generation = SimpleNamespace(llm=engine)
    training.trainer.rollout_func = rollout
    return training, engine


@pytest.mark.parametrize("kind", ["qwen3", "qwen25"])
def test_a_training_with_vllm_in_its_processes(kind: str, serve: Serve) -> None:
    service = serve(kind, steps=2)
    training, engine = colocated(service)
    training.trainer.train()
    assert service.figures["sampler_loss_max"] < 1e-4
    assert len(engine.requests) == 2
    request = engine.requests[0]
    video = training.encoder.video_token
    assert request["prompt_token_ids"].count(video) == 1
    ((frames, told),) = request["multi_modal_data"]["video"]
    assert frames.dtype == np.uint8 and frames.shape[1:] == (service.size, service.size, 3)
    assert told["do_sample_frames"] is False
    assert request["mm_processor_kwargs"] == {"do_sample_frames": False, "do_resize": False}
    assert engine.parameters.n == 4 and engine.parameters.logprobs == 0
    assert engine.parameters.logit_bias[video] == -100.0


def test_prompts_that_vllm_expanded_otherwise_are_refused(serve: Serve) -> None:
    training, engine = colocated(serve(steps=1))
    right = engine.expand

    def doubled(*arguments: Any) -> Any:
        out = right(*arguments)
        return {"input_ids": torch.cat([out["input_ids"][:, :5], out["input_ids"]], 1)}

    engine.expand = doubled
    with pytest.raises(GuardError, match="vLLM's prompt has"):
        training.trainer.train()


@pytest.mark.parametrize("fault", ["too few", "a vision token"])
def test_answers_that_cannot_be_used(fault: str, serve: Serve) -> None:
    training, engine = colocated(serve(steps=1))
    right = engine.generate

    def wrong(*arguments: Any, **settings: Any) -> Any:
        answers = right(*arguments, **settings)
        if fault == "too few":
            answers[0].outputs.pop()
        else:
            answers[0].outputs[0].token_ids[0] = training.encoder.video_token
            answers[0].outputs[0].logprobs[0] = {training.encoder.video_token: LogProb(-1.0)}
        return answers

    engine.generate = wrong
    with pytest.raises(GuardError, match="3 of 4 completions|sampled a vision token"):
        training.trainer.train()


def test_what_a_server_is_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve(drop=True, steps=1)
    training = build(service, on_cpu=True)
    sampling = training.rollout.decoder.sampling
    sampler = Served("http://vllm:8000/", "name", sampling, 5.0)
    rollout = VllmRollout(training.processor, training.run, sampling, None, sampler)
    service.picture = lambda *_: b"jpeg"  # type: ignore[method-assign]
    sent: list[dict[str, Any]] = []

    def answer(request: Any, timeout: float) -> Any:
        assert request.full_url == "http://vllm:8000/v1/chat/completions" and timeout == 5.0
        body = json.loads(request.data)
        sent.append(body)
        (url,) = [p["video_url"]["url"] for m in body["messages"] for p in m["content"] if p["type"] == "video_url"]
        clip = next(c for c in training.processor.now.values() if c.prompt.content == body["messages"][0]["content"][0]["uuid"])
        assert url.startswith("data:video/jpeg;base64,") and url.count(",") == len(clip.times)
        choice = {"token_ids": [40, 41], "logprobs": {"content": [{"logprob": -1.0}, {"logprob": -2.0}]}}
        choices = [{**choice, "index": n} for n in range(body["n"])]
        return io.BytesIO(json.dumps({"prompt_token_ids": clip.input_ids, "choices": choices}).encode())

    monkeypatch.setattr("urllib.request.urlopen", answer)
    rows = [[{"role": "user", "content": [{"type": "image", "image": f"draw/{n // 4}"}]}] for n in range(8)]
    out = rollout(rows, training.trainer)
    assert out["completion_ids"] == [[40, 41]] * 8 and out["logprobs"] == [[-1.0, -2.0]] * 8
    told = sent[0]["media_io_kwargs"]["video"]
    clip = training.processor.now["draw/0"]
    assert told["fps"] == 100 and told["frames_indices"] == [round(100 * t) for t in clip.times]
    assert clip.times[0] > 0, "frames were dropped, and the others keep their times"
    assert told["num_frames"] == -1 and told["do_sample_frames"] is False and sent[0]["return_token_ids"] is True


def test_a_server_and_the_trainer_see_the_same_jpegs(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve(steps=1)
    right = StandIn._ask

    def jpeg(self: StandIn, method: str, path: str, body: Any = None) -> bytes:
        if not path.endswith("?format=jpeg"):
            return right(self, method, path, body)
        rgb = np.frombuffer(right(self, method, path.removesuffix("?format=jpeg"), body), np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(rgb.reshape(self.size, self.size, 3)).save(buffer, "JPEG", quality=50)
        return buffer.getvalue()

    monkeypatch.setattr(StandIn, "_ask", jpeg)
    service.jpeg = True
    (prompt,) = service.prompts(0, ["draw/0"])
    seen = service.frames(0, prompt)
    for frame, pixels in zip(prompt.frames, seen, strict=True):
        sent = np.asarray(Image.open(io.BytesIO(service.picture(prompt, frame))))
        assert (sent == pixels).all()
    service.jpeg = False
    assert not (service.frames(0, prompt) == seen).all()


def test_unexpanded_ids_have_one_pad(serve: Serve) -> None:
    training = build(serve(), on_cpu=True)
    clip = training.processor.resolve([[{"role": "user", "content": [{"type": "image", "image": "draw/0"}]}]])[0]
    assert unexpanded_ids(training.encoder.processor, clip.prompt).count(training.encoder.video_token) == 1
