"""Imported before transformers. A torchvision built for another torch has no compiled operators; transformers needs none
of them, only the names."""

import torch

operators = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    try:
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
