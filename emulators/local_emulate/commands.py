"""The platform's own commands as processes: their log goes to the progress display, and to a file for later."""

import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from emulators.supervisor.environment import ROOT


class CommandFailed(Exception):
    """A command ended with another status than 0; the message says which, why and where its log is.

    tail: the last lines that it wrote.
    """

    def __init__(self, what: str, status: int, tail: Sequence[str], log: Path) -> None:
        super().__init__(f"`{what}` failed (status {status}):\n" + "\n".join(tail) + f"\nlog: {log}")
        self.status, self.tail = status, tail


def run(module: str, *arguments: str, environment: Mapping[str, str], log: Path, say: Callable[[str], None]) -> None:
    """Runs `python -m module`, passing on each line.

    Raises:
        CommandFailed: it ended with an error.
    """
    command = [sys.executable, "-m", module, *arguments]
    tail: deque[str] = deque(maxlen=15)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                tail.append(line.rstrip())
                say(line.rstrip())
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if status != 0:
        raise CommandFailed(" ".join((module, *arguments)), status, list(tail), log)
