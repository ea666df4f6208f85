"""A service that dies ends what is waited for: in a process of its own, as the command is, even one without SIGINT."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.supervisor import processes
from emulators.supervisor.platform import Platform
from tests.interrupts import ignoring

WAITER = """
import sys, time
from pathlib import Path
from emulators.local_emulate.watch import Watch
from emulators.supervisor.errors import ServiceFailed
from emulators.supervisor.platform import Platform

platform = Platform(Path(sys.argv[1]))
try:
    with Watch(platform) as watch:
        watch.add("auth", "storage")
        print("watching", flush=True)
        sys.stdin.read()  # for ever
except ServiceFailed as failure:
    print(failure)
"""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path / "state", any_port=True, say=lambda line: None)
    running.up("auth", "storage")
    yield running
    running.down()


def test_a_dead_service_is_told_with_the_end_of_its_log(platform: Platform) -> None:
    pid = next(status.pid for status in platform.status() if status.name == "storage")
    assert pid is not None
    assert platform.died("auth", "storage") == []
    command = ["nohup", sys.executable, "-c", WAITER, str(platform.state)]
    waiter = subprocess.Popen(ignoring(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert waiter.stdout is not None
    assert waiter.stdout.readline() == "watching\n"
    processes.send(pid, signal.SIGKILL)
    told, _ = waiter.communicate(timeout=60) if waiter.wait(60) == 0 else ("", "")
    assert f"storage: it has died (it was process {pid})" in told
    assert "Uvicorn running" in told


def test_a_service_that_was_never_started_is_no_death_but_stopped(platform: Platform) -> None:
    (failure,) = platform.died("auth", "pubsub")
    assert str(failure).startswith("pubsub: it was stopped")
