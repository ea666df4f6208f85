"""Whether a service is ready, asked in its own way; every question is answered within about a second."""

import socket
import urllib.error
import urllib.request
from collections.abc import Callable

from emulators.supervisor.environment import sources
from emulators.supervisor.ports import HOST
from emulators.supervisor.run_files import Ports

SECONDS = 1.0


def is_ready(checks: tuple[str, ...], ports: Ports) -> bool:
    """Whether all checks, such as ("http:port:/healthz", "grpc:grpc-port"), succeed."""
    return all(_is_ready(check, ports) for check in checks)


def _is_ready(check: str, ports: Ports) -> bool:
    kind, name, *rest = check.split(":", 2)
    return KINDS[kind](ports[name], *rest)


def _http(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=SECONDS):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _tcp(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(SECONDS)
        return client.connect_ex((HOST, port)) == 0


def _grpc(port: int) -> bool:
    if not _tcp(port):
        return False
    # Here, because loading it takes longer than most services take to start.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _postgres(port: int) -> bool:
    """Whether the server is up and has a database for each source."""
    if not _tcp(port):
        return False
    import psycopg2

    try:
        for name in ("postgres", *sources()):
            psycopg2.connect(host=HOST, port=port, user="postgres", dbname=name, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


KINDS: dict[str, Callable[..., bool]] = {"http": _http, "tcp": _tcp, "grpc": _grpc, "postgres": _postgres}
