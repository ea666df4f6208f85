"""The gRPC server: BigQuery Storage API and the standard health service."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from emulators.bigquery.state.warehouse import Warehouse

_MESSAGE_BYTES = 64 << 20


def serve(warehouse: Warehouse, address: str) -> grpc.Server:
    """Start serving on host:port; raises RuntimeError when the port is taken."""
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES),
               ("grpc.so_reuseport", 0)]  # fmt: skip
    server = grpc.server(ThreadPoolExecutor(64, "grpc"), options=options)
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(address)
    server.start()
    return server
