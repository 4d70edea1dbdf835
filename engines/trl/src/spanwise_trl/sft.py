"""Supervised fine-tuning with TRL's own `SFTTrainer`: ids in rows, clips by the same encoder, a collator of our own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedModel
from trl import SFTConfig, SFTTrainer

from .callbacks import Guards, Reporter
from .client import Prompt, Service, ServiceError
from .clips import Clip, Encoder
from .model import device_of, load_model, load_processor, lora_of
from .processor import ServedProcessor
from .settings import Run, common_arguments
from .texts import encode
from .vision import backbone, refuse_blind


@dataclass
class SftTraining:
    """A trainer and what it was wired with."""

    run: Run
    service: Service
    trainer: SFTTrainer
    processor: ServedProcessor
    encoder: Encoder


class Collator:
    """Ids of samples as a batch: the prompt, the annotated answer and its end token; only the answer is learnt. With
    `rounds`, a sample is a conversation about frames, and each of its rounds a row: its prompt and the reply that is taught.
    """

    def __init__(self, processor: ServedProcessor, end: int, steps: int, rounds: int = 1) -> None:
        self.processor, self.end, self.steps, self.rounds = processor, end, steps, rounds

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        encoder, tokenizer = self.processor.encoder, self.processor.tokenizer
        step = int(rows[0]["step"])
        ids = [row["id"] for row in rows]
        with self.processor.service.clock.phase("prepare"):
            served = self.processor.served(step, ids)
            lessons = self._lessons(step, served)
        encoder.pin(clip for _, clip in lessons)
        if step + 1 < self.steps:
            self.processor.read_ahead(step + 1, ids)
        self.processor.masks.setdefault(step, {}).update({id_: prompt.mask for id_, (prompt, _) in zip(ids, served, strict=True)})
        full = [
            [*clip.input_ids, *encode(tokenizer, _taught(prompt)), self.end]
            for prompt, clip in lessons
        ]
        longest = max(map(len, full))
        padding = [longest - len(row) for row in full]
        clips = [clip for _, clip in lessons]
        input_ids = torch.tensor([row + [tokenizer.pad_token_id] * n for row, n in zip(full, padding, strict=True)])
        labels = torch.tensor(
            [
                [-100] * len(clip.input_ids) + row[len(clip.input_ids) :] + [-100] * n
                for clip, row, n in zip(clips, full, padding, strict=True)
            ]
        )
        return {
            "input_ids": input_ids,
            "attention_mask": torch.tensor([[1] * len(row) + [0] * n for row, n in zip(full, padding, strict=True)]),
            "labels": labels,
            "mm_token_type_ids": (input_ids == encoder.video_token).int() * 2,
            **{name: torch.cat([clip.vision[name] for clip in clips]) for name in clips[0].vision},
        }

    def _lessons(self, step: int, served: list[tuple[Prompt, Clip]]) -> list[tuple[Prompt, Clip]]:
        """What is served, and the later rounds that follow from what is taught."""
        lessons = list(served)
        waiting = [(prompt, [_taught(prompt)]) for prompt, _ in served]
        for _ in range(1, self.rounds):
            if not waiting:
                break
            turns = self.processor.service.turns(step, [(prompt.id, 0, replies) for prompt, replies in waiting])
            waiting = [
                (prompt, [*replies, _taught(prompt)])
                for prompt, (_, replies) in zip(turns, waiting, strict=True)
                if prompt is not None
            ]
            lessons += [(prompt, self.processor.encoder(step, prompt)) for prompt, _ in waiting]
        return lessons


def _taught(prompt: Prompt) -> str:
    if prompt.answer is None:
        raise ServiceError(f"sample {prompt.sample} has no annotated answer to learn")
    return prompt.answer


def rows_of(run: Run) -> Dataset:
    """One row for each place of each step; supervised prompts do not depend on what was learnt before."""
    places = [(n // run.prompts, n % run.prompts) for n in range(run.steps * run.prompts)]
    return Dataset.from_dict({"step": [step for step, _ in places], "id": [f"draw/{n}" for _, n in places]})


def build(service: Service, model: PreTrainedModel | None = None, on_cpu: bool | None = None) -> SftTraining:
    """Wires an `SFTTrainer` to the service."""
    run = Run.read(service.run)
    on_cpu = not torch.cuda.is_available() if on_cpu is None else on_cpu
    model = load_model(run) if model is None else model
    inner = load_processor(run)
    encoder = Encoder(inner, service, run.dtype, device_of(on_cpu))
    wired: dict[str, SFTTrainer] = {}
    processor = ServedProcessor(inner, service, encoder, lambda: wired["trainer"].state.global_step)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            **common_arguments(run, on_cpu),
            per_device_train_batch_size=run.per_pass,
            train_sampling_strategy="sequential",
            dataset_kwargs={"skip_prepare_dataset": True},
            max_length=None,
        ),
        train_dataset=rows_of(run),
        data_collator=Collator(processor, inner.tokenizer.eos_token_id, run.steps, run.rounds),
        processing_class=inner,
        peft_config=lora_of(run),
    )
    wired["trainer"] = trainer
    service.rank = trainer.accelerator.process_index

    def before(_module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        refuse_blind(kwargs, encoder.video_token)

    backbone(trainer.model).register_forward_pre_hook(before, with_kwargs=True)
    trainer.add_callback(Guards(run, service, trainer, None))
    trainer.add_callback(Reporter(run, service, trainer, processor))
    return SftTraining(run, service, trainer, processor, encoder)


def train(service: Service) -> str:
    """Runs the training to its end; gives the folder of the last checkpoint."""
    training = build(service)
    training.trainer.train(resume_from_checkpoint=training.run.engine["resume"])
    return os.path.join(training.run.engine["output"], f"checkpoint-{training.trainer.state.global_step}")
