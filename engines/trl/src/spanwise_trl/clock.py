"""Where the seconds of the trainer's thread go."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Phases in which the trainer's thread stands still for the service.
WAITS = ("prepare", "reward", "report")


class Clock:
    """Seconds by phase: `prepare` (prompts, frames and model inputs that were not ready), `generate` (from then until there
    are completions to reward), `reward` and `report` (answers of the service). What other threads do meanwhile costs the
    trainer nothing and is not counted.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys((*WAITS, "generate"), 0.0)
        self._owner = threading.get_ident()
        self._ready: float | None = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        if threading.get_ident() != self._owner:
            yield
            return
        begun = time.perf_counter()
        if name == "reward" and self._ready is not None:
            self.seconds["generate"] += begun - self._ready
            self._ready = None
        try:
            yield
        finally:
            end = time.perf_counter()
            self.seconds[name] += end - begun
            if name == "prepare":
                self._ready = end
