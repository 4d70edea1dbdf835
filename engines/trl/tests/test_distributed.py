"""Two processes of gloo, started as on GPUs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).parent


def launch(count: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = [str(HERE), str(HERE.parent / "src")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(count)]
    return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=300)


def run(model: str, folder: Path, way: str) -> list[dict[str, Any]]:
    answer = folder / way
    done = launch(2, str(HERE / "gloo_worker.py"), model, str(folder / "out"), way, str(answer))
    assert done.returncode == 0, done.stderr[-3000:]
    return [torch.load(f"{answer}.{rank}", weights_only=True) for rank in (0, 1)]


def test_two_processes_pack_exactly_and_share_the_prompts(checkpoint: Callable[[str], str], tmp_path: Path) -> None:
    model = checkpoint("qwen3")
    plain, packed = run(model, tmp_path, "plain"), run(model, tmp_path, "packed")
    for ranks in (plain, packed):
        places = [{id_ for body in rank["asked"] for id_ in body["ids"]} for rank in ranks]
        assert places == [{"draw/0", "draw/1"}, {"draw/2", "draw/3"}]
    for a, b in zip(plain, packed, strict=True):
        for name, gradient in a["gradients"].items():
            assert float((gradient - b["gradients"][name]).norm()) <= 1e-5 * float(gradient.norm()) + 1e-9, name
        for key, expected in a["said"].items():
            torch.testing.assert_close(b["said"][key], expected, rtol=1e-5, atol=1e-5)
    # Gradients are those of all ranks.
    first, second = (rank["gradients"] for rank in packed)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_rank_that_fails_ends_the_others(checkpoint: Callable[[str], str], tmp_path: Path) -> None:
    """The other rank waits for it in a gather, which has no deadline of its own; `launch` waits for 5 minutes."""
    done = launch(2, str(HERE / "gloo_worker.py"), checkpoint("qwen3"), str(tmp_path), "failing", str(tmp_path / "x"))
    assert done.returncode != 0
    assert "the service is gone" in done.stderr
