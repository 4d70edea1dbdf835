"""Seconds and memory of a GRPO step: plain TRL, packed groups, packed groups with graph decoding.

python bench/step.py --way plain|packed|graph [--new 64] [--frames 32] [--prompts 8] [--steps 3] [--same]

One JSON line with the mean over the steps after the first; `wait_s` is what the trainer's thread stood still for the service. Prompts are for each process; several processes are started
with `accelerate launch`. `--same` takes one step on fixed completions, so that loss and gradient norm can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import spanwise_trl  # noqa: F401  # before transformers
import torch
import transformers
import trl
from noise import start_service
from transformers import TrainerCallback
from world import random_model, run_of, write_processor

from spanwise_trl.client import Service
from spanwise_trl.clock import WAITS
from spanwise_trl.grpo import build

WAYS: dict[str, dict[str, Any]] = {
    "plain": {"packing": False},
    "packed": {"packing": True, "decoding": "grouped"},
    "graph": {"packing": True, "decoding": "graph"},
}


class Clock(TrainerCallback):
    """Time and counters at the end of every step."""

    def __init__(self, spent: Any) -> None:
        self.spent = spent
        self.marks: list[tuple[float, dict[str, float]]] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.marks.append((time.perf_counter(), self.spent()))


def compare_gradient(model: torch.nn.Module, file: Path) -> dict[str, float]:
    """Relative difference of the gradient (every 997th number) from that in the file, which is written if missing."""
    parts = [p.grad.flatten()[::997].float().cpu() for p in model.parameters() if p.grad is not None]
    part = torch.cat(parts)
    if not file.exists():
        torch.save(part, file)
        return {"gradient_part": part.numel()}
    other = torch.load(file)
    return {"gradient_difference": float((part - other).norm() / other.norm())}


def main(argv: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--question", type=int, default=40)
    parser.add_argument("--sharding", default="ddp")
    parser.add_argument("--port", type=int, default=8711)
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--gradient", help="file of a part of the gradient: written, or compared with where it exists")
    parser.add_argument("--tiny", action="store_true", help="a small model, to try the script on a CPU")
    parser.add_argument("--profile", help="file for the kernels of one step")
    parser.add_argument("--set", action="append", default=[], help="setting of the engine, NAME=JSON")
    a = parser.parse_args(argv)
    processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
    folder = Path(tempfile.gettempdir()) / f"spanwise-bench-{rank}"
    config = write_processor(folder)
    if a.tiny:
        config.text_config.num_hidden_layers, config.vision_config.depth = 2, 2
        config.vision_config.deepstack_visual_indexes = [0]
        config.text_config.vocab_size = 400
    engine = {**WAYS[a.way], "processes": processes, "sharding": a.sharding}
    engine.update({name: json.loads(value) for name, value in (pair.split("=", 1) for pair in a.set)})
    run = run_of(str(folder), str(folder / "out"), a.steps, a.prompts * processes, a.group, a.new, engine)
    noise = (a.frames, a.size, a.question, min(16, a.prompts * a.steps))
    server = start_service(a.port + rank, run, noise)
    end = config.text_config.eos_token_id
    model = random_model(config, end, f"cuda:{local}" if cuda else "cpu")
    service = Service(f"http://127.0.0.1:{a.port + rank}", deadline=60)
    training = build(service, model=model, on_cpu=not cuda)
    trainer = training.trainer
    # Every completion has its full length.
    if a.way == "plain":
        trainer.generation_config.suppress_tokens = [*trainer.generation_config.suppress_tokens, end]
    else:
        decoder = training.rollout.decoder
        decoder.sampling = replace(decoder.sampling, banned=(*decoder.sampling.banned, end), _bars={})
    if a.same:
        if training.guards.comparison is not None:
            training.guards.comparison.cancel()

        def fixed(prompts: list[Any], _trainer: Any) -> dict[str, Any]:
            clips = training.processor.resolve(prompts)
            random = torch.Generator().manual_seed(rank)
            completions = torch.randint(40, 380, (len(clips), a.new), generator=random).tolist()
            return {"prompt_ids": [list(c.input_ids) for c in clips], "completion_ids": completions, "logprobs": None}

        trainer.rollout_func = fixed
    clock = Clock(
        lambda: {
            "encode": training.encoder.seconds,
            "service": service.waited,
            "wait": sum(service.clock.seconds[name] for name in WAITS),
            "rollout": service.clock.seconds["generate"],
        }
    )
    trainer.add_callback(clock)
    trainer.args.save_strategy = "no"
    compared: dict[str, float] = {}
    if a.gradient:

        class Gradient(TrainerCallback):
            def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
                compared.update(compare_gradient(trainer.model, Path(a.gradient)))

        trainer.add_callback(Gradient())
    profiler = None
    if a.profile:
        profiler = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA, torch.profiler.ProfilerActivity.CPU])

        class Profile(TrainerCallback):
            def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if state.global_step == a.steps - 1:
                    profiler.start()

        trainer.add_callback(Profile())
    begun = time.perf_counter()
    trainer.train()
    if profiler is not None:
        profiler.stop()
        Path(a.profile).write_text(profiler.key_averages().table(sort_by="self_cuda_time_total", row_limit=45, max_name_column_width=90))
    (first, before), (last, after) = clock.marks[0], clock.marks[-1]
    count = max(1, len(clock.marks) - 1)
    logs = [h for h in trainer.state.log_history if "loss" in h]
    clip = next(iter(training.encoder._by_key.values()))
    server.terminate()
    return {
        "way": a.way, "new": a.new, "frames": a.frames, "prompts": a.prompts * processes, "group": a.group,
        "processes": processes, "sharding": a.sharding, "set": a.set,
        "gpu": torch.cuda.get_device_name() if cuda else "cpu",
        "torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__,
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "prompt_tokens": len(clip.input_ids),
        "step_s": round((last - first) / count, 2) if len(clock.marks) > 1 else None,
        "first_step_s": round(first - begun, 2),
        **{f"{name}_s": round((after[name] - before[name]) / count, 3) for name in after},
        "memory_gb": round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else None,
        "loss": [h["loss"] for h in logs], "grad_norm": [h["grad_norm"] for h in logs],
        "entropy": [h.get("entropy") for h in logs], "guard": training.guards.reported, **compared,
    }  # fmt: skip


if __name__ == "__main__":
    record = main()
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps(record), flush=True)
