"""A random Qwen2.5-VL or Qwen2-VL with the widths of the published 3B model and few layers, and what transformers
computes with it. Usage: widths.py qwen2.5-vl FOLDER, or qwen2-vl; then node bench/engine/widths.ts FOLDER.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2] / "test" / "fixtures"
sys.path[:0] = [str(ROOT), str(ROOT / "qwen2vl")]

import make_goldens
import torch
from goldens import forward, process, write
from transformers import AutoProcessor

TEXT = {"hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 1, "num_attention_heads": 16,
        "num_key_value_heads": 2}
VISION = {
    "qwen2.5-vl": {"depth": 4, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 2048,
                   "window_size": 112, "fullatt_block_indexes": [3], "tokens_per_second": 2},
    "qwen2-vl": {"depth": 4, "embed_dim": 1280, "mlp_ratio": 4, "num_heads": 16, "hidden_size": 2048},
}
CLIP = {"seed": 1, "frames": 8, "height": 252, "width": 448, "indices": list(range(0, 96, 12)), "fps": 24}
QUESTION = "When does the red circle enter from the left?"

name, folder = sys.argv[1], Path(sys.argv[2])
make_goldens.TEXT.update(TEXT)
family = {**make_goldens.FAMILIES[name], "vision": VISION[name], "sections": [16, 24, 24]}
model = make_goldens.make_checkpoint(folder, family)
content = [{"type": "video"}, {"type": "text", "text": QUESTION}]
conversation = {"clips": [0], "generate": True, "messages": [{"role": "user", "content": content}]}
_, inputs = process(AutoProcessor.from_pretrained(folder), conversation, [(*CLIP.values(), 96)])
tokens = list(range(30, 50))
with torch.no_grad():
    scores = torch.log_softmax(forward(model, inputs, tokens), -1)
length = inputs["input_ids"].shape[1]
write(folder / "transformers.json", {
    "clip": CLIP, "question": QUESTION, "ids": inputs["input_ids"][0].tolist(), "tokens": tokens,
    "parameters": sum(weight.numel() for weight in model.parameters()),
    "logProbs": [scores[length - 1 + i, token].item() for i, token in enumerate(tokens)]})
