"""kill -9 of each service of the running platform: seconds until it is healthy again.

    python -m benchmarks.recovery [--rounds 3] [--days 2] [--accounts 50] [--only-emulators]

The platform is that of `make local-emulate`, after it has played a company, with a state of its own. Measured is the
supervisor's `up` of that one service, from the kill until its health check passes, start of the process included.
Health is an answer of the service itself; a service without ports counts as well when it has lived for a second. The
CPU seconds are the new process' own by then: on a busy machine they tell more than the clock. --only-emulators leaves
the company and the platform's own processes (Dagster, the streaming pipeline) out.
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

import psutil

from benchmarks.support.report import Figure, heading, load, spread

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 5.0


def main() -> None:
    """Prints a line a service."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--only-emulators", action="store_true")
    chosen = parser.parse_args()
    heading(f"Recovery after kill -9, median of {chosen.rounds}; goal: under {GOAL_SECONDS:.0f} s")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        os.environ.update({"SLUICE_STATE": f"{name}/state", "SLUICE_ANY_PORT": "1"})
        play = ["--days", str(chosen.days), "--accounts", str(chosen.accounts)]
        try:
            _run(*(["emulators", "up"] if chosen.only_emulators else ["emulators.local_emulate", *play]))
            found = kills(chosen.rounds)
        finally:
            _run("emulators", "down")
    for service, each in sorted(found.items()):
        seconds, cpu = ([getattr(figure, what) for figure in each] for what in ("seconds", "cpu"))
        met = "" if statistics.median(seconds) < GOAL_SECONDS else "   over the goal"
        print(f"{service:16} {spread(seconds):30} {statistics.median(cpu):6.2f} s of CPU{met}")
    print(load())


def kills(rounds: int) -> dict[str, list[Figure]]:
    """Service -> what each recovery took."""
    from emulators.supervisor.platform import Platform  # reads SLUICE_STATE

    found: dict[str, list[Figure]] = defaultdict(list)
    for _ in range(rounds):
        for service in [one for one in Platform().status() if one.state == "running"]:
            os.kill(_process_of(service.name), signal.SIGKILL)
            started = time.monotonic()
            Platform().up(service.name)
            seconds = time.monotonic() - started
            times = psutil.Process(_process_of(service.name)).cpu_times()
            found[service.name].append(Figure(seconds, times.user + times.system))
    return dict(found)


def _process_of(name: str) -> int:
    from emulators.supervisor.platform import Platform

    found = next(one for one in Platform().status() if one.name == name)
    if found.pid is None:
        raise RuntimeError(f"{name} does not run any more; see {found.log}")
    return int(found.pid)


def _run(module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{module} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
