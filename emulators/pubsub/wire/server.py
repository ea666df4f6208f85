"""The gRPC server: Publisher, Subscriber, SchemaService, IAMPolicy and the standard health service on one port."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health

from emulators.faults.grpc_calls import AsyncFaults
from emulators.faults.rules import Faults
from emulators.pubsub.messages import shadow, v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import DamagedState, PubsubError, invalid
from emulators.pubsub.wire.delivery import pull
from emulators.pubsub.wire.operations import Operation, operations
from emulators.pubsub.wire.streaming_pull import StreamingPull
from emulators.pubsub.wire.unknown_fields import check_known

_LOG = logging.getLogger(__name__)
_MAX_REQUEST_BYTES = 64 * 1024 * 1024  # larger than the service's 10 MB, so that its own error can be given
_OPTIONS = [
    ("grpc.max_receive_message_length", _MAX_REQUEST_BYTES),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
    ("grpc.keepalive_permit_without_calls", 1),
]

Unary = Callable[[bytes, Any], Awaitable[bytes]]


async def start_server(broker: Broker, host: str, port: int, faults: Faults) -> tuple[grpc.aio.Server, int]:
    """Starts to serve; returns the server and the port (the free one that was found for port 0).

    Raises:
        OSError: the port is taken.
    """
    server = grpc.aio.server(options=_OPTIONS, interceptors=[AsyncFaults(faults)])
    for service, methods in operations(broker).items():
        handlers = {name: _unary(_operation(operation)) for name, operation in methods.items()}
        if service == "google.pubsub.v1.Publisher":
            handlers["Publish"] = _unary(_publish(broker))
        elif service == "google.pubsub.v1.Subscriber":
            handlers["Pull"] = _unary(_pull(broker))
            handlers["StreamingPull"] = grpc.stream_stream_rpc_method_handler(_streaming_pull(broker))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} of {host} is taken; stop what listens there, or use another --port") from error
    await server.start()
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    return server, bound


def _unary(method: Unary) -> Any:
    async def handle(encoded: bytes, context: Any) -> bytes:
        try:
            return await method(encoded, context)
        except (PubsubError, DamagedState, OSError) as error:
            await abort(context, error)
            raise

    return grpc.unary_unary_rpc_method_handler(handle)


def _operation(operation: Operation) -> Unary:
    async def method(encoded: bytes, _: Any) -> bytes:
        request = decode(operation.request, encoded)
        check_known(request)
        response = await operation.answer(request)
        return b"" if response is None else bytes(response.SerializeToString())

    return method


def _publish(broker: Broker) -> Unary:
    async def method(encoded: bytes, _: Any) -> bytes:
        request = decode(shadow.PublishRequest, encoded)
        ids = broker.topics.publish(request.topic, request.messages)
        return bytes(v1.PublishResponse(message_ids=ids).SerializeToString())

    return method


def _pull(broker: Broker) -> Unary:
    async def method(encoded: bytes, context: Any) -> bytes:
        return await pull(broker, decode(v1.PullRequest, encoded), context.time_remaining())

    return method


def _streaming_pull(broker: Broker) -> Callable[[AsyncIterator[bytes], Any], AsyncIterator[bytes]]:
    async def method(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        try:
            async for response in StreamingPull(broker, requests).responses():
                yield response
        except (PubsubError, DamagedState, OSError) as error:
            await abort(context, error)

    return method


def decode(kind: Any, encoded: bytes) -> Any:
    """A message from bytes.

    Raises:
        PubsubError: INVALID_ARGUMENT, the bytes are no such message.
    """
    try:
        return kind.FromString(encoded)
    except DecodeError as error:
        raise invalid(f"Invalid {kind.DESCRIPTOR.name}: {error}.") from error


async def abort(context: Any, problem: PubsubError | DamagedState | OSError) -> None:
    """Ends a call with the error's status and, where it has one, its ErrorInfo."""
    error = problem if isinstance(problem, PubsubError) else state_error(problem)
    code = grpc.StatusCode[error.status]
    trailers: tuple[tuple[str, bytes], ...] = ()
    if error.reason:
        status = status_pb2.Status(code=code.value[0], message=error.message)
        info = error_details_pb2.ErrorInfo(reason=error.reason, domain="pubsub.googleapis.com", metadata=error.metadata)
        status.details.add().Pack(info)
        trailers = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(code, error.message, trailers)


def state_error(error: DamagedState | OSError) -> PubsubError:
    """What the caller is told when the state folder fails; the log has it too."""
    _LOG.error("the state folder cannot be used: %s", error)
    status = "DATA_LOSS" if isinstance(error, DamagedState) else "UNAVAILABLE"
    return PubsubError(status, f"The emulator's state folder cannot be used: {error}")


async def stop_server(server: grpc.aio.Server) -> None:
    """Ends open streams (UNAVAILABLE, so that clients come back) and calls within 2 s."""
    started = time.monotonic()
    await server.stop(grace=0.2)
    _LOG.info("stopped serving in %.1f s", time.monotonic() - started)
