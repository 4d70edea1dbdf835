"""The client against a real HTTP server that fails in every way."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spanwise_trl.client import Completion, Frame, Prompt, Service, ServiceError

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
HASH = hashlib.sha256(PICTURE.tobytes()).hexdigest()


def item(id_: str, digest: str | None = HASH) -> dict[str, Any]:
    frames = [{"hash": digest, "time": 0.0}, {"hash": None, "time": 0.5}]
    return {
        "id": id_, "sample": "s", "messages": [], "thinking": None, "mask": "m", "answer": None,
        "video": {"frames": frames, "fps": 2.0, "width": 6, "height": 4, "duration": 1.0},
    }  # fmt: skip


class Server:
    """An HTTP server whose answer is a function of (method, path, body): status and bytes."""

    def __init__(self, answer: Callable[[str, str, Any], tuple[int, bytes]], port: int = 0) -> None:
        self.requests: list[tuple[str, str, Any, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                outer.requests.append((self.command, self.path, body, self.headers.get("authorization")))
                status, data = answer(self.command, self.path, body)
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_any

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def healthy(method: str, path: str, body: Any, shared: str | None = None) -> tuple[int, bytes]:
    if path == "/v1/run":
        return 200, json.dumps({"run": "r", "sharedFrames": shared}).encode()
    if path == "/v1/prompts":
        return 200, json.dumps({"items": [item(id_) for id_ in body["ids"]]}).encode()
    if path == "/v1/rewards":
        rewards = [{**{k: c[k] for k in ("id", "generation")}, "reward": 0.5, "weight": 1, "scores": {"iou": 0.5}} for c in body["items"]]
        return 200, json.dumps({"items": rewards}).encode()
    if path == f"/v1/frames/{HASH}":
        return 200, PICTURE.tobytes()
    return 404, b'{"error": "no such frame"}'


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[str, str, Any], tuple[int, bytes]], port: int = 0) -> Server:
        servers.append(Server(answer, port))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_prompts_frames_and_rewards(serve: Callable[..., Server]) -> None:
    server = serve(healthy)
    service = Service(server.url, token="secret", rank=3)
    first, second = service.prompts(7, ["a", "b"])
    frames = service.frames(7, first)
    assert frames.shape == (2, 4, 6, 3) and (frames[0] == PICTURE).all() and not frames[1].any()
    assert first.content == second.content
    rewards = service.rewards(7, [Completion("a", 1, "text", "stop", 4)])
    assert rewards[0].total == 0.5 and rewards[0].scores == {"iou": 0.5}
    posted = [body for _, path, body, _ in server.requests if path == "/v1/rewards"][0]
    assert posted["run"] == "r" and posted["rank"] == 3 and posted["step"] == 7
    assert {authorization for *_, authorization in server.requests} == {"Bearer secret"}


def test_frames_belong_to_the_videos_of_the_messages_in_order() -> None:
    frames = tuple(Frame(None, float(second)) for second in range(3))

    def prompt(*videos: dict[str, Any]) -> Prompt:
        messages = [{"role": "user", "content": [{"type": "text", "text": "x"}, *videos]}]
        return Prompt("a", "s", messages, frames, 1.0, 6, 4, 3.0, None, "m", None)

    one, two = {"type": "video", "frames": 1}, {"type": "video", "frames": 2}
    assert prompt({"type": "video"}).videos == [frames]
    assert prompt(one, two).videos == [frames[:1], frames[1:]]
    assert prompt(one, two).content != prompt(two, one).content
    for wrong in [(one, one), (two, two), (one, {"type": "video"}), ()]:
        with pytest.raises(ServiceError, match="served with 3 frames"):
            _ = prompt(*wrong).videos


def test_a_content_is_what_a_model_sees() -> None:
    base = Prompt("a", "s", [{"role": "user"}], (Frame(HASH, 0.0),), 2.0, 6, 4, 1.0, None, "m", None)
    same = Prompt("b", "t", [{"role": "user"}], (Frame(HASH, 0.0),), 2.0, 6, 4, 9.0, None, "n", "x")
    assert base.content == same.content
    others = [
        Prompt("a", "s", [{"role": "system"}], base.frames, 2.0, 6, 4, 1.0, None, "m", None),
        Prompt("a", "s", base.messages, (Frame(None, 0.0),), 2.0, 6, 4, 1.0, None, "m", None),
        Prompt("a", "s", base.messages, (Frame(HASH, 0.5),), 2.0, 6, 4, 1.0, None, "m", None),
        Prompt("a", "s", base.messages, base.frames, 2.0, 4, 6, 1.0, None, "m", None),
        Prompt("a", "s", base.messages, base.frames, 2.0, 6, 4, 1.0, True, "m", None),
    ]
    assert base.content not in {other.content for other in others}


def test_a_refusal_ends_at_once_with_the_services_words(serve: Callable[..., Server]) -> None:
    server = serve(lambda *_: (409, b'{"error": "ranks disagree"}'))
    with pytest.raises(ServiceError, match="ranks disagree"):
        _ = Service(server.url, deadline=20).run
    assert len(server.requests) == 1


def test_server_errors_and_lost_connections_are_tried_again(serve: Callable[..., Server]) -> None:
    failures = [500, 503]

    def flaky(*request: Any) -> tuple[int, bytes]:
        return (failures.pop(0), b"") if failures else healthy(*request)

    assert Service(serve(flaky).url, deadline=10).run["run"] == "r"


def test_a_service_that_is_restarted_within_the_deadline_is_found_again(serve: Callable[..., Server]) -> None:
    server = serve(healthy)
    service = Service(server.url, deadline=10)
    assert service.run["run"] == "r"
    server.stop()
    timer = threading.Timer(0.5, lambda: serve(healthy, server.port))
    timer.start()
    assert [prompt.id for prompt in service.prompts(0, ["a"])] == ["a"]
    timer.join()


@pytest.mark.parametrize("fault", ["stalled", "gone", "always failing"])
def test_a_rank_ends_within_its_deadline(fault: str, serve: Callable[..., Server]) -> None:
    def stall(*_: Any) -> tuple[int, bytes]:
        time.sleep(6)
        return 200, b"{}"

    if fault == "gone":
        url = "http://127.0.0.1:9"
    else:
        url = serve(stall if fault == "stalled" else lambda *_: (503, b"")).url
    begun = time.monotonic()
    with pytest.raises(ServiceError, match="no answer within 1 s"):
        _ = Service(url, deadline=1.0, tries=2).run
    assert time.monotonic() - begun < 5


def test_a_process_that_wakes_late_from_a_pause_ends_as_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = time.sleep
    monkeypatch.setattr("spanwise_trl.client.time.sleep", lambda seconds: sleep(seconds + 0.5))
    with pytest.raises(ServiceError, match="no answer within 0.3 s"):
        _ = Service("http://127.0.0.1:9", deadline=0.3).run


def test_bytes_that_are_not_the_frame_are_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    def spoiled(method: str, path: str, body: Any) -> tuple[int, bytes]:
        return (200, bytes(72)) if "frames" in path else healthy(method, path, body)

    service = Service(serve(spoiled).url)
    (prompt,) = service.prompts(0, ["a"])
    with pytest.raises(ServiceError, match="other bytes than its name says"):
        service.frames(0, prompt)


def test_a_shared_folder_is_read_first_and_never_trusted(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(lambda *request: healthy(*request, shared=str(tmp_path)))
    service = Service(server.url)
    (prompt,) = service.prompts(0, ["a"])
    file = tmp_path / f"{HASH}.rgb"
    for content, by_http in [(PICTURE.tobytes(), 0), (bytes(72), 1), (b"short", 2)]:
        file.write_bytes(content)
        assert (service.frames(0, prompt)[0] == PICTURE).all()
        assert sum("frames" in path for _, path, *_ in server.requests) == by_http
    file.unlink()
    assert (service.frames(0, prompt)[0] == PICTURE).all()


def test_a_restarted_service_is_told_the_prompt_again(serve: Callable[..., Server]) -> None:
    known: set[str] = set()

    def forgetful(method: str, path: str, body: Any) -> tuple[int, bytes]:
        if path == "/v1/prompts":
            known.add("a")
        if "frames" in path and not known:
            return 404, b'{"error": "no prompt holds it"}'
        return healthy(method, path, body)

    service = Service(serve(forgetful).url)
    (prompt,) = service.prompts(0, ["a"])
    known.clear()
    assert (service.frames(0, prompt)[0] == PICTURE).all()
    # A later round shows frames of the same sample after another question.
    known.clear()
    later = replace(prompt, messages=[*prompt.messages, *prompt.messages])
    assert (service.frames(0, later)[0] == PICTURE).all()

    def changed(method: str, path: str, body: Any) -> tuple[int, bytes]:
        if path == "/v1/prompts":
            return 200, json.dumps({"items": [item(id_, "0" * 64) for id_ in body["ids"]]}).encode()
        return healthy(method, path, body)

    other = Service(serve(changed).url)
    with pytest.raises(ServiceError):
        other.frames(0, Prompt("a", "s", [], (Frame("1" * 64, 0.0),), 2.0, 6, 4, 1.0, None, "m", None))


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://host/", ""])
def test_what_is_not_a_url(url: str) -> None:
    with pytest.raises(ServiceError, match="not the URL"):
        Service(url)
