"""Postgres, Cloud Storage, BigQuery and Datastream as processes of their own, for benchmarks, in one folder."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import psycopg2
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from benchmarks.support.processes import Measured, measured
from contracts.reader import load
from emulators.datastream.lsn import parse_lsn
from emulators.provision.apply import apply
from emulators.provision.resources import resources
from tests.emulators.services import Service, free_port

CONTRACTS = Path(__file__).parent
SERVICES = ("postgres", "storage", "bigquery", "datastream")


class Platform:
    """The services, and what the benchmarks do with them. `folder` holds all state and logs."""

    def __init__(self, folder: Path, contracts: Path = CONTRACTS, project: str = "benchmark") -> None:
        self.folder, self.project = folder, project
        grpc_port = free_port()
        options = {"postgres": ("--database", "bench"), "bigquery": ("--grpc-port", str(grpc_port))}
        self.services: dict[str, Service] = {}
        self.environment = {"GOOGLE_CLOUD_PROJECT": project, "SLUICE_CONTRACTS": str(contracts)}
        for name in SERVICES:
            service = self.services[name] = Service(name, folder, *options.get(name, ())).wait()
            self._found_at(name, service.address)
            os.environ.update(self.environment)
        self.environment["BIGQUERY_STORAGE_EMULATOR_HOST"] = f"127.0.0.1:{grpc_port}"
        os.environ.update(self.environment)
        self.connection = psycopg2.connect(self.url)
        self.connection.autocommit = True

    def _found_at(self, name: str, address: str) -> None:
        if name == "postgres":
            self.environment["BENCH_DATABASE_URL"] = f"postgresql://postgres@{address}/bench"
        else:
            self.environment[f"{name.upper()}_EMULATOR_HOST"] = f"http://{address}"

    @property
    def url(self) -> str:
        """Of the source database."""
        return self.environment["BENCH_DATABASE_URL"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        for service in reversed(self.services.values()):
            service.stop()

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement to the source."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def provision(self, phase: Literal["before", "after"]) -> None:
        """Makes what the contract needs, as `python -m emulators.provision` does."""
        for contract in load():
            for _ in apply(resources([contract], phase)):
                pass

    def stream(self, state: str) -> None:
        """Runs or pauses the stream."""
        path = f"/v1/projects/{self.project}/locations/{self._location()}/streams/bench?updateMask=state"
        self.call("PATCH", path, {"state": state})

    def _location(self) -> str:
        from emulators.provision.resource import region

        return region()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """A JSON request to Datastream."""
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.environment['DATASTREAM_EMULATOR_HOST']}{path}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def landed(self) -> None:
        """Waits until all that is committed now has landed."""
        wanted = parse_lsn(self.run("SELECT pg_current_wal_lsn()")[0][0])
        while True:
            found = self.call("GET", "/emulator/streams/bench/position")
            if found["landed_lsn"] and parse_lsn(found["landed_lsn"]) >= wanted:
                return
            if found["state"] not in ("RUNNING", "STARTING"):
                raise RuntimeError(f"the stream stopped: {found['errors']}")
            time.sleep(0.05)

    def landing_to_bronze(self) -> Measured:
        """The batch pipeline, as a process of its own."""
        command = [sys.executable, "-m", "beam_pipelines.landing_to_bronze", "--source", "bench"]
        return measured(command, self.folder / "landing_to_bronze.log", os.environ)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query to BigQuery."""
        client = bigquery.Client(project=self.project, credentials=AnonymousCredentials())
        return [dict(row) for row in client.query_and_wait(sql)]


@contextmanager
def background(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process while the block runs; killed at its end."""
    with log.open("a") as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
