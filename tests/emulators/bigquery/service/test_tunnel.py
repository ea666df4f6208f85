"""The Storage API by its own name, as gRPC's libraries find it through grpc_proxy: for clients that take no address."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.auth.credentials import write_service_account_key
from tests.emulators.bigquery.service.conftest import Service
from tests.emulators.process import free_port, running

NOTEBOOK = """
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
client = bigquery.Client(project="p", credentials=AnonymousCredentials())
print(len(client.query("select x from unnest(generate_array(1, 40000)) as x").to_dataframe()))
client.query_and_wait("create schema if not exists d; create or replace table d.t as select 1 as x")
print(client.list_rows("d.t").to_arrow()["x"].to_pylist())
"""
BEAM = """
import os
import apache_beam as beam
from apache_beam.io.gcp.bigquery import ReadFromBigQuery
from apache_beam.io.gcp.internal.clients.bigquery.bigquery_v2_client import BigqueryV2
from apache_beam.options.pipeline_options import PipelineOptions
from google.cloud import bigquery
BigqueryV2.BASE_URL = os.environ["BIGQUERY_EMULATOR_HOST"] + "/bigquery/v2/"
bigquery.Client(project="beam-project").query_and_wait(
    "create schema if not exists d; create or replace table d.read as "
    "select x, [x] as l, struct(timestamp '2024-01-01' as t, numeric '1.5' as n) as s from unnest([1, 2]) as x"
)
with beam.Pipeline(options=PipelineOptions(["--project=beam-project"])) as pipeline:
    table = pipeline | "Table" >> ReadFromBigQuery(table="beam-project:d.read", method="DIRECT_READ")
    query = pipeline | "Query" >> ReadFromBigQuery(
        query="select x * 10 as x from d.read", use_standard_sql=True, method="DIRECT_READ"
    )
    (table, query) | beam.Flatten() | beam.Map(print)
"""


class Proxied(Service):
    """A service with a proxy for gRPC."""

    proxy: int


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    found = Proxied(tmp_path_factory.mktemp("proxied") / "state")
    found.proxy = free_port()
    found.options = ("--proxy-port", str(found.proxy))
    found.start()
    yield found
    assert found.stop() == 0


def environment(service: Proxied) -> dict[str, str]:
    return os.environ | {
        "BIGQUERY_EMULATOR_HOST": service.address,
        "grpc_proxy": f"http://127.0.0.1:{service.proxy}",
        "no_grpc_proxy": "localhost,127.0.0.1",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(service.state / "roots.pem"),
    }


def test_a_notebook_s_data_frame_needs_the_environment_alone(proxied: Proxied) -> None:
    command = [sys.executable, "-W", "ignore", "-c", NOTEBOOK]
    done = subprocess.run(command, env=environment(proxied), capture_output=True, text=True, timeout=120)
    assert done.stdout.split("\n")[:2] == ["40000", "[1]"], done.stderr


@pytest.mark.long
@pytest.mark.ci
def test_beam_reads_directly(proxied: Proxied, tmp_path: Path) -> None:
    """Tables and queries by the Storage Read API, in whose clients Beam sets no address."""
    with running("auth", tmp_path / "auth") as address:
        write_service_account_key(tmp_path / "key.json", tmp_path / "auth", address, "beam-project")
        given = environment(proxied) | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
        command = [sys.executable, "-W", "ignore", "-c", BEAM]
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120)
    whole = "{{'x': {0}, 'l': [{0}], 's': {{'t': {1}, 'n': Decimal('1.500000000')}}}}"
    moment = "datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"
    expected = [whole.format(1, moment), whole.format(2, moment), "{'x': 10}", "{'x': 20}"]
    assert sorted(done.stdout.splitlines()) == sorted(expected), done.stderr


def asked(service: Proxied, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", service.proxy), timeout=20) as client:
        client.sendall(text.encode())
        return client.recv(4096)


def test_other_hosts_are_reached_where_they_are(proxied: Proxied) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"), daemon=True)
        thread.start()
        where = ("127.0.0.1", proxied.proxy)
        with socket.create_connection(where, timeout=20) as client, client.makefile("rb") as answer:
            client.sendall(f"CONNECT localhost:{server.getsockname()[1]} HTTP/1.1\r\n\r\n".encode())
            assert answer.readline().startswith(b"HTTP/1.1 200")
            assert (answer.readline(), answer.read(5)) == (b"\r\n", b"hello")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("GET http://example.com/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        ("CONNECT nowhere HTTP/1.1\r\n\r\n", b"HTTP/1.1 400"),
        (f"CONNECT 127.0.0.1:{free_port()} HTTP/1.1\r\n\r\n", b"HTTP/1.1 502"),
    ],
    ids=["another method", "no port", "nobody there"],
)
def test_what_cannot_be_carried_is_refused(proxied: Proxied, text: str, status: bytes) -> None:
    assert asked(proxied, text).startswith(status)


def test_its_certificate_stays_and_its_key_is_the_owner_s(proxied: Proxied) -> None:
    own = (proxied.state / "storage_api.pem").read_bytes()
    proxied.kill()
    proxied.start()
    assert (proxied.state / "storage_api.pem").read_bytes() == own
    assert Path(proxied.state / "storage_api.key").stat().st_mode & 0o077 == 0
