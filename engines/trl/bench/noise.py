"""A training service of noise on loopback, a process of its own: python noise.py, its settings as JSON on standard input.

It prints one line once it listens, and ends with its parent.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np


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


def serve(port: int, run: dict[str, Any], noise: list[int]) -> None:
    world = Noise(*noise)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two packets; the second must not wait for the first one's acknowledgement.
        disable_nagle_algorithm = True

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
                        {**{k: c[k] for k in ("id", "generation")}, "reward": len(set(c["text"])) / 50, "weight": 1.0, "scores": {}}
                        for c in body["items"]
                    ]
                }
            else:
                answer = {"stop": False}
            self.reply(json.dumps(answer).encode())

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("listening", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def start_service(port: int, run: dict[str, Any], noise: tuple[int, int, int, int]) -> subprocess.Popen[str]:
    """The service; it ends when its standard input is closed."""
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps([port, run, noise]) + "\n")
    process.stdin.flush()
    if process.stdout.readline() == "":
        raise RuntimeError("the service of noise did not start")
    return process


if __name__ == "__main__":
    serve(*json.loads(sys.stdin.readline()))
