"""Datastream on a laptop: `python -m emulators.datastream --port 9070 --state .sluice/datastream`.

Writes to the Cloud Storage that STORAGE_EMULATOR_HOST names. SIGTERM ends it; started again, it goes on where it was.
"""

import argparse
import fcntl
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

import emulators.without_pandas  # noqa: F401  before all that imports pyarrow
from emulators.datastream.service import Datastream
from emulators.datastream.storage import StorageRefused, endpoint
from emulators.datastream.wire import application
from emulators.faults.rest import FaultSwitch
from emulators.faults.rules import Faults
from emulators.method_override import MethodOverride

log = logging.getLogger("emulators.datastream")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m emulators.datastream", description=__doc__)
    parser.add_argument("--port", type=int, default=9070, help="0 takes a free one and prints it")
    parser.add_argument("--state", type=Path, default=Path(".sluice/datastream"))
    parser.add_argument("--host", default="127.0.0.1")
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop; the exit code."""
    form = "%(asctime)s datastream %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, stream=sys.stderr)
    options = arguments()
    options.state.mkdir(parents=True, exist_ok=True)
    lock = os.open(options.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        endpoint()
        listener = socket.create_server((options.host, options.port))
    except BlockingIOError:
        log.error("another emulators.datastream runs with --state %s; stop it first", options.state)
        return 1
    except (StorageRefused, OSError) as error:
        log.error("%s", error)
        return 1
    service = Datastream(options.state.resolve())
    gc.set_threshold(100_000, 50, 100)  # a batch is many objects that live until it is written: visit them seldom
    service.start()
    log.info("ready: http://%s:%d", *listener.getsockname()[:2])
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has shut down
        signal.signal(number, lambda *_: None)
    app = MethodOverride(FaultSwitch(application(service), Faults(options.state)))
    settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    uvicorn.Server(settings).run(sockets=[listener])
    service.stop()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
