"""One command at a time works on a state directory."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emulators.supervisor.errors import SupervisorError

PATIENCE = 180.0
"""Seconds to wait for another command."""


@contextmanager
def locked(state: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Hold the directory, made where it is missing; the lock goes with the process, however that ends.

    Raises:
        SupervisorError: another command holds it longer than PATIENCE.
    """
    path = state / "lock"
    deadline = time.monotonic() + PATIENCE
    told = False
    while True:
        state.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            if _take(file.fileno(), path):
                yield
                return
        if not told:
            say(f"waiting: another command is working on {state}")
            told = True
        if time.monotonic() > deadline:
            raise SupervisorError(f"another command has held {path} for {PATIENCE:.0f} s; see who by `fuser {path}`")
        time.sleep(0.1)


def _take(descriptor: int, path: Path) -> bool:
    """Lock the file, if nobody else does and if it is still the one in the directory: a reset may have removed it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
