"""What happens around steps: guards at the first one, reports to the service, the run's card in checkpoints."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from transformers import TrainerCallback

from .client import Service
from .clock import WAITS
from .guards import SamplerAgainstLoss, check_gradients, check_processes, check_sharding, gradient_norms
from .processor import ServedProcessor
from .settings import Run

#: Columns of metrics.jsonl by TRL's names.
_COLUMNS = {
    "loss": "loss",
    "grad_norm": "grad_norm",
    "kl": "kl",
    "entropy": "entropy",
    "learning_rate": "learning_rate",
    "clip_ratio/low_mean": "clip_low",
    "clip_ratio/high_mean": "clip_high",
}


class Guards(TrainerCallback):
    """Checks processes and sharding before the first step, and sampler and gradients at it."""

    def __init__(self, run: Run, service: Service, trainer: Any, comparison: SamplerAgainstLoss | None) -> None:
        self.run, self.service, self.trainer, self.comparison = run, service, trainer, comparison
        self._gradients_seen = False
        #: Figures of the checks so far.
        self.reported: dict[str, float | None] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        accelerator = self.trainer.accelerator
        check_processes(self.run.engine["processes"], accelerator.num_processes)
        check_sharding(self.run.engine["sharding"], accelerator, self.trainer.model_wrapped)
        self.service.event("start", state.global_step // self.run.updates)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        figures: dict[str, float | None] = {}
        if self.comparison is not None and self.comparison.ready:
            found = self.comparison.finish()
            figures["sampler_loss_mean"] = found.mean
            figures["sampler_loss_max"] = found.worst
            figures["sampler_loss_tokens"] = found.tokens
        if not self._gradients_seen:
            norms = gradient_norms(self.trainer.accelerator.unwrap_model(self.trainer.model_wrapped))
            vision, rest = (None, None) if norms is None else norms
            if vision is not None and rest is not None:
                check_gradients(vision, rest)
            # A batch of equal rewards has no gradient at all, and says nothing.
            if rest != 0:
                self._gradients_seen = True
                figures.update({"vision_gradient": vision, "other_gradient": rest})
        if figures:
            self.reported.update(figures)
            self.service.event("guard", state.global_step // self.run.updates, figures=figures)


class Reporter(TrainerCallback):
    """Tells the service what each step did; stops where the curriculum wants to."""

    def __init__(self, run: Run, service: Service, trainer: Any, processor: ServedProcessor) -> None:
        self.run, self.service, self.trainer, self.processor = run, service, trainer, processor
        self._at, self._before = self._read()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._at, self._before = self._read()

    def _read(self) -> tuple[float, dict[str, float]]:
        background = {"encode": self.processor.encoder.seconds, "service": self.service.waited}
        return time.perf_counter(), {**self.service.clock.seconds, **background}

    def _times(self) -> dict[str, float]:
        """Seconds of the step by phase, without the saving of a checkpoint before it, and those in which training waited for
        the service. What was asked for and encoded, in whatever thread, has columns of its own."""
        (begun, before), (self._at, self._before) = (self._at, self._before), self._read()
        spent = {name: seconds - before[name] for name, seconds in self._before.items()}
        encode, service = spent.pop("encode"), spent.pop("service")
        wait = sum(spent[name] for name in WAITS)
        rest = max(0.0, self._at - begun - sum(spent.values()))
        del spent["report"]
        # Supervised fine-tuning never generates.
        phases = {**{name: seconds for name, seconds in spent.items() if self._before[name] > 0}, "update": rest}
        return {
            **{f"seconds/{name}": seconds for name, seconds in phases.items()},
            **{"wait_s": wait, "encode_s": encode, "service_s": service},
        }

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        if logs is None or "loss" not in logs or state.global_step % self.run.updates != 0:
            return
        step = state.global_step // self.run.updates - 1
        figures: dict[str, float | None] = {ours: _number(logs.get(theirs)) for theirs, ours in _COLUMNS.items()}
        figures.update(self._times())
        if torch.cuda.is_available():
            figures["memory_gb"] = torch.cuda.max_memory_allocated() / 2**30
        stop = self.service.event("step", step, figures=figures, masks=self.processor.masks.get(step, {}))
        if _any(stop, self.trainer.accelerator.device):
            control.should_training_stop = True
            control.should_save = True
        if self.trainer.accelerator.is_main_process:
            shown = " ".join(f"{name}={value:.4g}" for name, value in figures.items() if value is not None)
            print(f"step {step + 1}/{self.run.steps} reward={_number(logs.get('reward'))} {shown}", flush=True)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        path = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if self.trainer.accelerator.is_main_process:
            write_card(path, self.run, state.global_step // self.run.updates)
            self.service.event("checkpoint", max(0, state.global_step // self.run.updates - 1), path=str(path))
        self._at, self._before = self._read()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.service.event("end", max(0, state.global_step // self.run.updates - 1))


def write_card(path: Path, run: Run, steps: int) -> None:
    """The run's card beside a checkpoint's weights: what it was trained from, on and how."""
    record = {
        "run": run.name,
        "kind": run.kind,
        "steps": steps,
        "planned": run.steps,
        "base_model": run.engine["model"],
        "settings": run.settings,
        "engine": run.engine,
    }
    (path / "spanwise-run.json").write_text(json.dumps(record, indent=2) + "\n")
    (path / "README.md").write_text(
        f"---\nbase_model: {run.engine['model']}\ntags: [spanwise, trl, video]\n---\n"
        f"# {run.name}\n\n{steps} of {run.steps} steps of {run.kind} training with Spanwise and TRL, from "
        f"`{run.engine['model']}`. All settings are in `spanwise-run.json`.\n"
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _any(flag: bool, device: torch.device) -> bool:
    """Whether any rank says so: all must leave the loop together."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return flag
    value = torch.tensor([int(flag)], device=device)
    dist.all_reduce(value, op=dist.ReduceOp.MAX)
    return bool(value)
