"""GRPO with TRL's own `GRPOTrainer`: a served processor, hooks on the backbone and a rollout function; nothing overridden."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel
from trl import GRPOConfig, GRPOTrainer

from .callbacks import Guards, Reporter
from .client import Completion, Reward, Service
from .clips import Encoder
from .guards import SamplerAgainstLoss, check_seeds
from .model import device_of, head_of, load_model, load_processor, lora_of
from .packing import GroupHooks
from .processor import ServedProcessor
from .rollout import Decoder, Rollout
from .sampling import seed_of
from .seek import SeekRollout
from .settings import Run, grpo_arguments, sampling_of, vision_tokens
from .vision import clip_keys, give_video


@dataclass
class Training:
    """A trainer and what it was wired with."""

    run: Run
    service: Service
    trainer: GRPOTrainer
    processor: ServedProcessor
    encoder: Encoder
    rollout: Any
    hooks: list[Any]
    guards: Guards


def rows_of(run: Run) -> Dataset:
    """Rows hold ids only: `draw/N` stands for the N-th prompt that the curriculum draws for whatever step is trained."""
    places = [f"draw/{n % run.prompts}" for n in range(run.steps * run.prompts)]
    return Dataset.from_dict(
        {"prompt": [[{"role": "user", "content": "?"}]] * len(places), "images": [[place] for place in places]}
    )


def weighted_advantages(ids: list[str], rewards: list[Reward], scale: str) -> list[float]:
    """What TRL makes of rewards, times the weight of each sample. TRL has no weights; told not to scale, it only subtracts
    each group's mean, which is 0 here."""
    groups: dict[str, list[int]] = {}
    for place, id_ in enumerate(ids):
        groups.setdefault(id_, []).append(place)
    gains = [0.0] * len(ids)
    for places in groups.values():
        values = torch.tensor([rewards[place].total for place in places], dtype=torch.float64)
        spread = float(values.std()) + 1e-4 if scale == "group" else 1.0
        for place, value in zip(places, (values - values.mean()).tolist(), strict=True):
            gains[place] = rewards[place].weight * value / spread
    return gains


def reward_function(run: Run, service: Service, processor: ServedProcessor, ends: tuple[int, ...]) -> Any:
    """The service's rewards as TRL asks for them. A rank holds whole groups, so a completion's number is its turn."""

    def spanwise(
        completions: list[Any], completion_ids: list[list[int]], images: list[list[str]], trainer_state: Any, **_: Any
    ) -> list[float]:
        turns: dict[str, int] = {}
        posted = []
        for (id_,), completion, tokens in zip(images, completions, completion_ids, strict=True):
            number = turns[id_] = turns.get(id_, -1) + 1
            finish = "stop" if tokens and tokens[-1] in ends else "length"
            row = processor.rows.get((id_, number))
            if row is None:
                posted.append(Completion(id_, number, completion[0]["content"], finish, len(tokens)))
                continue
            # Of a conversation the last reply is rewarded, and the longest one counts.
            sizes = [len(reply) for reply in row.tokens]
            replies = tuple(zip(row.texts, sizes, strict=True))
            posted.append(Completion(id_, number, row.texts[-1], finish, max(sizes), replies))
        with service.clock.phase("reward"):
            rewards = service.rewards(trainer_state.global_step // run.updates, posted)
        if run.weighted:
            return weighted_advantages([id_ for (id_,) in images], rewards, run.settings["scale"])
        return [reward.total for reward in rewards]

    return spanwise


def decoder_of(run: Run, model: PreTrainedModel, tokenizer: Any, video_token: int, on_cpu: bool) -> Decoder:
    """The decoder that the settings ask for. A recorded graph needs weights that stay in one place."""
    chosen, sharding = run.engine["decoding"], run.engine["sharding"]
    whole = sharding in ("ddp", "zero2")
    graph = chosen == "graph" or (
        chosen == "auto" and whole and not on_cpu and run.engine["precision"] == "bf16" and run.engine["loraRank"] is None
    )
    return Decoder(sampling_of(run, model, tokenizer), video_token, graph=graph, sharded=not whole)


def build(service: Service, model: PreTrainedModel | None = None, on_cpu: bool | None = None) -> Training:
    """Wires a `GRPOTrainer` to the service. `model` replaces the run's checkpoint, e.g. by random weights."""
    run = Run.read(service.run)
    on_cpu = not torch.cuda.is_available() if on_cpu is None else on_cpu
    model = load_model(run) if model is None else model
    inner = load_processor(run)
    encoder = Encoder(inner, service, run.dtype, device_of(on_cpu))
    service.jpeg = run.engine["vllm"] == "server"
    wired: dict[str, GRPOTrainer] = {}

    def step() -> int:
        return wired["trainer"].state.global_step // run.updates

    processor = ServedProcessor(inner, service, encoder, step)
    banned = vision_tokens(model)
    sampling = sampling_of(run, model, inner.tokenizer)
    packing = run.engine["packing"]
    comparison = SamplerAgainstLoss(
        head_of(model),
        run.engine["precision"],
        sampling.temperature,
        run.engine["tolerance"],
        run.settings["maskTruncated"],
    )
    rollout: Any = None
    if run.engine["vllm"] != "off":
        from .vllm import VllmRollout

        rollout = VllmRollout(processor, run, sampling, comparison.heard)
    elif packing:
        decoder = decoder_of(run, model, inner.tokenizer, encoder.video_token, on_cpu)
        seed = run.settings["seed"]
        rollout = (
            Rollout(processor, decoder, seed, comparison.heard)
            if run.settings.get("seek") is None
            else SeekRollout(processor, decoder, seed, run.rounds, comparison.heard)
        )
    else:
        # TRL's own generation tells no log-probabilities to compare.
        comparison.cancel()
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward_function(run, service, processor, sampling.ends),
        args=GRPOConfig(**grpo_arguments(run, on_cpu, banned)),
        train_dataset=rows_of(run),
        processing_class=processor,
        peft_config=lora_of(run),
        rollout_func=rollout,
    )
    wired["trainer"] = trainer
    service.rank = trainer.accelerator.process_index
    models: list[nn.Module] = [trainer.model, *([trainer.ref_model] if trainer.ref_model is not None else [])]
    hooks = [
        GroupHooks(one, encoder, run.engine["attention"]) if packing else give_video(one, encoder) for one in models
    ]

    def read_ahead(_module: nn.Module, _args: Any, kwargs: dict[str, Any]) -> None:
        # By now every rank's rewards are in, so the next draw is settled.
        if torch.is_grad_enabled() and clip_keys(kwargs) is not None and step() + 1 < run.steps:
            # A rank has the same places at every step.
            processor.read_ahead(step() + 1, [id_ for id_ in processor.now if id_.startswith("draw/")])

    head_of(trainer.model).register_forward_pre_hook(read_ahead, with_kwargs=True)

    guards = Guards(run, service, trainer, comparison if comparison.active else None)
    trainer.add_callback(guards)
    trainer.add_callback(Reporter(run, service, trainer, processor))
    return Training(run, service, trainer, processor, encoder, rollout, hooks, guards)


def train(service: Service) -> str:
    """Runs the training to its end; gives the folder of the last checkpoint."""
    training = build(service)
    run, trainer = training.run, training.trainer
    rank = trainer.accelerator.process_index
    check_seeds(seed_of(run.settings["seed"], 0, rank, ["draw/0"]), trainer.accelerator.device)
    trainer.train(resume_from_checkpoint=run.engine["resume"])
    return os.path.join(run.engine["output"], f"checkpoint-{trainer.state.global_step}")
