"""Checks that stop a training which would silently learn from something else than what was served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

if TYPE_CHECKING:
    from .clips import Clip
    from .rollout import Rolled

#: Largest difference of log-probabilities between sampler and loss that rounding explains.
TOLERANCE = {"fp32": 1e-4, "bf16": 0.05}


class GuardError(RuntimeError):
    """A check found that the model does not see, or does not learn from, what was served."""


@dataclass(frozen=True)
class Agreement:
    """Differences |log p by the sampler - log p by the loss| of the sampled tokens: over all, and the worst row's mean."""

    mean: float
    worst: float
    worst_row: float
    tokens: int


class SamplerAgainstLoss:
    """Compares what the sampler saw with what the loss sees, on the first batch of rollouts.

    Pixels that are stale or dropped on one of the two ways change no shape and raise no error; this difference is what
    shows them. A forward hook on the language-model head's module reads the loss pass as it is.
    """

    def __init__(
        self,
        head: nn.Module,
        precision: str,
        temperature: float,
        tolerance: float | None = None,
        masked: bool = False,
    ) -> None:
        #: Whether completions that were cut off are hidden from the loss.
        self.masked = masked
        self.precision, self.temperature = precision, temperature
        self.tolerance = TOLERANCE[precision] if tolerance is None else tolerance
        self.active = True
        self._heard: dict[tuple[int, tuple[int, ...]], tuple[Clip, list[float]]] = {}
        self._rows: list[Tensor] = []
        self._handle = head.register_forward_hook(self._after, with_kwargs=True)

    def heard(self, clips: Sequence[Clip], rolled: Rolled) -> None:
        """Takes what a rollout sampled, row by row."""
        if self.active:
            for clip, tokens, said in zip(clips, rolled.completions, rolled.log_probs, strict=True):
                self._heard[clip.key, tuple(tokens)] = clip, said

    def _after(self, _module: nn.Module, _args: Any, kwargs: dict[str, Any], output: Any) -> None:
        keys = kwargs.get("pixel_values")
        if not self.active or not torch.is_grad_enabled() or keys is None or keys.is_floating_point():
            return
        ids, mask = kwargs["input_ids"].cpu(), kwargs["attention_mask"].cpu().bool()
        prompts = {key: len(clip.input_ids) for (key, _), (clip, _) in self._heard.items()}
        for row, key in enumerate(keys.tolist()):
            columns = mask[row].nonzero()[:, 0]
            if key not in prompts:
                raise GuardError(f"row {row} of the loss has clip {key}, from which nothing was sampled")
            columns = columns[prompts[key] :]
            if self.masked and len(columns) == 0:
                continue
            known = self._heard.get((key, tuple(ids[row, columns].tolist())))
            if known is None:
                raise GuardError(f"row {row} of the loss holds a completion of {key} that was not sampled")
            counted = self._log_probs(output, ids, row, columns)
            self._rows.append((counted - torch.tensor(known[1])).abs())

    def _log_probs(self, output: Any, ids: Tensor, row: int, columns: Tensor) -> Tensor:
        """Log-probabilities of a row's tokens at these columns; position c - 1 predicts column c."""
        if getattr(output, "log_probs", None) is not None:
            return output.log_probs[row].detach().float().cpu()[columns - 1]
        logits = output.logits[row].detach()
        places = columns - 1 - (ids.shape[1] - logits.shape[0])
        scaled = logits[places.to(logits.device)].float().cpu() / self.temperature
        return scaled.log_softmax(-1).gather(1, ids[row, columns][:, None])[:, 0]

    @property
    def ready(self) -> bool:
        """Whether there is something to compare, or must be."""
        return self.active and (len(self._rows) > 0 or not self.masked)

    def cancel(self) -> None:
        """Ends the comparison without a verdict, where nothing is known of what was sampled."""
        self.active = False
        self._handle.remove()
        self._heard = {}

    def finish(self) -> Agreement:
        """Ends the comparison. Raises where the difference is more than rounding: the largest in fp32, a row's mean in
        bf16, whose rounding makes single tokens differ more."""
        self.cancel()
        rows = [row for row in self._rows if len(row) > 0]
        if not rows:
            raise GuardError("no row of the first step reached the loss with its clip")
        every = torch.cat(rows)
        found = Agreement(
            float(every.mean()), float(every.max()), max(float(row.mean()) for row in rows), int(every.numel())
        )
        figure = found.worst if self.precision == "fp32" else found.worst_row
        if not figure <= self.tolerance:
            raise GuardError(
                f"sampler and loss disagree on the first step: log-probabilities differ by {figure:.2g}, "
                f"rounding explains {self.tolerance:g}; the loss does not see the video that was sampled from"
            )
        return found


def gradient_norms(model: nn.Module) -> tuple[float, float] | None:
    """Norms of the gradients of the vision tower and of everything else, over all ranks; None where nothing of the tower is
    trained or the gradients are not on the parameters (DeepSpeed)."""
    parts = {True: 0.0, False: 0.0}
    tower = [p for name, p in model.named_parameters() if ".visual." in f".{name}" and p.requires_grad]
    if not tower or all(p.grad is None for p in model.parameters()):
        return None
    sharded = any(isinstance(p, DTensor) for p in tower)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            grad = parameter.grad.to_local() if isinstance(parameter.grad, DTensor) else parameter.grad
            parts[".visual." in f".{name}"] += float(grad.float().pow(2).sum())
    sums = torch.tensor([parts[True], parts[False]], device=tower[0].device)
    if sharded and dist.is_initialized():
        dist.all_reduce(sums)
    return float(sums[0].sqrt()), float(sums[1].sqrt())


def check_gradients(vision: float, rest: float) -> None:
    """The vision tower learns where anything does."""
    if rest > 0 and not vision > 0:
        raise GuardError(
            f"the gradient of the vision tower is {vision:g} while that of the rest is {rest:.2g}: the loss does not see the video"
        )


def check_processes(asked: int, there: int) -> None:
    """`accelerate launch --cpu --num_processes 2` starts one process, without a word."""
    if there != asked:
        raise GuardError(f"{there} processes take part, {asked} were asked for: start it with torchrun or check the launcher")


def check_sharding(asked: str, accelerator: Any, model: nn.Module) -> None:
    """Weights are spread as asked; `fsdp` on the CPU, for one, becomes plain data parallelism."""
    if asked in ("zero2", "zero3"):
        plugin = getattr(accelerator.state, "deepspeed_plugin", None)
        stage = None if plugin is None else plugin.zero_stage
        found = "ddp" if stage is None else f"zero{stage}"
    else:
        found = "fsdp2" if any(isinstance(p, DTensor) for p in model.parameters()) else "ddp"
    if found != asked:
        raise GuardError(f"the weights are spread as {found}, asked was {asked}")


def check_seeds(seed: int, device: torch.device) -> None:
    """No two ranks draw with the same seed."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return
    mine = torch.tensor([seed], device=device)
    every = [torch.zeros_like(mine) for _ in range(dist.get_world_size())]
    dist.all_gather(every, mine)
    seeds = [int(one) for one in every]
    if len(set(seeds)) != len(seeds):
        raise GuardError(f"ranks sample with the same seed: {seeds}")
