"""One of two gloo processes: a step on fixed completions, packed or plain; rank 0 writes its gradients. Not a test itself."""

from __future__ import annotations

import os
import sys

import torch

import spanwise_trl  # noqa: F401
from spanwise_trl.client import ServiceError
from spanwise_trl.guards import check_seeds
from spanwise_trl.sampling import seed_of
from stand_in import StandIn
from test_packing import step_of

torch.set_num_threads(1)
model, output, packed, answer = sys.argv[1:]
service = StandIn(model, output, size=64, steps=1, settings={"prompts": 4}, engine={"processes": 2})
if packed == "failing":

    def gone(*_: object) -> bytes:
        raise ServiceError("the service is gone")

    if os.environ["RANK"] == "1":
        service._ask = gone  # type: ignore[method-assign]
gradients, said, loss = step_of(service, packed != "plain")
check_seeds(seed_of(1, 0, service.rank, ["draw/0"]), torch.device("cpu"))
torch.save({"gradients": gradients, "said": said, "loss": loss, "asked": service.asked}, f"{answer}.{service.rank}")
