"""Several measurements of step.py one after the other, each in a process of its own, with the imports made once.

python bench/table.py OUT.jsonl SECONDS "--way graph --new 64 --question 0" "--way plain --new 64 --question 0 --steps 2" ...

A line of OUT.jsonl is written as soon as it is known; what is not measured within SECONDS is left out.
"""

from __future__ import annotations

import json
import os

# Asks the driver's library instead of starting CUDA, which a fork would not survive.
os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"

import shlex
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import step
import torch


def measure(out: Path, options: list[str], port: int) -> None:
    """One measurement in this process, which must be a fork; never returns."""
    arguments, code = [*options, "--port", str(port)], 0
    try:
        if torch.cuda._is_in_bad_fork():
            # An import has started CUDA after all.
            own = [sys.executable, step.__file__, *arguments]
            record = json.loads(subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
        else:
            record = step.main(arguments)
    except BaseException as error:
        traceback.print_exc()
        code, record = 1, {"options": options, "failed": f"{type(error).__name__}: {error}"[:300]}
    with out.open("a") as lines:
        lines.write(json.dumps(record) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    out, limit = Path(sys.argv[1]), float(sys.argv[2])
    begun = time.perf_counter()
    for number, line in enumerate(sys.argv[3:]):
        at = time.perf_counter()
        child = os.fork()
        if child == 0:
            measure(out, shlex.split(line), 8711 + 10 * number)
        status = None
        while status is None:
            done, code = os.waitpid(child, os.WNOHANG)
            status = code if done else None
            if status is None and time.perf_counter() - begun > limit:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.2)
        now = time.perf_counter()
        print(f"{line}: exit {os.waitstatus_to_exitcode(status)} in {now - at:.0f} s, {now - begun:.0f} s so far", flush=True)
        if now - begun > limit:
            return


if __name__ == "__main__":
    main()
