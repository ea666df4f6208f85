"""kill -9 of each service of the running platform: seconds until it is healthy again.

    python -m benchmarks.recovery [--rounds 3] [--days 2] [--accounts 50]

The platform is that of `make local-emulate`, after it has played a company, with a state of its own. Measured is the
supervisor's `up` of that one service, from the kill until its health check passes, start of the process included.
Health is an answer of the service itself; a service without ports counts as well when it has lived for a second.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.support.report import heading, load, spread

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 5.0


def main() -> None:
    """Prints a line a service."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--accounts", type=int, default=50)
    chosen = parser.parse_args()
    heading(f"Recovery after kill -9, median of {chosen.rounds}; goal: under {GOAL_SECONDS:.0f} s")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        os.environ.update({"SLUICE_STATE": f"{name}/state", "SLUICE_ANY_PORT": "1"})
        play = ["--days", str(chosen.days), "--accounts", str(chosen.accounts)]
        try:
            _run("emulators.local_emulate", *play)
            seconds = kills(chosen.rounds)
        finally:
            _run("emulators", "down")
    for service, found in sorted(seconds.items()):
        met = "" if statistics.median(found) < GOAL_SECONDS else "   over the goal"
        print(f"{service:16} {spread(found)}{met}")
    print(load())


def kills(rounds: int) -> dict[str, list[float]]:
    """Service -> seconds of each recovery."""
    from emulators.supervisor.platform import Platform  # reads SLUICE_STATE

    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for service in [one for one in Platform().status() if one.state == "running"]:
            found = next(one for one in Platform().status() if one.name == service.name)
            if found.pid is None:
                raise RuntimeError(f"{service.name} does not run any more; see {found.log}")
            os.kill(found.pid, signal.SIGKILL)
            started = time.monotonic()
            Platform().up(service.name)
            seconds[service.name].append(time.monotonic() - started)
    return dict(seconds)


def _run(module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{module} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
