"""Rollouts by vLLM, in the trainer's processes (colocate) or from a server.

vLLM expands video placeholders itself, so it is given the unexpanded prompt (one `<|video_pad|>`), the clip's frames and their
own times; TRL 1.16 alone would send expanded ids, which vLLM would expand again. Whatever vLLM answers is only used if its
prompt ids equal ours. Written by the interfaces of vLLM 0.31 and tested against a stand-in of its calls; not run live.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

from .client import Prompt
from .clips import Clip
from .guards import GuardError
from .processor import ServedProcessor
from .rollout import Rolled, groups_of
from .sampling import Sampling, seed_of
from .settings import Run
from .texts import read, render


def unexpanded_ids(processor: Any, prompt: Prompt) -> list[int]:
    """Token ids of a prompt with one pad token for its video, as vLLM wants them."""
    text = render(processor, prompt.messages, prompt.thinking)
    return read(processor.tokenizer, list(processor.tokenizer.encode(text, add_special_tokens=False)))


def video_metadata(encoder: Any, prompt: Prompt) -> dict[str, Any]:
    """What vLLM's processor is told of the frames: their own times, and to take all of them."""
    return {**encoder.metadata(prompt, prompt.frames), "do_sample_frames": False, "video_backend": "opencv"}


def check_prompt(clip: Clip, answered: Sequence[int]) -> None:
    """The sampler saw the prompt that the loss sees."""
    if list(answered) != clip.input_ids:
        raise GuardError(
            f"{clip.id}: vLLM's prompt has {len(answered)} tokens and ours {len(clip.input_ids)}, or other ones: "
            "check its processor settings and the versions of transformers"
        )


def check_completion(clip: Clip, tokens: Sequence[int], banned: Sequence[int]) -> None:
    """No vision token was sampled."""
    if any(token in banned for token in tokens):
        raise GuardError(f"{clip.id}: vLLM sampled a vision token")


class Colocated:
    """Asks the engine inside TRL's own `vllm_generation`, which has just been given the weights."""

    def __init__(self, sampling: Sampling, parameters: Callable[..., Any]) -> None:
        self.sampling, self.parameters = sampling, parameters

    def __call__(
        self, trainer: Any, processor: ServedProcessor, clips: Sequence[Clip], group: int, seed: int
    ) -> list[tuple[list[int], list[tuple[list[int], list[float]]]]]:
        """For each clip: vLLM's prompt ids, and (tokens, log-probabilities) of each completion."""
        requests = []
        for clip in clips:
            pictures = processor.service.frames(processor.step(), clip.prompt)
            requests.append(
                {
                    "prompt_token_ids": unexpanded_ids(processor.inner, clip.prompt),
                    "multi_modal_data": {"video": [(pictures, video_metadata(processor.encoder, clip.prompt))]},
                    "mm_processor_kwargs": {"do_sample_frames": False, "do_resize": False},
                    # The same content need not be processed again, by whatever name it comes.
                    "multi_modal_uuids": {"video": [clip.prompt.content]},
                }
            )
        s = self.sampling
        parameters = self.parameters(
            n=group,
            temperature=s.temperature,
            top_p=s.top_p,
            top_k=s.top_k if s.top_k > 0 else -1,
            max_tokens=s.max_tokens,
            stop_token_ids=list(s.ends),
            logit_bias={token: -100.0 for token in s.banned},
            logprobs=0,
            seed=seed % 2**31,
        )
        generation = trainer.vllm_generation
        asleep = getattr(generation, "enable_sleep_mode", False)
        if asleep:
            generation.llm.wake_up(tags=["kv_cache"])
        answers = generation.llm.generate(requests, sampling_params=parameters, use_tqdm=False)
        if asleep:
            generation.llm.sleep(level=2)
        return [
            (
                list(answer.prompt_token_ids),
                [(list(out.token_ids), _chosen(out.token_ids, out.logprobs)) for out in answer.outputs],
            )
            for answer in answers
        ]


def _chosen(tokens: Sequence[int], log_probs: Sequence[Any]) -> list[float]:
    """Log-probabilities of the sampled tokens from vLLM's tables."""
    return [float(table[token].logprob) for token, table in zip(tokens, log_probs, strict=True)]


class Served:
    """Asks a server of the OpenAI chat API: the clip as one video of JPEG frames with their own times.

    The trainer sees what the server sees: with `Service.jpeg`, both decode the same bytes.
    """

    def __init__(self, url: str, model: str, sampling: Sampling, deadline: float) -> None:
        self.url, self.model, self.sampling, self.deadline = url.rstrip("/"), model, sampling, deadline

    def body(self, processor: ServedProcessor, clip: Clip, group: int, seed: int) -> dict[str, Any]:
        """The request of one clip."""
        s = self.sampling
        told = video_metadata(processor.encoder, clip.prompt)
        pictures = [processor.service.picture(clip.prompt, frame) for frame in clip.prompt.frames]
        video = "data:video/jpeg;base64," + ",".join(base64.b64encode(picture).decode() for picture in pictures)
        messages = [
            {
                "role": message["role"],
                "content": [
                    {"type": "video_url", "video_url": {"url": video}, "uuid": clip.prompt.content}
                    if part["type"] == "video"
                    else part
                    for part in message["content"]
                ],
            }
            for message in clip.prompt.messages
        ]
        # Indices are whole numbers here: hundredths of a second at 100 frames a second.
        indices = [round(100 * seconds) for seconds in clip.times]
        return {
            "model": self.model,
            "messages": messages,
            "n": group,
            "temperature": s.temperature,
            "top_p": s.top_p,
            "top_k": s.top_k if s.top_k > 0 else -1,
            "max_tokens": s.max_tokens,
            "stop_token_ids": list(s.ends),
            "logit_bias": {str(token): -100 for token in s.banned},
            "logprobs": True,
            "top_logprobs": 0,
            "seed": seed % 2**31,
            "return_token_ids": True,
            "mm_processor_kwargs": {"do_sample_frames": False, "do_resize": False},
            "media_io_kwargs": {
                "video": {
                    "num_frames": -1,
                    "fps": 100 if not processor.encoder.one_interval else told["fps"],
                    "frames_indices": indices if not processor.encoder.one_interval else told["frames_indices"],
                    "total_num_frames": told["total_num_frames"],
                    "do_sample_frames": False,
                }
            },
        }

    def __call__(
        self, trainer: Any, processor: ServedProcessor, clips: Sequence[Clip], group: int, seed: int
    ) -> list[tuple[list[int], list[tuple[list[int], list[float]]]]]:
        answers = []
        for clip in clips:
            data = json.dumps(self.body(processor, clip, group, seed)).encode()
            request = urllib.request.Request(
                f"{self.url}/v1/chat/completions", data, {"content-type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=self.deadline) as response:
                answer = json.load(response)
            answers.append(
                (
                    answer["prompt_token_ids"],
                    [
                        (choice["token_ids"], [float(one["logprob"]) for one in choice["logprobs"]["content"]])
                        for choice in sorted(answer["choices"], key=lambda choice: choice["index"])
                    ],
                )
            )
        return answers


class VllmRollout:
    """`rollout_func` of the trainer with vLLM as the sampler."""

    def __init__(
        self,
        processor: ServedProcessor,
        run: Run,
        sampling: Sampling,
        heard: Callable[[Sequence[Clip], Rolled], None] | None,
        sampler: Any = None,
    ) -> None:
        self.processor, self.run, self.sampling, self.heard = processor, run, sampling, heard
        if sampler is not None:
            self.sampler = sampler
        elif run.engine["vllm"] == "server":
            self.sampler = Served(run.engine["vllmUrl"], run.engine["model"], sampling, run.engine["deadline"])
        else:
            from vllm import SamplingParams

            self.sampler = Colocated(sampling, SamplingParams)

    def __call__(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        clips = self.processor.resolve(prompts)
        distinct, group = groups_of(clips)
        step = self.processor.step()
        ids = list(dict.fromkeys(self.processor.ids(prompts)))
        seed = seed_of(self.run.settings["seed"], step, trainer.accelerator.process_index, ids)
        answers = self.sampler(trainer, self.processor, distinct, group, seed)
        if len(answers) != len(distinct):
            raise GuardError(f"vLLM answered {len(answers)} of {len(distinct)} prompts")
        completions: list[list[int]] = []
        log_probs: list[list[float]] = []
        for clip, (answered, outputs) in zip(distinct, answers, strict=True):
            check_prompt(clip, answered)
            if len(outputs) != group:
                raise GuardError(f"{clip.id}: vLLM gave {len(outputs)} of {group} completions")
            for tokens, said in outputs:
                check_completion(clip, tokens, self.sampling.banned)
                cut = self.sampling.cut(tokens)
                completions.append(cut)
                log_probs.append(list(said[: len(cut)]))
        if self.heard is not None:
            self.heard(clips, Rolled(completions, log_probs))
        return {
            "prompt_ids": [list(clip.input_ids) for clip in clips],
            "completion_ids": completions,
            # TRL weighs by the ratio of its own and vLLM's probabilities.
            "logprobs": log_probs,
        }
