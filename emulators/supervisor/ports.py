"""Which port a service gets: the one it had, else its usual one, else any that is free."""

import socket
from collections.abc import Collection
from contextlib import ExitStack

from emulators.supervisor.run_files import Ports
from emulators.supervisor.services import Service

HOST = "127.0.0.1"


def choose(
    services: Collection[Service], known: dict[str, Ports], running: Collection[str], any_port: bool
) -> dict[str, Ports]:
    """The ports of all services. Those of a running one stay; a port that somebody else holds is replaced.

    Args:
        services: all services, whether they are to be started or not.
        known: the ports of last time.
        running: the names of the services that run.
        any_port: begin with a free port, not with the usual one, so that platforms can stand side by side.
    """
    chosen: dict[str, Ports] = {}
    avoid = {port.usual for service in services for port in service.ports}
    with ExitStack() as held:
        for service in services:
            ports = chosen.setdefault(service.name, {})
            for port in service.ports:
                number = known.get(service.name, {}).get(port.name) or (0 if any_port else port.usual)
                if service.name not in running and (not number or not is_free(number)):
                    number = _free_port(held, avoid)
                ports[port.name] = number
                avoid.add(number)
    return chosen


def is_free(port: int) -> bool:
    """Whether a server could listen there: nobody answers, and the system gives the port."""
    with socket.socket() as client:
        client.settimeout(0.5)
        if client.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(held: ExitStack, avoid: set[int]) -> int:
    """A free port; its socket stays bound until all are chosen, so that none is chosen twice."""
    while True:
        server = held.enter_context(socket.socket())
        server.bind((HOST, 0))
        number = int(server.getsockname()[1])
        if number not in avoid:
            return number
