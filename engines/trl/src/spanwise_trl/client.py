"""Client of the training service: the one place from which prompts, frames, rewards and settings come."""

from __future__ import annotations

import hashlib
import http.client
import io
import itertools
import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from .clock import Clock


class ServiceError(RuntimeError):
    """The service refused a request, or did not answer before the deadline."""


@dataclass(frozen=True)
class Frame:
    """A frame of a served clip. `hash` is None where it is hidden (black)."""

    hash: str | None
    time: float


@dataclass(frozen=True)
class Prompt:
    """A question about a video at one step. `width` and `height` in pixels, times in seconds. `frames` are those of all
    `videos` of the messages, one after the other."""

    id: str
    sample: str
    messages: list[dict[str, Any]]
    frames: tuple[Frame, ...]
    fps: float
    width: int
    height: int
    duration: float
    thinking: bool | None
    mask: str
    answer: str | None

    @property
    def videos(self) -> list[tuple[Frame, ...]]:
        """The frames of each video of the messages; a single one may leave out how many it shows."""
        parts = [part for message in self.messages for part in message["content"] if part["type"] == "video"]
        sizes = [part.get("frames", len(self.frames)) for part in parts]
        if sum(sizes) != len(self.frames):
            raise ServiceError(f"{self.id}: videos of {sizes} frames were served with {len(self.frames)} frames")
        ends = list(itertools.accumulate(sizes))
        return [self.frames[end - size : end] for end, size in zip(ends, sizes, strict=True)]

    @property
    def content(self) -> str:
        """SHA-256 of all that a model sees of the prompt; equal contents may share whatever is computed from them."""
        seen = [self.messages, self.thinking, [[f.hash, f.time] for f in self.frames], self.fps, self.width, self.height]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Completion:
    """A completion to be rewarded; `generation` counts within its group. Of a conversation `text` is the last reply,
    `tokens` the most of one, and `replies` has the text and the number of tokens of each."""

    id: str
    generation: int
    text: str
    finish: str
    tokens: int
    replies: tuple[tuple[str, int], ...] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        body = {"id": self.id, "generation": self.generation, "text": self.text, "finish": self.finish, "tokens": self.tokens}
        if self.replies is not None:
            body["replies"] = [{"text": text, "tokens": tokens} for text, tokens in self.replies]
        return body


@dataclass(frozen=True)
class Reward:
    """The weighted sum and its named parts; `weight` is the sample's in the loss."""

    total: float
    weight: float
    scores: dict[str, float]


class Service:
    """Speaks to the service of one run. Thread-safe; each thread keeps one connection open.

    A request that fails for a reason that may pass (no connection, a server error) is repeated until `deadline` seconds
    have passed since it began; then, and at any refusal, `ServiceError` ends the rank. A service that is restarted at the
    same address within the deadline is found again.
    """

    def __init__(
        self, url: str, token: str | None = None, rank: int = 0, deadline: float = 60.0, tries: int = 3
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ServiceError(f"{url!r} is not the URL of a service")
        self.url, self.rank = url, rank
        self.deadline, self.tries = deadline, max(1, tries)
        self._connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._address = (parts.hostname, parts.port)
        self._headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self._local = threading.local()
        self._run: dict[str, Any] | None = None
        #: Seconds that requests took, in whatever thread.
        self.waited = 0.0
        #: Of the thread that trains, which makes this.
        self.clock = Clock()
        #: Take frames as JPEGs, so that a sampler that is sent the same JPEGs sees the same pixels.
        self.jpeg = False

    @property
    def run(self) -> dict[str, Any]:
        """`GET /v1/run`, asked once."""
        if self._run is None:
            self._run = json.loads(self._ask("GET", "/v1/run"))
        return self._run

    def prompts(self, step: int, ids: list[str]) -> list[Prompt]:
        """The prompts of some samples at a step, in the order asked."""
        answer = self._post("/v1/prompts", {"step": step, "ids": ids})["items"]
        if [item["id"] for item in answer] != ids:
            raise ServiceError(f"the service answered {[item['id'] for item in answer]} when asked for {ids}")
        return [_prompt(item) for item in answer]

    def frame(self, prompt: Prompt, frame: Frame) -> np.ndarray:
        """RGB uint8 [height, width, 3] of a frame; black where it is hidden. Checked against its hash."""
        shape = (prompt.height, prompt.width, 3)
        if frame.hash is None:
            return np.zeros(shape, np.uint8)
        if self.jpeg:
            return np.asarray(Image.open(io.BytesIO(self.picture(prompt, frame))).convert("RGB"))
        shared = self.run["sharedFrames"]
        data = _read(Path(shared) / f"{frame.hash}.rgb") if shared is not None else None
        if data is None or hashlib.sha256(data).hexdigest() != frame.hash:
            data = self._ask("GET", f"/v1/frames/{frame.hash}")
            if hashlib.sha256(data).hexdigest() != frame.hash:
                raise ServiceError(f"frame {frame.hash} came with other bytes than its name says")
        if len(data) != np.prod(shape):
            raise ServiceError(f"{prompt.id}: a frame of {len(data)} bytes is not {prompt.width}x{prompt.height} RGB")
        return np.frombuffer(data, np.uint8).reshape(shape)

    def picture(self, prompt: Prompt, frame: Frame) -> bytes:
        """A frame as a JPEG; a black one where it is hidden."""
        if frame.hash is not None:
            return self._ask("GET", f"/v1/frames/{frame.hash}?format=jpeg")
        buffer = io.BytesIO()
        Image.new("RGB", (prompt.width, prompt.height)).save(buffer, "JPEG")
        return buffer.getvalue()

    def frames(self, step: int, prompt: Prompt) -> np.ndarray:
        """All frames of a prompt, uint8 [N, height, width, 3]. A service that was restarted is told the sample again, and
        then knows the frames of all rounds about it."""
        try:
            return np.stack([self.frame(prompt, frame) for frame in prompt.frames])
        except ServiceError as error:
            if not getattr(error, "status", None) == 404:
                raise
            self.prompts(step, [prompt.id])
        try:
            return np.stack([self.frame(prompt, frame) for frame in prompt.frames])
        except ServiceError as error:
            raise ServiceError(f"{prompt.id}: the service now shows other frames at step {step} ({error})") from error

    def turns(self, step: int, asked: list[tuple[str, int, list[str]]]) -> list[Prompt | None]:
        """The next round's prompt of conversations, by id, number and the replies so far; None where one has ended."""
        items = [{"id": id_, "generation": number, "replies": replies} for id_, number, replies in asked]
        answer = self._post("/v1/turns", {"step": step, "items": items})["items"]
        if [None if item is None else item["id"] for item in answer] != [
            None if item is None else id_ for item, (id_, _, _) in zip(answer, asked, strict=True)
        ]:
            raise ServiceError("the service answered other conversations than it was asked for")
        return [None if item is None else _prompt(item) for item in answer]

    def rewards(self, step: int, completions: list[Completion]) -> list[Reward]:
        """Rewards of completions, in their order."""
        answer = self._post("/v1/rewards", {"step": step, "items": [c.body for c in completions]})["items"]
        if [(item["id"], item["generation"]) for item in answer] != [(c.id, c.generation) for c in completions]:
            raise ServiceError("the service rewarded other completions than it was sent")
        return [Reward(float(item["reward"]), float(item["weight"]), item["scores"]) for item in answer]

    def event(self, kind: str, step: int, **more: Any) -> bool:
        """Tells what has happened; True where the curriculum wants to stop."""
        with self.clock.phase("report"):
            return bool(self._post("/v1/events", {"kind": kind, "step": step, **more})["stop"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return json.loads(self._ask("POST", path, {"run": self.run["run"], "rank": self.rank, **body}))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        begun = time.monotonic()
        data = None if body is None else json.dumps(body).encode()
        pause = 0.1
        try:
            while True:
                # A process that wakes late from its pause may have nothing left.
                left = max(0.05, self.deadline - (time.monotonic() - begun))
                try:
                    status, answer = self._once(method, path, data, min(left, max(0.05, self.deadline / self.tries)))
                    if status < 400:
                        return answer
                    problem = _problem(answer)
                    if status < 500:
                        error = ServiceError(f"{method} {path}: {problem}")
                        error.status = status  # type: ignore[attr-defined]
                        raise error
                except (OSError, http.client.HTTPException) as error:
                    self._local.connection = None
                    problem = f"{type(error).__name__}: {error}"
                if time.monotonic() - begun + pause >= self.deadline:
                    raise ServiceError(
                        f"{method} {path}: no answer within {self.deadline:g} s from {self.url} ({problem})"
                    )
                time.sleep(pause)
                pause = min(2.0, 2 * pause)
        finally:
            self.waited += time.monotonic() - begun

    def _once(self, method: str, path: str, data: bytes | None, timeout: float) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(*self._address, timeout=timeout)
            self._local.connection = connection
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        headers = self._headers if data is None else {**self._headers, "content-type": "application/json"}
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        return response.status, response.read()


def _prompt(item: dict[str, Any]) -> Prompt:
    video = item["video"]
    return Prompt(
        id=item["id"],
        sample=item["sample"],
        messages=item["messages"],
        frames=tuple(Frame(f["hash"], float(f["time"])) for f in video["frames"]),
        fps=float(video["fps"]),
        width=video["width"],
        height=video["height"],
        duration=float(video["duration"]),
        thinking=item["thinking"],
        mask=item["mask"],
        answer=item["answer"],
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _problem(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace")
