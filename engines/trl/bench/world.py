"""What the speed of a step is measured on: a random Qwen3-VL of the 2 B size, and a service of noise over loopback."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from stand_in import ENGINE, SETTINGS  # noqa: E402
from tiny import SPECIAL, TEMPLATE, tokenizer  # noqa: E402
from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor  # noqa: E402
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor  # noqa: E402


def write_processor(folder: Path) -> Qwen3VLConfig:
    """Writes configuration and processor of the model's layout; gives the configuration."""
    tok = tokenizer()
    ids = {name: tok.convert_tokens_to_ids(name) for name in SPECIAL}
    sizes = {"patch_size": 16, "merge_size": 2, "temporal_patch_size": 2}
    processor = Qwen3VLProcessor(
        Qwen2VLImageProcessor(min_pixels=1024, max_pixels=448 * 448 * 64, **sizes),
        tok,
        Qwen3VLVideoProcessor(size={"shortest_edge": 1024, "longest_edge": 448 * 448 * 512}, **sizes),
        chat_template=TEMPLATE,
    )
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28,
            "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
            "tie_word_embeddings": True, "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 5000000.0, "mrope_section": [24, 20, 20], "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 2048,
            "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [5, 11, 17],
        },
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    processor.save_pretrained(folder)
    config.save_pretrained(folder)
    return config


def random_model(config: Qwen3VLConfig, tok_end: int, device: str) -> Qwen3VLForConditionalGeneration:
    """The model with random bf16 weights, the same for one seed."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        model = Qwen3VLForConditionalGeneration._from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    torch.set_default_dtype(torch.float32)
    model.generation_config.eos_token_id = [tok_end]
    return model


class Noise:
    """Prompts of equal size and frames of noise; rewards follow from the text."""

    def __init__(self, frames: int, size: int, question: int, samples: int) -> None:
        random = np.random.default_rng(0)
        self.frames, self.size, self.question = frames, size, question
        self.store: dict[str, bytes] = {}
        self.clips: list[list[str]] = []
        for _ in range(samples):
            names = []
            for _ in range(frames):
                data = random.integers(0, 255, (size, size, 3), np.uint8).tobytes()
                names.append(hashlib.sha256(data).hexdigest())
                self.store[names[-1]] = data
            self.clips.append(names)

    def item(self, step: int, id_: str, prompts: int) -> dict[str, Any]:
        sample = int(id_.split("/")[1]) + step * prompts
        names = self.clips[sample % len(self.clips)]
        text = f"sample {sample}" + " x" * self.question
        return {
            "id": id_, "sample": f"s-{sample}", "thinking": None, "mask": "none", "answer": None,
            "messages": [{"role": "user", "content": [{"type": "video"}, {"type": "text", "text": text}]}],
            "video": {
                "frames": [{"hash": name, "time": n / 2} for n, name in enumerate(names)],
                "fps": 2.0, "width": self.size, "height": self.size, "duration": self.frames / 2,
            },
        }  # fmt: skip


def _serve(port: int, run: dict[str, Any], noise: tuple[int, int, int, int], ready: Any) -> None:
    world = Noise(*noise)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def reply(self, data: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self.reply(json.dumps(run).encode() if self.path == "/v1/run" else world.store[self.path.split("/")[-1]])

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path == "/v1/prompts":
                answer: Any = {"items": [world.item(body["step"], id_, run["prompts"]) for id_ in body["ids"]]}
            elif self.path == "/v1/rewards":
                answer = {
                    "items": [
                        {**{k: c[k] for k in ("id", "generation")}, "reward": len(set(c["text"])) / 50, "scores": {}}
                        for c in body["items"]
                    ]
                }
            else:
                answer = {"stop": False}
            self.reply(json.dumps(answer).encode())

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    ready.set()
    server.serve_forever()


def start_service(port: int, run: dict[str, Any], noise: tuple[int, int, int, int]) -> multiprocessing.Process:
    """The service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_serve, args=(port, run, noise, ready), daemon=True)
    process.start()
    ready.wait(120)
    return process


def run_of(model: str, output: str, steps: int, prompts: int, group: int, new: int, engine: dict[str, Any]) -> dict[str, Any]:
    """What `GET /v1/run` gives."""
    sampling = {"temperature": 1.0, "topP": 1.0, "topK": 0, "maxTokens": new}
    settings = {**SETTINGS, "learningRate": 1e-6, "prompts": prompts, "group": group, "sampling": sampling}
    defaults = {**ENGINE, "precision": "bf16", "gradientCheckpointing": True, "deadline": 60.0, "tries": 3}
    return {
        "run": "bench", "kind": "curriculum", "steps": steps, "prompts": prompts, "group": group, "samples": 10**6,
        "settings": settings, "sharedFrames": None,
        "engine": {**defaults, "model": model, "output": output, "checkpointEvery": 10**6, **engine},
    }  # fmt: skip
