"""Run a local BigQuery: `python -m emulators.bigquery --port 9050 --grpc-port 9060 --state .sluice/bigquery`."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

import uvicorn

import emulators.without_pandas  # noqa: F401  before all that imports pyarrow
from emulators.bigquery.state.access.policy_tags import PolicyTags
from emulators.bigquery.state.memory import bound_memory
from emulators.bigquery.state.service import open_warehouse
from emulators.bigquery.wire.app import application
from emulators.bigquery.wire.grpc_server import Proxy, serve
from emulators.faults.rest import FaultSwitch
from emulators.faults.rules import Faults
from emulators.method_override import MethodOverride

log = logging.getLogger("bigquery")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.bigquery", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9050, help="REST")
    parser.add_argument("--grpc-port", type=int, default=9060, help="BigQuery Storage API")
    parser.add_argument("--proxy-port", type=int, help="an HTTP proxy for clients that know its own name alone")
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps everything")
    parser.add_argument("--memory-limit", default="1GB", help="DuckDB's memory, beyond which it uses the disk")
    parser.add_argument("--threads", type=int, default=None, help="DuckDB's threads (default: the cores)")
    return parser.parse_args()


def _endpoint(variable: str) -> str | None:
    address = os.environ.get(variable)
    return address if not address or "://" in address else f"http://{address}"


def main() -> int:
    """Serve until SIGTERM or SIGINT, then finish what runs and release the state directory."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    arguments = _arguments()
    warehouse = open_warehouse(
        arguments.state, _endpoint("STORAGE_EMULATOR_HOST"), arguments.memory_limit, arguments.threads,
        PolicyTags(_endpoint("GOOGLE_DATA_CATALOG_CUSTOM_ENDPOINT"),
                   _endpoint("GOOGLE_BIGQUERY_DATAPOLICY_CUSTOM_ENDPOINT")),
    )  # fmt: skip
    bound_memory(warehouse.store.database)
    faults = Faults(arguments.state)
    proxy = Proxy(arguments.host, arguments.proxy_port, arguments.state) if arguments.proxy_port else None
    storage_api = serve(warehouse, f"{arguments.host}:{arguments.grpc_port}", faults, proxy)
    config = uvicorn.Config(
        MethodOverride(FaultSwitch(application(warehouse), faults)), host=arguments.host, port=arguments.port,
        log_level="warning", access_log=False, timeout_graceful_shutdown=2, timeout_keep_alive=75,
    )  # fmt: skip
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises the signal again after its shutdown; we have more to do
    log.info("BigQuery on http://%s:%d, Storage API on port %d, state in %s", arguments.host, arguments.port,
             arguments.grpc_port, arguments.state)  # fmt: skip
    server.run()
    storage_api.stop(1).wait()
    warehouse.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
