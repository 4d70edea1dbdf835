"""What differs between the versions of torch, torchvision and transformers that this package runs with."""

from __future__ import annotations

import importlib.util
import inspect
import sys

import torch
from torch import nn


def declare_torchvision_operators() -> None:
    """Makes PyPI's torchvision, which is built for CUDA, importable beside a CPU build of torch.

    Its compiled operators cannot be loaded there, and the import then fails because `torchvision::nms` is not declared.
    Nothing here calls the operators; transformers only imports the package for its image transforms.
    """
    if importlib.util.find_spec("torchvision") is None:
        return
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)
        import torchvision  # noqa: F401


# The operators exist for as long as the library object.
_declared: list[torch.library.Library] = []


def cache_argument(model: nn.Module) -> str:
    """Name of the forward argument for the key-value cache: `cache` from transformers 5.19 on."""
    return "cache" if "cache" in inspect.signature(type(model).forward).parameters else "past_key_values"
