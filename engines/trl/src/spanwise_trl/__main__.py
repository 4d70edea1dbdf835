"""`python -m spanwise_trl`: one process of a training that `spanwise train --engine trl` starts."""

from __future__ import annotations

import argparse
import os
import sys

from .client import Service, ServiceError
from .guards import GuardError


def main() -> int:
    """Trains. Exit codes: 0 all steps done, 1 internal error, 2 a guard or the service refused, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="spanwise-trl", description=__doc__)
    parser.add_argument("--service", default=os.environ.get("SPANWISE_SERVICE"), help="URL of the training service")
    arguments = parser.parse_args()
    if arguments.service is None:
        parser.error("give --service URL, or start it through: spanwise train curriculum --engine trl")
    token = os.environ.get("SPANWISE_TOKEN")
    rank = int(os.environ.get("RANK", "0"))
    service = Service(arguments.service, token, rank)
    try:
        engine = service.run["engine"]
        service.deadline, service.tries = engine["deadline"], engine["tries"]
        if service.run["kind"] == "sft":
            from .sft import train
        else:
            from .grpo import train
        print(f"checkpoint: {train(service)}", flush=True)
        return 0
    except KeyboardInterrupt:
        return 130
    except (GuardError, ServiceError, ValueError) as error:
        print(f"spanwise-trl: {error}", file=sys.stderr, flush=True)
        _report(service, error)
        return 2


def _report(service: Service, error: Exception) -> None:
    try:
        service.deadline = 2.0
        service.event("failed", 0, message=str(error)[:4000])
    except ServiceError:
        pass  # the service itself is what failed


if __name__ == "__main__":
    sys.exit(main())
