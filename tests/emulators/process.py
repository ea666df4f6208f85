"""A service as a process of its own on a free port, for tests."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(name: str, state: Path, port: int, *options: str) -> subprocess.Popen[bytes]:
    """Start `python -m emulators.<name>` and wait until it is healthy."""
    command = [sys.executable, "-m", f"emulators.{name}", "--port", str(port), "--state", str(state), *options]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return process
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    process.kill()
    _, log = process.communicate()
    raise AssertionError(f"{name} did not start: {log.decode()}")


@contextmanager
def running(name: str, state: Path, *options: str) -> Iterator[str]:
    """The address of a service that runs while the block does."""
    port = free_port()
    process = start(name, state, port, *options)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)
