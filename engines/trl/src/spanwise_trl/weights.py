"""The model for sampling, with the weights it needs at hand, however training spreads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch import nn
from torch.distributed.fsdp import FSDPModule
from trl.models import unwrap_model_for_generation


@contextlib.contextmanager
def whole_weights(trainer: Any) -> Iterator[nn.Module]:
    """The trained model without its distributed wrapper. Under ZeRO-3 and FSDP2 the weights are gathered once for all
    decoding steps, not once a step: sampling then needs room for the whole model in the training precision."""
    accelerator, wrapped = trainer.accelerator, trainer.model_wrapped
    if accelerator.distributed_type.value == "DEEPSPEED":
        gather = trainer.args.ds3_gather_for_generation
        with unwrap_model_for_generation(wrapped, accelerator, gather_deepspeed3_params=gather) as model:
            yield model
        return
    model = accelerator.unwrap_model(wrapped)
    shards = [module for module in model.modules() if isinstance(module, FSDPModule)]
    for shard in shards:
        shard.set_reshard_after_forward(False, recurse=False)
    try:
        yield model
    finally:
        for shard in shards:
            shard.set_reshard_after_forward(True, recurse=False)
            shard.reshard()
