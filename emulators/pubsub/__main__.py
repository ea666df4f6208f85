"""`python -m emulators.pubsub --port 8085 --state .sluice/pubsub`: a local Pub/Sub over gRPC, until SIGTERM."""

import argparse
import asyncio
import itertools
import logging
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvloop

from emulators.faults.rules import Faults
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import DamagedState
from emulators.pubsub.wire.exports import Exporters
from emulators.pubsub.wire.push import Pushers
from emulators.pubsub.wire.server import start_server, stop_server

_LOG = logging.getLogger("emulators.pubsub")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.pubsub", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8085, help="gRPC port; 0 finds a free one (default: 8085)")
    parser.add_argument("--rest-port", type=int, help="also serve REST (/v1/projects/...) on this port")
    parser.add_argument("--state", type=Path, default=Path(".sluice/pubsub"), help="folder that keeps everything")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    broker = Broker(arguments.state)
    faults = Faults(arguments.state)
    server, port = await start_server(broker, arguments.host, arguments.port, faults)
    rest = await _start_rest(broker, arguments.host, arguments.rest_port, faults)
    _LOG.info("Pub/Sub listens on %s:%d, state in %s", arguments.host, port, arguments.state)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    deliverers = Pushers(broker), Exporters(broker)
    chores = asyncio.create_task(_chores(broker, deliverers))
    await stopping.wait()
    chores.cancel()
    for deliverer in deliverers:
        deliverer.stop()
    await stop_server(server)
    if rest is not None:
        await rest.shutdown()
    broker.close()


async def _start_rest(broker: Broker, host: str, port: int | None, faults: Faults) -> Any:
    """The REST server, if one is wanted. Its libraries are loaded only then: they double the time to start."""
    if port is None:
        return None
    import uvicorn

    from emulators.faults.rest import FaultSwitch
    from emulators.method_override import MethodOverride
    from emulators.pubsub.wire.rest import rest_application

    listening = socket.create_server((host, port))
    _LOG.info("Pub/Sub REST listens on %s:%d", host, listening.getsockname()[1])
    config = uvicorn.Config(
        MethodOverride(FaultSwitch(rest_application(broker), faults)),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=3600,  # clients pool connections, and lose what they send on one that was closed
        timeout_graceful_shutdown=2,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    return server


async def _chores(broker: Broker, deliverers: tuple[Pushers, Exporters]) -> None:
    for second in itertools.count():
        try:
            broker.expire_leases()
            for deliverer in deliverers:
                deliverer.look()
            if second % 30 == 0:
                broker.keep_house()
        except (DamagedState, OSError) as error:
            _LOG.error("the state folder cannot be used: %s", error)
        await asyncio.sleep(1)


def main() -> None:
    """Runs the server; exits with 1 and a reason when the port or the state folder cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        uvloop.run(_serve(_arguments()))
    except (DamagedState, OSError) as error:
        sys.exit(f"emulators.pubsub: {error}")


if __name__ == "__main__":
    main()
