"""How a REST service of the emulators starts: host, port and state directory from the command line, then uvicorn."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from emulators.faults.rest import FaultSwitch
from emulators.faults.rules import Faults
from emulators.method_override import MethodOverride

KEEP_ALIVE_SECONDS = 3600
"""Clients pool their connections and send on them after minutes of silence; a server that had closed one loses it."""


def serve(
    name: str,
    port: int,
    open_app: Callable[[Path], ASGIApp],
    open_grpc: Callable[[Path, str, Faults], object] | None = None,
) -> None:
    """Parse the arguments and serve until SIGTERM. `port` is the default; `open_app` opens the state directory.

    `open_grpc` starts a gRPC server on it, at an address, with the same faults, where --grpc-port is given.
    """
    parser = argparse.ArgumentParser(prog=f"python -m emulators.{name}", description=f"The {name} emulator.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--state", type=Path, default=Path(".sluice", name), help="directory of the emulator's state")
    if open_grpc:
        parser.add_argument("--grpc-port", type=int, help="what the service has in gRPC alone")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        faults = Faults(options.state)
        app = MethodOverride(FaultSwitch(open_app(options.state), faults))
    except OSError as error:
        sys.exit(f"{name}: cannot open the state directory {options.state.resolve()}: {error}")
    # Held until the end: a gRPC server stops when nobody refers to it.
    server = (
        open_grpc(options.state, f"{options.host}:{options.grpc_port}", faults)
        if open_grpc and options.grpc_port
        else None
    )
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        log_config=None,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn sends the signal again when it has shut down; this lets the process end with 0 then.
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config).run()
    del server
