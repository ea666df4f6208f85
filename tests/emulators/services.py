"""Emulators as processes of their own, for tests that need several: started on free ports, killed, started again."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`python -m emulators.<name>`, with its state in a folder and its log in a file beside it."""

    def __init__(self, name: str, folder: Path, *options: str, storage: str = "") -> None:
        """Start it; it may not be ready yet. storage: the address of the Cloud Storage that it is to use."""
        self.name, self.folder, self.options = name, folder, options
        self.port = free_port()
        self.environment = dict(os.environ)  # as it is now: other tests change it before this is started again
        if storage:
            self.environment["STORAGE_EMULATOR_HOST"] = f"http://{storage}"
        self.launch()

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it wrote to stderr."""
        return self.folder / f"{self.name}.log"

    def launch(self) -> None:
        """Start it, on the port that it had, and do not wait for it."""
        state = self.folder / self.name
        command = [sys.executable, "-m", f"emulators.{self.name}", "--port", str(self.port), "--state", str(state)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen([*command, *self.options], stderr=log, stdout=log, env=self.environment)

    def wait(self, seconds: float = 60) -> "Service":
        """Wait until it accepts connections. Raises RuntimeError with its log when it does not come up."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self._is_ready():
                    return self
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()}")

    def _is_ready(self) -> bool:
        """Postgres listens before it serves; its log says when it does."""
        return self.name != "postgres" or "ready: " in self.log.read_text().rpartition("starting PostgreSQL")[2]

    def restart(self) -> None:
        """kill -9, and start it again."""
        self.kill()
        self.launch()
        self.wait()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and kill -9 where that is not enough."""
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
