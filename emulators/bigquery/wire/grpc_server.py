"""The gRPC server: BigQuery Storage API (read and write) and the standard health service."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.streams.read_sessions import ReadSessions
from emulators.bigquery.state.streams.streams import StreamError
from emulators.bigquery.state.streams.write_streams import WriteStreams
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.certificate import NAME, certificate
from emulators.bigquery.wire.storage_messages import MESSAGES
from emulators.bigquery.wire.storage_read import ReadService
from emulators.bigquery.wire.storage_write import WriteService
from emulators.bigquery.wire.tunnel import serve_tunnel
from emulators.faults.grpc_calls import ThreadFaults
from emulators.faults.rules import Faults

log = logging.getLogger("bigquery")
_MESSAGE_BYTES = 64 << 20
_CODES = {400: grpc.StatusCode.INVALID_ARGUMENT, 403: grpc.StatusCode.PERMISSION_DENIED, 404: grpc.StatusCode.NOT_FOUND,
          409: grpc.StatusCode.ALREADY_EXISTS, 501: grpc.StatusCode.UNIMPLEMENTED}  # fmt: skip
_PACKAGE = "google.cloud.bigquery.storage.v1"
Method = Callable[[Any, grpc.ServicerContext], Any]


@dataclass(frozen=True)
class Proxy:
    """Where an HTTP proxy for gRPC's libraries listens, and the folder that keeps its certificate."""

    host: str
    port: int
    state: Path


def _abort(context: grpc.ServicerContext, error: Exception) -> None:
    """End a call with the status of an error; a defect of ours is INTERNAL, and logged whole."""
    if isinstance(error, StreamError):
        context.abort(grpc.StatusCode[error.status], error.message)
    if isinstance(error, ServiceError):
        context.abort(_CODES.get(error.code, grpc.StatusCode.INTERNAL), error.message)
    log.error("storage API call failed", exc_info=error)
    context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}")


def _one(method: Method) -> Method:
    def call(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(request, context)
        except (StreamError, ServiceError, duckdb.Error, ArithmeticError, LookupError, TypeError, ValueError) as error:
            return _abort(context, error)

    return call


def _many(
    method: Callable[[Any, grpc.ServicerContext], Iterator[Any]],
) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            yield from method(request, context)
        except (StreamError, ServiceError, duckdb.Error, ArithmeticError, LookupError, TypeError, ValueError) as error:
            _abort(context, error)

    return call


def _handlers(warehouse: Warehouse) -> list[grpc.GenericRpcHandler]:
    read, write = ReadService(ReadSessions(warehouse)), WriteService(WriteStreams(warehouse))
    unary, stream, both = (
        grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler, grpc.stream_stream_rpc_method_handler
    )  # fmt: skip
    readers = {
        "CreateReadSession": _handler(unary, _one(read.create_read_session), "CreateReadSessionRequest"),
        "ReadRows": _handler(stream, _many(read.read_rows), "ReadRowsRequest"),
        "SplitReadStream": _handler(unary, _one(read.split_read_stream), "SplitReadStreamRequest"),
    }
    writers = {
        "CreateWriteStream": _handler(unary, _one(write.create_write_stream), "CreateWriteStreamRequest"),
        "AppendRows": _handler(both, _many(write.append_rows), "AppendRowsRequest"),
        "GetWriteStream": _handler(unary, _one(write.get_write_stream), "GetWriteStreamRequest"),
        "FinalizeWriteStream": _handler(unary, _one(write.finalize_write_stream), "FinalizeWriteStreamRequest"),
        "BatchCommitWriteStreams": _handler(
            unary, _one(write.batch_commit_write_streams), "BatchCommitWriteStreamsRequest"
        ),
        "FlushRows": _handler(unary, _one(write.flush_rows), "FlushRowsRequest"),
    }
    return [
        grpc.method_handlers_generic_handler(f"{_PACKAGE}.BigQueryRead", readers),
        grpc.method_handlers_generic_handler(f"{_PACKAGE}.BigQueryWrite", writers),
    ]


def _handler(
    kind: Callable[..., grpc.RpcMethodHandler], method: Callable[..., Any], request: str
) -> grpc.RpcMethodHandler:
    return kind(method, request_deserializer=MESSAGES[request].FromString, response_serializer=_serialize)


def _serialize(message: Any) -> bytes:
    return bytes(message.SerializeToString())


def serve(warehouse: Warehouse, address: str, faults: Faults, proxy: Proxy | None = None) -> grpc.Server:
    """Start serving on host:port, and by a proxy that knows the service's own name; RuntimeError: a port is taken."""
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES),
               ("grpc.so_reuseport", 0)]  # fmt: skip
    server = grpc.server(ThreadPoolExecutor(64, "grpc"), options=options, interceptors=[ThreadFaults(faults)])
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_generic_rpc_handlers(_handlers(warehouse))
    server.add_insecure_port(address)
    if proxy is not None:
        # Its clients speak TLS to the service's own name: the proxy carries what they say to a port of this server.
        secure = server.add_secure_port(f"{proxy.host}:0", grpc.ssl_server_credentials([certificate(proxy.state)]))
        serve_tunnel((proxy.host, proxy.port), {NAME: (proxy.host, secure)})
    server.start()
    return server
