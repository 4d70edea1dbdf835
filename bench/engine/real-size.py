"""The other side of bench/engine/real-size.ts: log-probabilities of one completion by transformers in float32.

Arguments: the folder of the checkpoint, and one with prompt.json and pixels.bin. Prints one line of JSON.
"""

import json
import sys
from pathlib import Path

import torch

import vision_operators  # noqa: F401, before transformers
import transformers
from transformers import Qwen3VLForConditionalGeneration

transformers.logging.set_verbosity_error()
model = Qwen3VLForConditionalGeneration.from_pretrained(sys.argv[1], dtype=torch.float32)
model.eval()
work = Path(sys.argv[2])
prompt = json.loads((work / "prompt.json").read_text())
completion = torch.tensor([prompt["completion"]])
ids = torch.cat([torch.tensor([prompt["ids"]]), completion], 1)
grid = torch.tensor(prompt["grids"])
pixels = torch.frombuffer(bytearray((work / "pixels.bin").read_bytes()), dtype=torch.float32)
width = completion.shape[1]
with torch.no_grad():
    logits = model(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == model.config.video_token_id).int() * 2,
        pixel_values_videos=pixels.reshape(int(grid.prod(1).sum()), -1),
        video_grid_thw=grid,
        logits_to_keep=width + 1,
        use_cache=False,
    ).logits[:, :-1]
logs = torch.log_softmax(logits, -1).gather(2, completion[..., None])[0, :, 0]
print(json.dumps({"logProbs": logs.tolist(), "torch": torch.__version__, "transformers": transformers.__version__}))
