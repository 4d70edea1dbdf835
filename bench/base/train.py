"""Trains a shapes base from random weights on GPUs of one machine, on lessons that bench/base/lessons.ts draws.

    torchrun --nproc-per-node GPUS bench/base/train.py bench/base/recipe.json OUT [--from CHECKPOINT] [--drawers 14]

Needs torch, transformers and safetensors, and node 24 on the PATH. OUT is a checkpoint folder: files as the untrained
checkpoint's, weights in bfloat16. OUT.metrics.jsonl has a line every 20 steps: `waited` are
the seconds spent waiting for lessons so far. A step takes one batch of lessons on each GPU.
"""

import argparse
import atexit
import json
import math
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from transformers import Qwen3VLForConditionalGeneration
from transformers.models.qwen3_vl.modeling_qwen3_vl import apply_rotary_pos_emb_vision

PATCHES = 16  # of a frame pair: 4 x 4


def by_picture(attention):
    """Attention within each frame pair, all pairs at once; transformers calls the kernel once a pair."""

    def forward(hidden_states, cu_seqlens=None, position_embeddings=None, **_):
        length = hidden_states.shape[0]
        q, k, v = attention.qkv(hidden_states).reshape(length, 3, attention.num_heads, -1).permute(1, 0, 2, 3).unbind(0)
        q, k = apply_rotary_pos_emb_vision(q, k, *position_embeddings)
        q, k, v = (x.reshape(-1, PATCHES, *x.shape[1:]).transpose(1, 2) for x in (q, k, v))
        seen = F.scaled_dot_product_attention(q, k, v.to(q.dtype))
        return attention.proj(seen.transpose(1, 2).reshape(length, -1))

    return forward


def as_matrix(embed):
    """The patch embedding as the matrix product that it is: no patch overlaps another."""
    return lambda x: F.linear(x, embed.proj.weight.flatten(1), embed.proj.bias)


def fused(norm):
    """Root-mean-square normalisation in one kernel."""
    return lambda x: F.rms_norm(x, norm.weight.shape, norm.weight.to(x.dtype), norm.variance_epsilon)


def patches(pictures, processor):
    """[N, 2, 64, 64, 3] bytes to [16 N, 1536], normalised, merge block by merge block."""
    n = pictures.shape[0]
    mean, deviation = (torch.tensor(processor[name], device=pictures.device) for name in ("image_mean", "image_std"))
    x = (pictures.float() / 255 - mean) / deviation
    x = x.view(n, 2, 2, 2, 16, 2, 2, 16, 3).permute(0, 2, 5, 3, 6, 8, 1, 4, 7)
    return x.reshape(n * PATCHES, -1)


def loss_of(model, processor, batch):
    """Sum of the negative log-likelihoods of a micro-batch's answer tokens."""
    ids, parts = batch["ids"], batch["parts"]
    pictures = batch["pictures"]
    grid = torch.tensor([[pictures.shape[0], 4, 4]], device=ids.device)
    seen = model.model.visual(patches(pictures, processor), grid_thw=grid)
    visual = ids == model.config.video_token_id
    embedded = model.model.language_model.embed_tokens(ids)
    embedded = embedded.masked_scatter(visual[..., None], seen.pooler_output.to(embedded.dtype))
    length = ids.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
    own = parts[:, :, None] == parts[:, None, :]
    mask = (causal & (own | (parts == 0)[:, None, :]))[:, None]
    hidden = model.model.language_model(
        inputs_embeds=embedded,
        position_ids=batch["positions"],
        attention_mask=mask,
        visual_pos_masks=visual,
        deepstack_visual_embeds=seen.deepstack_features,
        use_cache=False,
    ).last_hidden_state
    answers = hidden.reshape(-1, hidden.shape[-1])[batch["places"]]
    return F.cross_entropy(model.lm_head(answers).float(), batch["targets"], reduction="sum")


def read_batch(file, device):
    """The answer tokens of a step and its micro-batches."""
    data, at, batches = np.fromfile(file, np.uint8), 0, []
    file.unlink()
    while at < len(data):
        end = at + int(np.argmax(data[at : at + 10000] == ord("\n")))
        header = json.loads(data[at:end].tobytes())
        at, arrays = end + 1, {}
        for name, kind, shape in header["arrays"]:
            size = math.prod(shape) * np.dtype(kind).itemsize
            array = torch.from_numpy(data[at : at + size].view(kind).reshape(shape)).to(device)
            arrays[name] = array if kind == "uint8" else array.long()
            at += size
        batches.append(arrays)
    return header["total"], batches


def batches_of(spool, drawers, numbers, device):
    """The batches of these numbers in order, read ahead of the training."""
    ready = queue.Queue(2)

    def read():
        try:
            for place, number in enumerate(numbers):
                file = spool / f"{number}.batch"
                while not file.exists():
                    if drawers[place % len(drawers)].poll():
                        raise RuntimeError("a process that draws lessons failed; its message is above")
                    time.sleep(0.005)
                ready.put(read_batch(file, device))
        except BaseException as error:
            ready.put(error)

    threading.Thread(target=read, daemon=True).start()
    for _ in numbers:
        got = ready.get()
        if isinstance(got, BaseException):
            raise got
        yield got


def rate_at(recipe, share):
    """Linear warm-up, then a cosine to 2 % of the peak, at a share of the training."""
    peak, warmup = recipe["learningRate"], recipe["warmup"]
    if share < warmup:
        return peak * share / warmup
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup))))


def average(model, processes):
    """The gradients' mean over the processes."""
    if processes == 1:
        return
    gradients = [parameter.grad for parameter in model.parameters()]
    flat = parameters_to_vector(gradients)
    torch.distributed.all_reduce(flat)
    vector_to_parameters(flat / processes, gradients)


def save(model, start, out):
    names = load_file(start / "model.safetensors").keys()
    state = model.state_dict()
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(start, out)
    config = json.loads((start / "config.json").read_text())
    (out / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}, indent=2) + "\n")
    save_file(
        {name: state[name].to(torch.bfloat16).cpu().contiguous() for name in names},
        out / "model.safetensors",
        metadata={"format": "pt"},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="trained", type=Path, help="checkpoint to continue from; random weights by default")
    parser.add_argument("--drawers", type=int, default=14, help="processes that draw lessons, for each GPU")
    parser.add_argument("--spool", default="/dev/shm", help="folder for the lessons on their way, best in memory")
    parser.add_argument("--save-every", type=int, default=500)
    args = parser.parse_args()
    recipe = json.loads(args.recipe.read_text())
    rank, processes = int(os.environ.get("LOCAL_RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = f"cuda:{rank}" if torch.cuda.is_available() else "cpu"
    if processes > 1:
        torch.distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    drawer = ["node", str(Path(__file__).parent / "lessons.ts")]
    start = args.out.with_name(args.out.name + ".start")
    if rank == 0:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        trained = [] if args.trained is None else [str(args.trained)]
        subprocess.run([*drawer, "start", str(args.recipe), str(start), *trained], check=True)
    if processes > 1:
        torch.distributed.barrier()

    spool = Path(tempfile.mkdtemp(dir=args.spool))
    atexit.register(shutil.rmtree, spool, ignore_errors=True)
    drawers = [
        subprocess.Popen(
            [*drawer, "draw", *map(str, (args.recipe, start, spool, rank + processes * k, processes * args.drawers))]
        )
        for k in range(args.drawers)
    ]
    atexit.register(lambda: [one.kill() for one in drawers])

    torch.manual_seed(recipe["seed"])
    transformers.logging.set_verbosity_error()
    model = Qwen3VLForConditionalGeneration.from_pretrained(start, dtype=torch.float32).to(device).train()
    processor = json.loads((start / "video_preprocessor_config.json").read_text())
    visual = model.model.visual
    visual.patch_embed.forward = as_matrix(visual.patch_embed)
    for block in visual.blocks:
        block.attn.forward = by_picture(block.attn)
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = fused(module)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0, fused=device != "cpu")

    began, waited, ready = time.monotonic(), 0.0, time.monotonic()
    steps = recipe["batches"] // processes
    own = range(rank, steps * processes, processes)
    metrics = open(f"{args.out}.metrics.jsonl", "w") if rank == 0 else None
    for step, (total, batches) in enumerate(batches_of(spool, drawers, own, device)):
        waited += time.monotonic() - ready
        for group in optimiser.param_groups:
            group["lr"] = rate_at(recipe, (step + 1) / steps)
        summed = torch.zeros((), device=device)
        for batch in batches:
            with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device != "cpu"):
                loss = loss_of(model, processor, batch) / total
            loss.backward()
            summed += loss.detach()
        average(model, processes)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimiser.step()
        optimiser.zero_grad()
        last = step + 1 == steps
        if metrics is not None and (last or step % 20 == 0):
            row = {"step": step + 1, "loss": summed.item(), "gradNorm": norm.item(), "waited": waited}
            row["at"] = time.monotonic() - began
            print(json.dumps(row), file=metrics, flush=True)
        if metrics is not None and (last or (step + 1) % args.save_every == 0):
            save(model, start, args.out)
        ready = time.monotonic()
    if processes > 1:
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
