"""Root-mean-square norms as one kernel each."""

from __future__ import annotations

import functools

from torch import Tensor, nn
from torch.nn.functional import rms_norm


def _fused(module: nn.Module, hidden_states: Tensor) -> Tensor:
    return rms_norm(hidden_states, (hidden_states.shape[-1],), module.weight, module.variance_epsilon)


def fuse_norms(model: nn.Module) -> int:
    """Makes every RMS norm of a transformers model use torch's fused kernel; gives their number.

    The written-out form takes seven kernels for each of the four norms of a layer, which is a third of a decoding step's
    launches. Values are the same up to one rounding of half precision less.
    """
    norms = [m for m in model.modules() if type(m).__name__.endswith("RMSNorm") and hasattr(m, "variance_epsilon")]
    for norm in norms:
        norm.forward = functools.partial(_fused, norm)
    return len(norms)
