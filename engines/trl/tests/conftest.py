from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch  # noqa: E402

import spanwise_trl  # noqa: E402, F401
from stand_in import StandIn  # noqa: E402
from tiny import FACTOR, save  # noqa: E402

torch.set_num_threads(1)

#: The checkpoint that Spanwise ships.
SHIPPED = Path(__file__).parents[3] / "checkpoints" / "shapes-base"


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Folder of a checkpoint by kind: `qwen3`, `qwen25`, `qwen2`, or `shapes` for the shipped one."""
    folder = tmp_path_factory.mktemp("models")
    made: dict[str, str] = {"shapes": str(SHIPPED)}

    def get(kind: str) -> str:
        if kind not in made:
            made[kind] = save(kind, folder)
        return made[kind]

    return get


@pytest.fixture
def serve(checkpoint: Callable[[str], str], tmp_path: Path) -> Callable[..., StandIn]:
    """A stand-in service of a run with a checkpoint of this kind."""

    def make(model: str = "qwen3", /, **options: Any) -> StandIn:
        size = 2 * FACTOR.get(model, 32)
        return StandIn(checkpoint(model), str(tmp_path / "out"), size=size, **options)

    return make
