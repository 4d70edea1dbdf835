"""The processor that TRL sees: it resolves ids of samples when completions are generated, never when rows are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from transformers import BatchFeature
from transformers.processing_utils import ProcessorMixin

from .client import Prompt, Service
from .clips import Clip, Encoder


class ServedProcessor(ProcessorMixin):
    """Wraps the model's processor. For the trainer, "images" are ids of samples and "pixel_values" keys of clips, so no
    pixel rides in a row, through a shuffle or to another process."""

    def __init__(self, processor: Any, service: Service, encoder: Encoder, step: Callable[[], int]) -> None:
        # Not super().__init__: this has no parts of its own to check.
        self.inner, self.service, self.encoder, self.step = processor, service, encoder, step
        self.tokenizer = processor.tokenizer
        self.image_processor, self.video_processor = processor.image_processor, processor.video_processor
        self.chat_template = processor.chat_template
        self.now: dict[str, Clip] = {}
        #: Rows that are conversations, by id and number.
        self.rows: dict[tuple[str, int], Any] = {}
        #: Masks that were trained on, by step and id.
        self.masks: dict[int, dict[str, str]] = {}
        self._resolved_at = -1
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="spanwise-ahead")
        self._ahead: dict[int, dict[tuple[str, ...], Future[dict[str, tuple[Prompt, Clip]]]]] = {}
        #: What was served for the step in hand.
        self._known: dict[int, dict[str, tuple[Prompt, Clip]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["inner"], name)

    def save_pretrained(self, *args: Any, **kwargs: Any) -> Any:
        """Saves the wrapped processor: a checkpoint must not name this class, which `AutoProcessor` cannot load."""
        return self.inner.save_pretrained(*args, **kwargs)

    def batch_decode(self, *args: Any, **kwargs: Any) -> list[str]:
        return self.inner.batch_decode(*args, **kwargs)

    def ids(self, conversations: list[list[dict[str, Any]]]) -> list[str]:
        return [_id(conversation) for conversation in conversations]

    def keep(self, rows: Sequence[Any]) -> None:
        """Conversations about frames are the rows of this step; see `seek`."""
        self.rows = {(row.id, row.generation): row for row in rows}
        self.encoder.keep_rounds({row.key: row.turns for row in rows})

    def resolve(self, conversations: list[list[dict[str, Any]]]) -> list[Clip]:
        """The clips that conversations name, as of this step: the one place where prompts are asked for."""
        with self.service.clock.phase("prepare"):
            return self._resolve(conversations)

    def _resolve(self, conversations: list[list[dict[str, Any]]]) -> list[Clip]:
        ids = self.ids(conversations)
        step = self.step()
        if step != self._resolved_at:
            self.now, self._resolved_at = {}, step
        unique = list(dict.fromkeys(ids))
        clips = [clip for _, clip in self.served(step, unique)]
        self.now.update(zip(unique, clips, strict=True))
        self.encoder.pin(self.now.values())
        self.masks = {at: masks for at, masks in self.masks.items() if at >= step - 1}
        self.masks.setdefault(step, {}).update({id_: clip.mask for id_, clip in zip(unique, clips, strict=True)})
        return [self.now[id_] for id_ in ids]

    def served(self, step: int, ids: Sequence[str]) -> list[tuple[Prompt, Clip]]:
        """Prompts of a step with their clips: those that were read ahead, and the others now. Answers are functions of step
        and id, so neither is asked for twice."""
        if step not in self._known:
            self._known = {step: {}}
        known = self._known[step]
        for reading in self._ahead.pop(step, {}).values():
            known.update(reading.result())
        known.update(self._ask(step, [id_ for id_ in ids if id_ not in known]))
        return [known[id_] for id_ in ids]

    def read_ahead(self, step: int, ids: Sequence[str]) -> None:
        """Begins to fetch and process prompts of a later step in another thread; its failures are raised by `served`."""
        reading = self._ahead.setdefault(step, {})
        if tuple(ids) not in reading:
            reading[tuple(ids)] = self._reader.submit(self._ask, step, list(ids))

    def _ask(self, step: int, ids: list[str]) -> dict[str, tuple[Prompt, Clip]]:
        prompts = self.service.prompts(step, ids) if ids else []
        return {prompt.id: (prompt, self.encoder(step, prompt)) for prompt in prompts}

    def apply_chat_template(self, conversation: Any, tokenize: bool = False, **_: Any) -> Any:
        """Expanded token ids and video inputs of conversations; nothing where only text is asked for, which TRL renders a
        second time for the loss, when the clips are known already."""
        if not tokenize:
            return ""
        clips = self.resolve(conversation)
        out: dict[str, Any] = {
            "input_ids": [list(clip.input_ids) for clip in clips],
            "mm_token_type_ids": [[2 * (t == self.encoder.video_token) for t in clip.input_ids] for clip in clips],
        }
        for name in clips[0].vision:
            out[name] = torch.cat([clip.vision[name] for clip in clips])
        return BatchFeature(out)

    def __call__(self, images: Any = None, text: Any = None, **_: Any) -> BatchFeature:
        turns: dict[str, int] = {}
        keys = []
        for (id_,) in images:
            number = turns[id_] = turns.get(id_, -1) + 1
            row = self.rows.get((id_, number))
            keys.append(self.now[id_].key if row is None else row.key)
        return BatchFeature({"pixel_values": torch.tensor(keys)})


def _id(conversation: list[dict[str, Any]]) -> str:
    for message in conversation:
        for part in message["content"]:
            if part["type"] == "image":
                return part["image"]
    raise ValueError("a row that names no sample")
