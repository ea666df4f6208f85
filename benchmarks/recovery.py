"""kill -9 of each service of the running platform: seconds until it is healthy again.

    python -m benchmarks.recovery [--rounds 3] [--days 2] [--accounts 50] [--only-emulators]

The platform is that of `make local-emulate`, after it has played a company, with a state of its own. Measured is the
supervisor's `up` of that one service, from the kill until it works again, start of the process included: its health
check passes, which is an answer of the service itself; the streaming pipeline reads its subscriptions; Dagster's code
server has loaded the definitions, its daemon shows a sign of life; and a run that was killed has a follower that
works. The CPU seconds are the new process' own by then: on a busy machine they tell more than the clock.
--only-emulators leaves the company and the platform's own processes (Dagster, the streaming pipeline) out.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.support.report import Figure, heading, load, spread

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 5.0
PATIENCE = 120.0
ALIVE = "{ instance { daemonHealth { allDaemonStatuses { daemonType required lastHeartbeatTime } } } }"


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
            _until(partial(works, service.name))
            seconds = time.monotonic() - started
            times = psutil.Process(_process_of(service.name)).cpu_times()
            found[service.name].append(Figure(seconds, times.user + times.system))
        if any(one.name == "dagster" and one.state == "running" for one in Platform().status()):
            found["a run of Dagster"].append(_killed_run())
    return dict(found)


def works(name: str) -> bool:
    """Whether a service does its work, where its health check says less than that."""
    from emulators.supervisor.platform import Platform

    status = next(one for one in Platform().status() if one.name == name)
    if name == "dataflow":
        file = Platform().state / "dataflow" / "status.json"
        found = json.loads(file.read_text()) if file.exists() else {}
        return found.get("process_id") == status.pid and found["state"] in ("idle", "running")
    if name == "dagster-code":
        from dagster._grpc.client import DagsterGrpcClient

        return bool(DagsterGrpcClient(port=status.ports["port"], host="127.0.0.1").list_repositories())
    if name == "dagster-daemon":
        daemons = _dagster().ask(ALIVE, {})["instance"]["daemonHealth"]["allDaemonStatuses"]
        began = Platform().started_at(name)
        return all((one["lastHeartbeatTime"] or 0) > began for one in daemons if one["required"])
    return True


def _killed_run() -> Figure:
    """From the kill of a run's process until another run works in its place, as the next `make local-run` starts it."""
    from emulators.supervisor.platform import Platform

    dagster, platform = _dagster(), Platform()
    process = _begun(dagster, dagster.launch("refresh"))
    os.kill(process, signal.SIGKILL)
    started = time.monotonic()
    dagster.end_orphans(platform.started_at("dagster-code"), platform.owns)
    follower = dagster.launch("refresh")
    times = psutil.Process(_begun(dagster, follower)).cpu_times()
    seconds = time.monotonic() - started
    dagster.follow(follower, lambda _: None)
    return Figure(seconds, times.user + times.system)


def _begun(dagster: Any, run: str) -> int:
    """The process of a run, once it works."""
    _until(lambda: dagster.process(run) is not None)
    return int(dagster.process(run))


def _dagster() -> Any:
    from emulators.local_emulate.dagster import Dagster
    from emulators.supervisor.platform import Platform

    port = next(one.ports["port"] for one in Platform().status() if one.name == "dagster")
    return Dagster(f"http://127.0.0.1:{port}")


def _until(done: Callable[[], bool]) -> None:
    """Returns when it is true; what does not answer yet is asked again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if done():
                return
        except Exception:  # a service that is just starting may say anything
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {PATIENCE:.0f} s")
        time.sleep(0.05)


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
