"""A Postgres data directory: made once, started, found again after a kill, and stopped."""

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2

from emulators.postgres import processes
from emulators.postgres.processes import PostgresError
from emulators.postgres.settings import as_arguments

log = logging.getLogger(__name__)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """What tells one boot of the machine from the next; empty where the system does not say."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


def wait(done: Callable[[], bool], seconds: float) -> bool:
    """Wait until `done`; False when `seconds` passed without it."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def process_command(pid: int) -> str:
    """The command line of a living process; empty when there is none, or when it is about to be gone."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    question = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(question, capture_output=True, text=True, check=False).stdout.strip()


class Cluster:
    """One data directory under `state` and the server that runs on it."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state.resolve()
        self.port = port
        self.data = self.state / "data"
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the maintenance database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialize(self) -> None:
        """Make the data directory if it is not there. Made aside and renamed, so that a kill leaves no half of one."""
        if self.data.exists():
            return
        made = self.state / "data.initializing"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True, mode=0o700)
        arguments = [
            *("-D", str(made), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
        process = processes.start("initdb", arguments, made, subprocess.PIPE)
        output, _ = process.communicate()
        if process.returncode:
            raise PostgresError(
                f"initdb failed with code {process.returncode}: {output.decode(errors='replace').strip()}"
            )
        made.rename(self.data)

    def start(self, seconds: float = 60.0) -> None:
        """Start the server and wait until it answers.

        Raises:
            PostgresError: it ended or did not answer in time; its own words are in the log.
        """
        self._stop_orphan()
        self._refuse_torn_files()
        (self.state / "boot_id").write_text(boot_id())
        for _ in range(100):
            self.server = processes.start("postgres", ["-D", str(self.data), *as_arguments(self.port)], self.data, None)
            if wait(lambda: self.answers() or self.ended(), seconds) and self.answers():
                return
            if not self.ended():
                self.stop()
                raise PostgresError(f"Postgres did not answer on port {self.port} within {seconds:.0f} s")
            if not self._last_backends_leave():
                break
        raise PostgresError(f"Postgres ended while it started (port {self.port}, {self.data}); its reason is above")

    def answers(self) -> bool:
        """Whether our server accepts connections: another one on the same port does not count."""
        if self.ended():
            return False
        try:
            connection = psycopg2.connect(self.url, connect_timeout=5)
        except psycopg2.OperationalError:
            return False
        with connection, connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            row = cursor.fetchone()
        connection.close()
        return row is not None and Path(row[0]) == self.data

    def ended(self) -> bool:
        """Whether the server process is gone."""
        return self.server is None or self.server.poll() is not None

    def stop(self) -> None:
        """Fast shutdown with a checkpoint; after 4 s without one, at once (the next start then recovers by the log)."""
        if self.server is None:
            return
        for sent, seconds in ((signal.SIGINT, 4.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
            if self.ended():
                break
            self.server.send_signal(sent)
            wait(self.ended, seconds)
        if self.server.returncode == 0:
            (self.state / "boot_id").unlink(missing_ok=True)

    def _orphan(self) -> int | None:
        """The process of a server that runs on our data without us.

        Where the pid of an earlier one is another program's now, its file is removed, since Postgres would believe it.
        Otherwise the file must stay: by it Postgres finds sessions that outlived a killed server.
        """
        file = self.data / "postmaster.pid"
        try:
            first = file.read_text().split("\n", 1)[0].strip()
        except FileNotFoundError:
            return None
        command = process_command(int(first)) if first.isdigit() else ""
        if command and not ("postgres" in command and str(self.data) in command):
            file.unlink(missing_ok=True)
            return None
        return int(first) if command else None

    def _stop_orphan(self) -> None:
        pid = self._orphan()
        for sent, seconds in ((signal.SIGINT, 4.0), (signal.SIGQUIT, 5.0)):
            if pid is None:
                break
            log.warning("a server of an earlier run still runs as process %d: stopping it", pid)
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                break
            wait(lambda: self._orphan() is None, seconds)
            pid = self._orphan()
        if pid is not None:
            raise PostgresError(f"process {pid} runs on {self.data} and does not stop; end it and start again")

    def _last_backends_leave(self) -> bool:
        """Whether to try again: after a kill -9 the server's sessions hold its shared memory for some moments."""
        time.sleep(0.1)
        if self.server is not None and self.server.returncode != 1:
            return False
        return self._port_is_free()

    def _port_is_free(self) -> bool:
        try:
            psycopg2.connect(self.url, connect_timeout=1).close()
        except psycopg2.OperationalError as error:
            return "refused" in str(error)
        return False

    def _refuse_torn_files(self) -> None:
        """The file boot_id is there while the server runs: one of an earlier boot means that the machine went down."""
        file = self.state / "boot_id"
        if file.exists() and file.read_text() != boot_id():
            raise PostgresError(
                f"the machine went down while Postgres ran on {self.data}; for speed it does not flush to disk, so its "
                f"files may be torn; remove {self.state} (`make local-reset` does), or {file} to take the risk"
            )
