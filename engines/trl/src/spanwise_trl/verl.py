"""Adapter for verl, which trains over many nodes: data set of ids, agent loop, reward and positions, by the same service.

verl 0.10 is loaded by name and nothing of it is needed to import this module. Unit-tested on a CPU; its training path was not
run. `docs/verl.md` says which of verl's settings name what here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .client import Completion, Prompt, Service
from .guards import GuardError

_services: dict[int, Service] = {}


def service() -> Service:
    """The service of this process, by SPANWISE_SERVICE and SPANWISE_TOKEN."""
    process = os.getpid()
    if process not in _services:
        url = os.environ.get("SPANWISE_SERVICE")
        if url is None:
            raise RuntimeError("SPANWISE_SERVICE is not set: name the URL of the training service")
        made = Service(url, os.environ.get("SPANWISE_TOKEN"), int(os.environ.get("RANK", "0")))
        made.deadline = float(made.run["engine"]["deadline"])
        _services[process] = made
    return _services[process]


class IdDataset:
    """`data.custom_cls`: rows that hold the place of a prompt within its step, and no pixel.

    verl's loader reads rows ahead with several workers, so it cannot know the step that uses them; the agent loop does.
    """

    def __init__(self, data_files: Any = None, tokenizer: Any = None, config: Any = None, processor: Any = None, **_: Any):
        run = service().run
        self.prompts, self.steps = int(run["prompts"]), int(run["steps"])

    def __len__(self) -> int:
        return self.prompts * self.steps

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {
            "raw_prompt": [{"role": "user", "content": "?"}],
            "data_source": "spanwise",
            "reward_model": {"style": "rule", "ground_truth": ""},
            "agent_name": "spanwise",
            "index": index,
            "extra_info": {"index": index, "place": f"draw/{index % self.prompts}"},
        }


def step_of(global_steps: int) -> int:
    """verl counts steps from 1, the curriculum from 0."""
    if global_steps < 1:
        raise GuardError(f"verl's step {global_steps} is before its first")
    return global_steps - 1


def metadata_of(prompt: Prompt, one_interval: bool) -> dict[str, Any]:
    """`video_metadata` that states the frames' own times; see `clips.Encoder.metadata`."""
    times = [frame.time for frame in prompt.frames]
    if not one_interval:
        return {"fps": 1.0, "frames_indices": times, "total_num_frames": len(times), "duration": times[-1]}
    gap = times[1] - times[0] if len(times) > 1 else 1 / prompt.fps
    if any(abs(b - a - gap) > 1e-3 for a, b in zip(times, times[1:], strict=False)):
        raise GuardError(f"{prompt.id}: this model knows one interval a clip; serve it with masks that blank frames")
    count = len(times)
    return {"fps": 1 / gap, "frames_indices": list(range(count)), "total_num_frames": count, "duration": count * gap}


async def video_of(place: str, global_steps: int, one_interval: bool) -> tuple[Prompt, tuple[np.ndarray, dict[str, Any]]]:
    """The prompt of a place at a step and its video as verl hands it to processor and server.

    Runs in a thread: verl's agent loops share one event loop, which a decode would hold up.
    """
    asked = service()

    def fetch() -> tuple[Prompt, np.ndarray]:
        (prompt,) = asked.prompts(step_of(global_steps), [place])
        return prompt, asked.frames(step_of(global_steps), prompt)

    prompt, frames = await asyncio.to_thread(fetch)
    return prompt, (frames, metadata_of(prompt, one_interval))


class PlaceCounter:
    """Numbers of completions within a group: verl runs each completion as a session of its own."""

    def __init__(self) -> None:
        self._next: dict[tuple[int, str], int] = {}

    def __call__(self, step: int, place: str) -> int:
        number = self._next.get((step, place), -1) + 1
        self._next[step, place] = number
        return number


_turns = PlaceCounter()


async def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: dict[str, Any] | None = None, **_: Any
) -> dict[str, Any]:
    """`reward.custom_reward_function`: the service's reward of one completion, with its parts."""
    info = extra_info or {}
    if "place" not in info or "global_steps" not in info:
        raise GuardError("the row has no place or step: use IdDataset and the agent loop of this adapter")
    step = step_of(int(info["global_steps"]))
    number = int(info["session_id"]) if "session_id" in info else _turns(step, info["place"])
    finish = "length" if info.get("truncated") else "stop"
    completion = Completion(info["place"], number, solution_str, finish, int(info.get("tokens", 0)))
    (reward,) = await asyncio.to_thread(service().rewards, step, [completion])
    return {"score": reward.total, **reward.scores}


def index_arguments(processor_output: dict[str, Any]) -> dict[str, Any]:
    """`get_rope_index_kwargs` of the processor: without it verl leaves out the interval of Qwen2.5-VL's frames, and the
    model takes one second a grid while the sampler uses the true one."""
    interval = processor_output.get("second_per_grid_ts")
    return {} if interval is None else {"second_per_grid_ts": interval}


def with_rope_arguments(processor: Any) -> Any:
    """Gives a processor the method that verl looks for."""
    processor.get_rope_index_kwargs = index_arguments
    return processor


def make_agent_loop() -> type:
    """The agent loop, a subclass of verl's; made when verl is there."""
    from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopOutput, register

    @register("spanwise")
    class SpanwiseAgentLoop(AgentLoopBase):
        async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
            return await run_loop(self, AgentLoopOutput, sampling_params, row)

    return SpanwiseAgentLoop


async def run_loop(loop: Any, output: Any, sampling_params: dict[str, Any], row: dict[str, Any]) -> Any:
    """One rollout: asks for the prompt of this step, samples, and hands on what the loss needs.

    `loop` is verl's AgentLoopBase: it has `processor`, `tokenizer`, `server_manager` and `config`.
    """
    info, global_steps = row["extra_info"], int(row["global_steps"])
    processor = with_rope_arguments(loop.processor)
    one_interval = "second_per_grid_ts" in processor.model_input_names
    prompt, (frames, metadata) = await video_of(info["place"], global_steps, one_interval)
    text = processor.apply_chat_template(prompt.messages, tokenize=False, add_generation_prompt=True)
    inputs = processor(
        text=[text], videos=[frames], video_metadata=[metadata], do_sample_frames=False, do_resize=False,
        return_tensors="pt",
    )  # fmt: skip
    expanded: Sequence[int] = inputs["input_ids"][0].tolist()
    # The server expands by itself; expanded ids would be expanded twice.
    answer = await loop.server_manager.generate(
        request_id=f"{row.get('uid', '')}-{row.get('session_id', 0)}",
        prompt_ids=list(processor.tokenizer.encode(text, add_special_tokens=False)),
        sampling_params=sampling_params,
        video_data=[(frames, {**metadata, "do_sample_frames": False})],
    )
    info.update(
        global_steps=global_steps,
        mask=prompt.mask,
        tokens=len(answer.token_ids),
        **({"session_id": row["session_id"]} if "session_id" in row else {}),
    )
    return output(
        prompt_ids=list(expanded),
        response_ids=list(answer.token_ids),
        response_mask=[1] * len(answer.token_ids),
        response_logprobs=answer.log_probs,
        multi_modal_data={"videos": [(frames, metadata)]},
        num_turns=2,
        metrics={},
        extra_fields={"extra_info": info},
    )
