"""The verl adapter with stand-ins of verl's loop and server; its training path needs GPUs and was not run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from stand_in import StandIn
from transformers import AutoProcessor

from spanwise_trl import verl
from spanwise_trl.guards import GuardError

Serve = Callable[..., StandIn]


@pytest.fixture
def serving(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StandIn]]:
    def start(*arguments: Any, **options: Any) -> StandIn:
        made = serve(*arguments, **options)
        monkeypatch.setattr(verl, "service", lambda: made)
        return made

    yield start


def test_rows_hold_places_and_no_pixels(serving: Callable[..., StandIn]) -> None:
    serving(steps=3)
    rows = verl.IdDataset()
    assert len(rows) == 6
    assert [rows[n]["extra_info"]["place"] for n in range(4)] == ["draw/0", "draw/1", "draw/0", "draw/1"]
    assert rows[0]["agent_name"] == "spanwise"


def test_steps_are_counted_from_nought() -> None:
    assert verl.step_of(1) == 0
    with pytest.raises(GuardError):
        verl.step_of(0)


@dataclass
class Output:
    prompt_ids: list[int]
    response_ids: list[int]
    response_mask: list[int]
    response_logprobs: list[float]
    multi_modal_data: dict[str, Any]
    num_turns: int
    metrics: dict[str, Any]
    extra_fields: dict[str, Any]


@pytest.mark.parametrize("kind", ["qwen3", "qwen25"])
def test_a_rollout_asks_for_its_step_and_its_reward_follows(kind: str, serving: Callable[..., StandIn], checkpoint: Any) -> None:
    service = serving(kind)
    processor = AutoProcessor.from_pretrained(checkpoint(kind))
    sent: dict[str, Any] = {}

    class Server:
        async def generate(self, **request: Any) -> Any:
            sent.update(request)
            return SimpleNamespace(token_ids=[40, 41, 42], log_probs=[-1.0, -2.0, -3.0])

    loop = SimpleNamespace(processor=processor, server_manager=Server())
    row = {"extra_info": dict(verl.IdDataset()[1]["extra_info"]), "global_steps": 2, "uid": "u", "session_id": 3}
    output = asyncio.run(verl.run_loop(loop, Output, {"temperature": 1.0}, row))
    assert service.asked[-1]["step"] == 1 and service.asked[-1]["ids"] == ["draw/1"]
    assert sent["prompt_ids"].count(processor.video_token_id) == 1
    assert output.prompt_ids.count(processor.video_token_id) > 1
    assert output.response_mask == [1, 1, 1] and output.response_logprobs == [-1.0, -2.0, -3.0]
    info = output.extra_fields["extra_info"]
    assert info["mask"] == service.item(1, "draw/1")["mask"]
    score = asyncio.run(verl.compute_score("spanwise", "eee", "", info))
    assert service.rewarded[-1]["items"][0]["generation"] == 3 and service.rewarded[-1]["step"] == 1
    assert set(score) == {"score", "vowels", "length"}
    assert processor.get_rope_index_kwargs({"second_per_grid_ts": [1.0]}) == {"second_per_grid_ts": [1.0]}
    assert processor.get_rope_index_kwargs({}) == {}


def test_rows_of_another_data_set_are_refused(serving: Callable[..., StandIn]) -> None:
    serving()
    with pytest.raises(GuardError, match="no place or step"):
        asyncio.run(verl.compute_score("x", "text", "", {}))


def test_completions_are_numbered_where_verl_does_not() -> None:
    count = verl.PlaceCounter()
    assert [count(0, "a"), count(0, "a"), count(0, "b"), count(1, "a")] == [0, 1, 0, 0]


def test_a_service_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPANWISE_SERVICE", raising=False)
    monkeypatch.setattr(verl, "_services", {})
    with pytest.raises(RuntimeError, match="SPANWISE_SERVICE is not set"):
        verl.service()
