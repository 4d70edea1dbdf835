"""The other side of bench/engine: the same model, batches and threads in torch (eager mode, CPU) and transformers.

Started by run.ts with the folder of the checkpoint and workload; answers one line of JSON for each line on stdin.
"""

import json
import sys
import time
from pathlib import Path

import torch

import vision_operators  # noqa: F401, before transformers
import transformers
from transformers import Qwen3VLForConditionalGeneration

folder, threads, attention = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(threads)
transformers.logging.set_verbosity_error()
torch.manual_seed(0)
model = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention)
optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.01)

work = json.loads((folder / "workload.json").read_text())
prompts = torch.tensor(work["prompts"])
grids = torch.tensor(work["grids"])
patches = int(grids[0].prod())
pixels = torch.frombuffer(bytearray((folder / "pixels.bin").read_bytes()), dtype=torch.float32)
pixels = pixels.reshape(len(prompts), patches, -1)
kinds = {config: ident for ident, config in enumerate(("text", "image", "video"))}


def inputs(rows, ids):
    """Model inputs of the given prompts, with their ids already completed."""
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == model.config.video_token_id).int() * kinds["video"],
        "pixel_values_videos": pixels[rows].flatten(0, 1),
        "video_grid_thw": grids[rows],
    }


def log_probs(rows, completions):
    width = completions.shape[1]
    ids = torch.cat([prompts[rows], completions], 1)
    logits = model(**inputs(rows, ids), logits_to_keep=width + 1, use_cache=False).logits[:, :-1]
    return torch.log_softmax(logits, -1).gather(2, completions[..., None])[..., 0]


def step():
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    return float(norm)


def sft():
    completions = torch.tensor(work["completions"])[:, 0]
    model.train()
    loss = -log_probs(torch.arange(len(prompts)), completions).mean()
    loss.backward()
    return {"loss": float(loss), "norm": step()}


def grpo(chunk):
    completions = torch.tensor(work["completions"])
    advantages = torch.tensor(work["advantages"])
    count, group = completions.shape[:2]
    rows = torch.arange(count).repeat_interleave(group)
    model.train()
    total = 0.0
    for part in torch.arange(len(rows)).split(chunk):
        logs = log_probs(rows[part], completions.flatten(0, 1)[part])
        ratio = torch.exp(logs - logs.detach())
        gain = advantages.flatten()[part, None]
        loss = -torch.minimum(ratio * gain, ratio.clamp(0.8, 1.28) * gain).mean(1).sum() / len(rows)
        loss.backward()
        total += float(loss)
    return {"loss": total, "norm": step()}


@torch.no_grad()
def generate(samples, tokens):
    model.eval()
    rows = torch.arange(len(prompts))
    out = model.generate(
        **inputs(rows, prompts), do_sample=True, temperature=1.0, top_k=0, top_p=1.0, num_return_sequences=samples,
        max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0, eos_token_id=1,
    )
    return {"tokens": out.shape[0] * (out.shape[1] - prompts.shape[1])}


print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    name = order.pop("run")
    start = time.perf_counter()
    result = {"sft": sft, "grpo": grpo, "generate": generate}[name](**order)
    print(json.dumps({**result, "seconds": time.perf_counter() - start}), flush=True)
