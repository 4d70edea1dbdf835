"""Starts `transformers serve`: serve.py CHECKPOINT --port N ...

Some of what it wants is not to be had from pip alone, and none of it changes what the model sees. torchvision has wheels
for CUDA only, whose operators cannot be loaded beside a torch without it; the processors need none of them, but
torchvision describes two at import. Videos are decoded, and their sound is read, by torchcodec, which needs the system's
FFmpeg: PyAV decodes them here, and the sound is left alone.
"""

import sys

import torch

declared = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    try:
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass  # a torchvision that loads its own

from transformers import video_processing_utils as processing  # noqa: E402
from transformers.cli.serving.model_manager import ModelManager  # noqa: E402
from transformers.cli.serving.utils import Modality  # noqa: E402
from transformers.cli.transformers import main  # noqa: E402

processing.is_torchcodec_usable = lambda **_: True
load = processing.load_video
processing.load_video = lambda video, backend, **options: load(video, backend="pyav", **options)
ModelManager.get_model_modality = staticmethod(lambda *_, **__: Modality.VLM)

sys.argv = ["transformers", "serve", *sys.argv[1:]]
main()
