"""One service's life: start it, see it become healthy, end it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from emulators.supervisor import health, processes
from emulators.supervisor.environment import ROOT, sources
from emulators.supervisor.errors import ServiceFailed
from emulators.supervisor.run_files import Ports, Run, RunFiles, text_without_end
from emulators.supervisor.services import Service

LONGEST_LOG = 10_000_000
"""Bytes after which a log is put aside at the next start."""

SETTLED = 1.0
"""Seconds after which a process without a health check counts as well."""

GRACE, LAST_GRACE = 10.0, 3.0
"""Seconds between SIGTERM and SIGKILL, for the service and for what it leaves behind."""

MARKER = "SLUICE_SERVICE"
"""The variable by which the processes of a service are told from strangers: <state directory>:<name>."""


@dataclass
class Starting:
    """A process that was started a moment ago; `failure` is set when it has gone wrong."""

    service: Service
    run: Run
    log: Path
    process: subprocess.Popen[bytes] | None = None
    begun: float = field(default_factory=time.monotonic)

    def is_ready(self) -> bool:
        """Whether it is healthy now.

        Raises:
            ServiceFailed: it has ended, or its time is over.
        """
        seconds = time.monotonic() - self.begun
        if self.process is not None and self.process.poll() is not None:
            reason = f"it ended after {seconds:.1f} s with exit code {self.process.returncode}"
            raise ServiceFailed(self.service.name, reason, self.log, self.run.log_start)
        if not self.service.health:
            return seconds > SETTLED
        if health.is_ready(self.service.health, self.run.ports):
            return True
        if seconds > self.service.patience:
            reason = f"it runs (pid {self.run.pid}) but is not healthy after {seconds:.0f} s ({self.service.health[0]})"
            raise ServiceFailed(self.service.name, reason, self.log, self.run.log_start)
        return False


class Lifecycle:
    """Starts and ends the services of one state directory."""

    def __init__(self, state: Path, files: RunFiles) -> None:
        self._state = state
        self._files = files

    def start(self, service: Service, ports: Ports, variables: dict[str, str], addresses: dict[str, str]) -> Starting:
        """Start the process, in a session of its own so that it outlives the caller."""
        log = self.log(service.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        marker = {MARKER: self._marker(service.name)}
        command = self._command(service, ports)
        with log.open("ab") as file:
            text = text_without_end(service.name, ports, addresses, file.tell())
            self._files.remove(service.name)
            arguments = ["/bin/sh", "-c", processes.LAUNCHER, "sh", str(self._files.path(service.name)), text, *command]
            process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=os.environ | variables | marker | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        written = processes.wait_until(lambda: self._has_written(service.name, process), 10)
        run = self._files.read(service.name)
        if not written or run is None:
            raise ServiceFailed(service.name, f"{command[0]} could not be started", log)
        return Starting(service, run, log, process)

    def end(self, name: str) -> None:
        """End a service and whatever it has left running; its run file goes when all of it has ended.

        Raises:
            ServiceFailed: something does not even end by SIGKILL.
        """
        run = self._files.read(name)
        if run is None:
            return
        if run.is_alive:
            processes.send(run.pid, signal.SIGTERM)
            if not processes.wait_until(lambda: not run.is_alive, GRACE):
                processes.send(run.pid, signal.SIGKILL)
                processes.wait_until(lambda: not run.is_alive, LAST_GRACE)
        self.end_leftovers(run)
        if run.is_alive or self._leftovers(run):
            raise ServiceFailed(name, f"process {run.pid} does not end, even by SIGKILL", self.log(name))
        self._files.remove(name)

    def end_leftovers(self, run: Run) -> None:
        """End the children of a service that is itself no more, such as Dagster's workers after a kill."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._leftovers(run):
                processes.send(pid, number)
            if processes.wait_until(lambda: not self._leftovers(run), LAST_GRACE):
                return

    def log(self, name: str) -> Path:
        return self._state / "logs" / f"{name}.log"

    def _leftovers(self, run: Run) -> list[int]:
        """Processes of the service's group that carry its marker; a stranger with a used-again number does not."""
        if run.is_alive:
            return []
        marker = self._marker(run.name)
        return [pid for pid in processes.group(run.pid) if processes.variable(pid, MARKER) == marker]

    def _has_written(self, name: str, process: subprocess.Popen[bytes]) -> bool:
        return self._files.path(name).exists() or process.poll() is not None

    def _marker(self, name: str) -> str:
        return f"{self._state}:{name}"

    def _command(self, service: Service, ports: Ports) -> list[str]:
        values = {name: str(number) for name, number in ports.items()} | {
            "python": sys.executable,
            "root": str(ROOT),
            "state": str(self._state / service.name),
        }
        words: list[str] = []
        for word in service.command:
            if word == "{databases}":
                words += [option for source in sources() for option in ("--database", source)]
            else:
                words.append(word.format(**values))
        return words
