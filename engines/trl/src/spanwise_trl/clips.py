"""Clips: a prompt with its video, made into model inputs once per content."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .client import Frame, Prompt, Service
from .guards import GuardError
from .texts import read, render


@dataclass(eq=False)
class Clip:
    """A prompt with its videos as the model takes it. Pixels are where the model is, everything else on the host.

    `vision` holds the vision tower's input (`pixel_values_videos` [patches, channels], `video_grid_thw` [videos, 3],
    and `second_per_grid_ts` [videos] where the model has it).
    """

    key: int
    id: str
    sample: str
    mask: str
    input_ids: list[int]
    vision: dict[str, Tensor]
    times: list[float]
    prompt: Prompt
    _positions: tuple[Tensor, int] | None = field(default=None, repr=False)

    def positions(self, body: nn.Module, video_token: int) -> tuple[Tensor, int]:
        """Rotary positions of the prompt [3, P], and that of the first token after it, by the model's own rule."""
        if self._positions is None:
            ids = torch.tensor([self.input_ids])
            more = {k: self.vision[k] for k in ("second_per_grid_ts",) if k in self.vision}
            positions, delta = body.get_rope_index(
                ids,
                mm_token_type_ids=(ids == video_token).int() * 2,
                video_grid_thw=self.vision["video_grid_thw"],
                **more,
            )
            self._positions = positions[:, 0], ids.shape[1] + int(delta)
        return self._positions


class Encoder:
    """Served prompts as clips. A content is processed once, as long as it is not dropped: `pin` drops the least recently
    used clips beyond `room`."""

    def __init__(
        self,
        processor: Any,
        service: Service,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        room: int = 64,
    ) -> None:
        self.processor, self.service, self.dtype, self.room = processor, service, dtype, room
        #: Where pixels are normalised and cut into patches, and stay.
        self.device = torch.device(device)
        self.video_token: int = processor.video_token_id
        self.merge: int = processor.video_processor.merge_size**2
        self.patch: int = processor.video_processor.patch_size
        self.depth: int = processor.video_processor.temporal_patch_size
        #: Qwen2.5-VL takes one interval a clip, Qwen3-VL the time of every frame pair, Qwen2-VL no times.
        self.one_interval = "second_per_grid_ts" in processor.model_input_names
        self.textual_times = type(processor).__name__.startswith("Qwen3")
        self.encoded, self.seconds = 0, 0.0
        self._by_content: OrderedDict[str, Clip] = OrderedDict()
        self._by_key: dict[int, Clip] = {}
        #: Conversations of the rows in hand, by the key of the row.
        self._rounds: dict[int, list[tuple[Clip, int]]] = {}
        self._pinned: set[int] = set()
        self._lock = threading.RLock()

    def __call__(self, step: int, prompt: Prompt) -> Clip:
        content = prompt.content
        with self._lock:
            clip = self._by_content.get(content)
            if clip is None:
                begun = time.perf_counter()
                clip = self._process(step, prompt)
                self._by_content[content] = self._by_key[clip.key] = clip
                self.seconds += time.perf_counter() - begun
            self._by_content.move_to_end(content)
            return clip

    def by_key(self, key: int) -> Clip:
        """The clip of a row; a row whose clip was dropped is a fault."""
        try:
            return self._by_key[key]
        except KeyError:
            raise GuardError(f"the clip of row key {key} is gone: rows must not outlive their generation") from None

    def keep_rounds(self, rounds: dict[int, list[tuple[Clip, int]]]) -> None:
        """Rows of the batch in hand that are conversations, and the clips that they show."""
        self._rounds = rounds
        self.pin(clip for turns in rounds.values() for clip, _ in turns)

    def rounds_of(self, key: int) -> list[tuple[Clip, int | None]]:
        """What a row shows: its rounds' clips and the lengths of their replies; a row without rounds has one of any length."""
        known = self._rounds.get(key)
        return [(self.by_key(key), None)] if known is None else list(known)

    def pin(self, clips: Iterable[Clip]) -> None:
        """Keeps these clips until the next call, because rows in the trainer's buffer refer to them, and drops what is
        beyond `room` of the others."""
        with self._lock:
            self._pinned = {clip.key for clip in clips}
            self._evict()

    def _evict(self) -> None:
        spare = len(self._by_content) - self.room
        for content, clip in list(self._by_content.items())[:-1]:
            if spare <= 0:
                return
            if clip.key not in self._pinned:
                del self._by_content[content], self._by_key[clip.key]
                spare -= 1

    def _process(self, step: int, prompt: Prompt) -> Clip:
        frames = torch.from_numpy(self.service.frames(step, prompt)).permute(0, 3, 1, 2)
        videos = prompt.videos
        inputs = self.processor(
            text=[render(self.processor, prompt.messages, prompt.thinking)],
            videos=list(frames.split([len(video) for video in videos])),
            video_metadata=[self.metadata(prompt, video) for video in videos],
            do_sample_frames=False,
            do_resize=False,
            return_tensors="pt",
            **({} if self.device.type == "cpu" else {"device": self.device}),
        )
        written: list[int] = inputs["input_ids"][0].tolist()
        self.check_times(prompt, written, inputs.get("second_per_grid_ts"))
        ids = read(self.processor.tokenizer, written)
        self.check_grids(prompt, ids, inputs["video_grid_thw"].tolist())
        vision = {
            "pixel_values_videos": inputs["pixel_values_videos"].to(self.dtype),
            "video_grid_thw": inputs["video_grid_thw"].cpu(),
        }
        if self.one_interval:
            vision["second_per_grid_ts"] = torch.as_tensor(inputs["second_per_grid_ts"], dtype=torch.float32)
        self.encoded += 1
        times = [frame.time for frame in prompt.frames]
        return Clip(self.encoded, prompt.id, prompt.sample, prompt.mask, ids, vision, times, prompt)

    def metadata(self, prompt: Prompt, video: Sequence[Frame]) -> dict[str, Any]:
        """`video_metadata` that makes the processor state the own times of a video's frames.

        Qwen3-VL divides indices by `fps`, so with `fps` 1 the indices are seconds. Qwen2.5-VL has one interval for a
        video, so its frames must be evenly spaced: a mask there blanks frames and drops none.
        """
        times = [frame.time for frame in video]
        count = len(times)
        if not self.one_interval:
            return {"fps": 1.0, "frames_indices": times, "total_num_frames": count, "duration": times[-1]}
        gaps = np.diff(times)
        if count > 1 and np.abs(gaps - gaps[0]).max() > 1e-3:
            raise GuardError(f"{prompt.id}: this model knows one interval a clip; serve it with masks that blank frames")
        fps = float(1 / gaps[0]) if count > 1 else prompt.fps
        return {"fps": fps, "frames_indices": list(range(count)), "total_num_frames": count, "duration": count / fps}

    def check_grids(self, prompt: Prompt, ids: list[int], grids: list[list[int]]) -> None:
        """As many video tokens as the grids have merged patches, and a grid of the served size for each video."""
        have, want = ids.count(self.video_token), sum(t * h * w for t, h, w in grids) // self.merge
        frames = [len(video) for video in prompt.videos]
        if have != want or [t for t, _, _ in grids] != [-(-count // self.depth) for count in frames]:
            raise GuardError(
                f"{prompt.id}: the prompt has {have} video tokens, the grids {grids} of {frames} frames {want}"
            )
        for _, h, w in grids:
            if (h * self.patch, w * self.patch) != (prompt.height, prompt.width):
                raise GuardError(
                    f"{prompt.id}: the processor made {w * self.patch}x{h * self.patch} of frames that were "
                    f"served as {prompt.width}x{prompt.height}"
                )

    def check_times(self, prompt: Prompt, ids: list[int], intervals: Any) -> None:
        """What the processor tells the model of time is what was served, within 0.05 s."""
        videos = [[frame.time for frame in video] for video in prompt.videos]
        if self.textual_times:
            pairs = [times[i : i + self.depth] for times in videos for i in range(0, len(times), self.depth)]
            text = self.processor.tokenizer.decode(ids)
            # A time elsewhere is what someone wrote.
            mark = re.escape(self.processor.vision_start_token)
            told = [float(seconds) for seconds in re.findall(rf"<(\d+\.\d) seconds>{mark}", text)]
            # An odd last frame is repeated, so its pair has its own time.
            want = [(pair[0] + pair[-1]) / 2 for pair in pairs]
        elif self.one_interval:
            told = torch.as_tensor(intervals).flatten().tolist()
            # A single frame has no interval.
            want = [
                self.depth * (times[1] - times[0]) if len(times) > 1 else interval
                for times, interval in zip(videos, told, strict=True)
            ]
        else:
            return
        if len(told) != len(want) or max(abs(a - b) for a, b in zip(told, want, strict=True)) > 0.0501:
            raise GuardError(f"{prompt.id}: the prompt says {told[:4]} seconds, served were {want[:4]}")
