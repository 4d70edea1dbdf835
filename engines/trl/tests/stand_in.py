"""A stand-in for the training service: the same answers as pure functions of (step, id), without a network."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from spanwise_trl.client import Service

SETTINGS: dict[str, Any] = {
    "seed": 1,
    "learningRate": 1e-3,
    "schedule": "constant",
    "warmup": 0,
    "maxGradNorm": 1.0,
    "prompts": 2,
    "group": 4,
    "sampling": {"temperature": 1.0, "topP": 1.0, "topK": 0, "maxTokens": 8},
    "loss": "grpo",
    "clipLow": 0.2,
    "clipHigh": 0.28,
    "beta": 0.0,
    "updates": 1,
    "scale": "group",
    "maskTruncated": False,
}

ENGINE: dict[str, Any] = {
    "model": "",
    "output": "",
    "processes": 1,
    "sharding": "ddp",
    "precision": "fp32",
    "packing": True,
    "attention": "split",
    "decoding": "auto",
    "promptsPerPass": None,
    "gradientCheckpointing": False,
    "loraRank": None,
    "loraAlpha": None,
    "freezeVision": False,
    "weightDecay": 0.0,
    "vllm": "off",
    "vllmUrl": None,
    "deadline": 5.0,
    "tries": 2,
    "tolerance": None,
    "resume": None,
    "checkpointEvery": 100,
    "keepCheckpoints": 2,
}


def picture(sample: int, place: int, size: int) -> np.ndarray:
    """uint8 [size, size, 3]: a block whose place and colour tell sample and frame apart."""
    random = np.random.default_rng([sample, place])
    image = np.full((size, size, 3), 50, np.uint8)
    x, y = random.integers(0, size - 16, 2)
    image[y : y + 16, x : x + 16] = random.integers(0, 255, 3)
    return image


class StandIn(Service):
    """Answers as the service does. Clips of places differ in length; hidden frames become fewer with the steps.

    `drop` leaves hidden frames out, else they are black. `single` shows each frame as a video of its own after its time.
    `growing` puts earlier rounds and their replies before each round of a conversation.
    `asked` lists what was asked for.
    """

    def __init__(
        self,
        model: str,
        output: str,
        size: int = 64,
        steps: int = 3,
        drop: bool = False,
        single: bool = False,
        growing: bool = False,
        kind: str = "curriculum",
        settings: dict[str, Any] | None = None,
        engine: dict[str, Any] | None = None,
    ) -> None:
        super().__init__("http://127.0.0.1:9", deadline=1.0)
        self.size, self.drop, self.single, self.growing = size, drop, single, growing
        settings = {**SETTINGS, **(settings or {})}
        self._run = {
            "run": "stand-in",
            "kind": kind,
            "steps": steps,
            "prompts": settings["prompts"],
            "group": settings["group"] if kind == "curriculum" else 1,
            "samples": 16,
            "weighted": False,
            "settings": settings,
            "engine": {**ENGINE, "model": model, "output": output, **(engine or {})},
            "sharedFrames": None,
        }
        #: Weights of places other than 1.
        self.weights: dict[str, float] = {}
        self.asked: list[dict[str, Any]] = []
        self.turned: list[dict[str, Any]] = []
        self.rewarded: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._frames: dict[str, bytes] = {}

    def item(self, step: int, id_: str) -> dict[str, Any]:
        sample = int(id_.split("/")[1]) + step * self._run["prompts"]
        count = 4 + 2 * (sample % 3)
        hidden = set(range(max(0, 2 - step)))
        frames = []
        for place in range(count):
            if self.drop and place in hidden:
                continue
            data = picture(sample, place, self.size).tobytes()
            digest = hashlib.sha256(data).hexdigest()
            self._frames[digest] = data
            frames.append({"hash": None if place in hidden else digest, "time": place / 2})
        shown: list[dict[str, Any]] = [{"type": "video", "frames": len(frames)} if self.growing else {"type": "video"}]
        if self.single:
            # Unevenly spaced, as frames that a model asked for are.
            frames = [{**frame, "time": place**2 / 2} for place, frame in enumerate(frames)]
            shown = [
                part
                for frame in frames
                for part in ({"type": "text", "text": f"<{frame['time']:.1f} seconds>"}, {"type": "video", "frames": 1})
            ]
        question = f"When does the red circle move? {'x ' * (sample % 3)}"
        return {
            "id": id_,
            "sample": f"s-{sample}",
            "messages": [{"role": "user", "content": [*shown, {"type": "text", "text": question}]}],
            "video": {"frames": frames, "fps": 2.0, "width": self.size, "height": self.size, "duration": count / 2},
            "thinking": None,
            "mask": f"{len(hidden)}-{sample}",
            "answer": f"<answer>{sample % 3}.0 to 2.5</answer>",
        }

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        if path.startswith("/v1/frames/"):
            return self._frames[path.split("/")[-1]]
        assert body is not None
        if path == "/v1/prompts":
            self.asked.append(body)
            return json.dumps({"items": [self.item(body["step"], id_) for id_ in body["ids"]]}).encode()
        if path == "/v1/turns":
            self.turned.append(body)
            return json.dumps({"items": [self.turn(body["step"], item) for item in body["items"]]}).encode()
        if path == "/v1/rewards":
            self.rewarded.append(body)
            return json.dumps({"items": [self.reward(item) for item in body["items"]]}).encode()
        self.events.append(body)
        return b'{"stop": false}'

    def turn(self, step: int, item: dict[str, Any]) -> dict[str, Any] | None:
        """Even completions end after a round, odd ones after two; the second shows other frames. Of taught conversations
        those of even places are the short ones."""
        place = int(item["id"].split("/")[1])
        number = place if self._run["kind"] == "sft" else item["generation"]
        if number % 2 == 0 or len(item["replies"]) > 1:
            return None
        later = {**self.item(step, f"draw/{place + 7}"), "id": item["id"]}
        if not self.growing:
            return later
        first = self.item(step, item["id"])
        said = {"role": "assistant", "content": [{"type": "text", "text": item["replies"][0]}]}
        frames = [*first["video"]["frames"], *later["video"]["frames"]]
        return {
            **later,
            "messages": [*first["messages"], said, *later["messages"]],
            "video": {**later["video"], "frames": frames},
        }

    def reward(self, item: dict[str, Any]) -> dict[str, Any]:
        vowels = sum(letter in "aeiou" for letter in item["text"]) / 8
        length = -abs(item["tokens"] - 6) / 6
        scores = {"vowels": vowels, "length": length}
        return {
            **{"id": item["id"], "generation": item["generation"], "reward": vowels + length, "scores": scores},
            "weight": self.weights.get(item["id"], 1.0),
        }

    @property
    def figures(self) -> dict[str, Any]:
        """What the guards reported."""
        figures: dict[str, Any] = {}
        for event in self.events:
            if event["kind"] == "guard":
                figures.update(event["figures"])
        return figures
