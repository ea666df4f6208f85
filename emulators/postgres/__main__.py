"""A laptop's source database: `python -m emulators.postgres --port 54320 --state .sluice/postgres --database saas`.

A supervisor in the foreground: SIGTERM shuts the server down fast; when the server ends, so does the supervisor.
"""

import argparse
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from emulators.postgres.cluster import Cluster
from emulators.postgres.databases import create_database
from emulators.postgres.processes import PostgresError

log = logging.getLogger("emulators.postgres")


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m emulators.postgres", description=__doc__)
    parser.add_argument("--port", type=int, default=54320, help="0 takes a free one and prints it")
    parser.add_argument("--state", type=Path, default=Path(".sluice/postgres"))
    parser.add_argument(
        "--host", default="127.0.0.1", choices=["127.0.0.1"], help="trust authentication: this machine alone"
    )
    parser.add_argument(
        "--database", action="append", default=[], metavar="NAME", help="created if missing; repeatable"
    )
    return parser.parse_args()


def hold(state: Path) -> int:
    """Take the state directory for this process; the lock goes when the process does."""
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PostgresError(f"another emulators.postgres runs with --state {state}; stop it first") from None
    return lock


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Serve until told to stop; the exit code."""
    lock = hold(options.state)
    cluster = Cluster(options.state, options.port or free_port())
    try:
        cluster.initialize()
        cluster.start()
        for name in options.database:
            create_database(cluster.url, name)
        log.info("ready: %s", cluster.url)
        while not stopping.wait(0.2):
            if cluster.ended():
                log.error("Postgres ended by itself; its reason is in the lines above. Start again to go on")
                return 1
    finally:
        cluster.stop()
        os.close(lock)
    log.info("stopped")
    return 0


def main() -> int:
    """Set up logging and signals, then serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s postgres %(levelname)s %(message)s", stream=sys.stderr)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        return run(arguments(), stopping)
    except PostgresError as error:
        log.error("%s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
