"""Settings: all of them come from `GET /v1/run`; this module says how TRL is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from .sampling import Sampling

#: Names of TRL's schedules.
_SCHEDULES = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}


@dataclass(frozen=True)
class Run:
    """A run as the service describes it: `settings` are the curriculum's, `engine` those of this package."""

    name: str
    kind: str
    steps: int
    prompts: int
    group: int
    #: Whether samples count differently in the loss.
    weighted: bool
    settings: dict[str, Any]
    engine: dict[str, Any]

    @classmethod
    def read(cls, answer: dict[str, Any]) -> Run:
        return cls(
            name=answer["run"],
            kind=answer["kind"],
            steps=answer["steps"],
            prompts=answer["prompts"],
            group=answer["group"],
            weighted=answer["weighted"],
            settings=answer["settings"],
            engine=answer["engine"],
        )

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return torch.bfloat16 if self.engine["precision"] == "bf16" else torch.float32

    @property
    def updates(self) -> int:
        """Optimiser steps on each batch of rollouts."""
        return int(self.settings.get("updates", 1))

    @property
    def rounds(self) -> int:
        """Most replies of a completion: above 1 where the model asks for frames."""
        seek = self.settings.get("seek")
        return 1 if seek is None else int(seek["rounds"])

    @property
    def per_process(self) -> int:
        """Prompts of a process in a step."""
        processes = self.engine["processes"]
        if self.prompts % processes != 0:
            raise ValueError(f"{self.prompts} prompts a step cannot be shared by {processes} processes")
        return self.prompts // processes

    @property
    def per_pass(self) -> int:
        """Prompts of a process in one forward and backward pass."""
        chosen = self.engine["promptsPerPass"]
        if chosen is None:
            chosen = self.per_process if self.engine["packing"] or self.kind == "sft" else 1
        if self.per_process % chosen != 0:
            raise ValueError(f"{self.per_process} prompts of a process cannot be cut into passes of {chosen}")
        return chosen

    @property
    def passes(self) -> int:
        return self.per_process // self.per_pass


def common_arguments(run: Run, on_cpu: bool) -> dict[str, Any]:
    """Arguments that the configurations of `GRPOTrainer` and `SFTTrainer` share."""
    settings, engine = run.settings, run.engine
    return {
        "output_dir": engine["output"],
        "use_cpu": on_cpu,
        # The weights have the precision themselves; autocast would only convert around every norm.
        "bf16": False,
        "gradient_accumulation_steps": run.passes,
        "max_steps": run.steps * run.updates,
        "learning_rate": settings["learningRate"],
        "lr_scheduler_type": _SCHEDULES[settings["schedule"]],
        "warmup_steps": settings["warmup"] * run.updates,
        "max_grad_norm": settings["maxGradNorm"],
        "weight_decay": engine["weightDecay"],
        "seed": settings["seed"],
        # The same for all ranks: what ranks sample is seeded by `sampling.seed_of`.
        "data_seed": settings["seed"],
        "gradient_checkpointing": engine["gradientCheckpointing"],
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "ddp_find_unused_parameters": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        # Only there is a resumed run the same: rows between two generations are not saved.
        "save_steps": engine["checkpointEvery"] * run.updates,
        "save_total_limit": engine["keepCheckpoints"],
        "report_to": [],
        "disable_tqdm": True,
        "remove_unused_columns": False,
    }


def grpo_arguments(run: Run, on_cpu: bool, banned: list[int]) -> dict[str, Any]:
    """Arguments of `GRPOConfig`.

    A pass holds whole groups. With packing it also generates (`steps_per_generation` 1), because TRL shuffles the rows of
    a generation before it cuts them into passes, which would tear groups apart.
    """
    settings, engine, sampling = run.settings, run.engine, run.settings["sampling"]
    if run.updates > 1 and run.passes > 1 and engine["packing"]:
        raise ValueError("several updates on a batch need a whole step in one pass: raise promptsPerPass")
    more: dict[str, Any] = {}
    if engine["vllm"] != "off":
        more = {"use_vllm": True, "vllm_mode": engine["vllm"]}
        if engine["vllm"] == "server":
            more["vllm_server_base_url"] = engine["vllmUrl"]
    sequence = settings["loss"] == "gspo"
    return {
        **common_arguments(run, on_cpu),
        **more,
        "per_device_train_batch_size": run.per_pass * run.group,
        "steps_per_generation": 1 if engine["packing"] else run.passes,
        "num_generations": run.group,
        "num_iterations": run.updates,
        "max_completion_length": run.rounds * sampling["maxTokens"],
        "temperature": sampling["temperature"],
        "top_p": sampling["topP"],
        "top_k": sampling["topK"],
        "loss_type": "grpo" if sequence else settings["loss"],
        "importance_sampling_level": "sequence" if sequence else "token",
        "epsilon": settings["clipLow"],
        "epsilon_high": settings["clipHigh"],
        "beta": settings["beta"],
        # Rewards of weighted samples are advantages already.
        "scale_rewards": "none" if run.weighted else settings["scale"],
        "mask_truncated_completions": settings["maskTruncated"],
        "shuffle_dataset": False,
        # Gathers every "image" over the ranks, which here are ids.
        "log_multimodal": False,
        # Replaces TRL's own list, so it names every vision token.
        "generation_kwargs": {"suppress_tokens": banned},
    }


def vision_tokens(model: PreTrainedModel) -> list[int]:
    """Token ids that belong to vision inputs; a sampled one would break the count of features."""
    names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    return sorted({int(getattr(model.config, name)) for name in names})


def end_tokens(model: PreTrainedModel, tokenizer: Any) -> tuple[int, ...]:
    """Token ids that end a completion."""
    ends = model.generation_config.eos_token_id
    known = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    return tuple(sorted({*known, tokenizer.eos_token_id}))


def sampling_of(run: Run, model: PreTrainedModel, tokenizer: Any) -> Sampling:
    sampling = run.settings["sampling"]
    return Sampling(
        temperature=sampling["temperature"],
        top_p=sampling["topP"],
        top_k=sampling["topK"],
        max_tokens=sampling["maxTokens"],
        ends=end_tokens(model, tokenizer),
        pad=tokenizer.pad_token_id,
        banned=tuple(vision_tokens(model)),
    )
